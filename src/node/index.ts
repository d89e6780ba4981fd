/** What needs a file system: `paring/node`. Re-exports only. */
export { loadMnist, MNIST_VALIDATION, type Mnist } from './mnist.ts';
export { type WriteOptions, writeWhole } from './write.ts';
