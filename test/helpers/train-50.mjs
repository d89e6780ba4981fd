/**
 * Fifty steps of LeNet-5 on the first 3,200 training images of MNIST, reduced to the SHA-256 of all parameters. The test
 * calls it with the sources; as a program, `node test/helpers/train-50.mjs [dist]`, it runs on the compiled package in a process of its own.
 */
import { createHash } from 'node:crypto';
import { fileURLToPath, pathToFileURL } from 'node:url';

/**
 * @param {{ fit: Function, lenet5: Function, loadMnist: Function }} modules the package's functions of these names
 * @returns {Promise<string>} hex
 */
export async function train50({ fit, lenet5, loadMnist }) {
  const { train } = await loadMnist();
  const { graph } = await fit(lenet5(), train.subset(0, 3200), {
    epochs: 1,
    batch: 64,
    optimizer: { kind: 'sgd', lr: 0.01, momentum: 0.9, nesterov: true, weightDecay: 5e-4 },
    schedule: { kind: 'oneCycle' },
    labelSmoothing: 0.05,
    clipNorm: 5,
    augment: { shift: 1, crop: 0.9 },
  });
  const hash = createHash('sha256');
  for (const { name, values } of graph.params.values()) {
    hash.update(name).update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  return hash.digest('hex');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const dist = process.argv[2] ?? fileURLToPath(new URL('../../dist', import.meta.url));
  const load = (path) => import(pathToFileURL(`${dist}/src/${path}.js`).href);
  const modules = await Promise.all(['train/fit', 'nn/models', 'node/mnist'].map(load));
  process.stdout.write(await train50(Object.assign({}, ...modules)));
}
