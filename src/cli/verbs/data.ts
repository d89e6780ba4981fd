/** `paring data`: fetches a data set that has a name and checks it, or decodes a folder of pictures once for all. */
import { existsSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { ArgumentError } from '../../core/errors.ts';
import { grouped } from '../../core/plain.ts';
import { oneOfNames } from '../../core/rules.ts';
import { fetchSet } from '../../node/data/fetch.ts';
import { preparePictures } from '../../node/data/prepare.ts';
import { SETS } from '../../node/data/sets.ts';
import { settle } from '../config.ts';
import { interruptible } from '../interrupt.ts';
import { addExample, type CommonOptions, type DataOptions, pixels } from '../options.ts';
import type { JobProgress } from '../progress.ts';
import { Terminal } from '../terminal.ts';

interface Options extends CommonOptions, Pick<DataOptions, 'size' | 'fit' | 'channels'> {
  out?: string;
  from?: string;
}

export function define(command: Command): void {
  command
    .argument('<name>', `${Object.keys(SETS).join(', ')}, or a folder of pictures to decode once for all`)
    .option('--out <folder>', 'where it goes (default: data/NAME; pictures need it)')
    .option('--from <folder>', 'takes the files from here instead of fetching them')
    .option('--size <HxW>', 'pictures: resized to so many pixels', pixels)
    .addOption(
      new Option('--fit <how>', 'pictures: how they fill that size (default: crop)').choices([
        'crop',
        'stretch',
        'pad',
      ]),
    )
    .addOption(new Option('--channels <kind>', 'pictures: colours or not').choices(['gray', 'rgb']))
    .option('--config <file>', 'JSON with the names of options as keys; the command line wins')
    .option('--json', 'one JSON document on stdout')
    .option('--quiet', 'nothing on stderr but errors')
    .action(async (name: string) => {
      const options = settle<Options>(command);
      const terminal = new Terminal(options);
      if (Object.hasOwn(SETS, name)) await fetchNamed(name, options, terminal);
      else if (existsSync(name)) await prepare(name, options, terminal);
      else {
        const expected = `${oneOfNames(Object.keys(SETS), name)}, or a folder of pictures`;
        throw new ArgumentError('data', 'name', expected, name);
      }
    });
  addExample(
    command,
    'paring data mnist',
    'paring data fashion-mnist --from ~/Downloads/fashion',
    'paring data photos --size 64x64 --out photos-64',
  );
}

async function fetchNamed(name: string, options: Options, terminal: Terminal): Promise<void> {
  for (const key of ['size', 'fit', 'channels'] as const) {
    if (options[key] === undefined) continue;
    throw new ArgumentError('data', `--${key}`, 'a folder of pictures, for which alone it is', name);
  }
  const { out, from } = options;
  const fetched = await interruptible(terminal, (signal) =>
    fetchSet(name, { out, from, signal, log: (line) => terminal.note(line) }),
  );
  terminal.result(`${terminal.bold(fetched.folder)}  use it as: --data ${name}`, fetched);
}

async function prepare(folder: string, options: Options, terminal: Terminal): Promise<void> {
  const { out, from, size, fit, channels } = options;
  if (out === undefined) throw new ArgumentError('data', '--out', 'a folder for the prepared pictures', out);
  if (from !== undefined) {
    throw new ArgumentError('data', '--from', `one of ${Object.keys(SETS).join(', ')} to take`, folder);
  }
  const progress = terminal.progress();
  let reading: JobProgress | undefined;
  const onProgress = (done: number, total: number): void => {
    reading ??= progress.start('reading');
    reading.update(done, total, '', `${done} of ${total} pictures`);
  };
  try {
    const prepared = await interruptible(terminal, (signal) =>
      preparePictures(folder, { out, size, fit, channels, signal, onProgress }),
    );
    const { images, classes, format, remark } = prepared;
    reading?.finish(`${format}${remark ? `; ${remark}` : ''}`);
    const what = `${grouped(images)} pictures of ${classes.length} classes`;
    terminal.result(`${terminal.bold(out)}  ${what}; use it as: --data ${out}`, prepared);
  } finally {
    progress.stop();
  }
}
