/**
 * The recipes of the main job, as data. All but the students' start from a trained LeNet-5, which is also the teacher
 * where one is needed. Their settings were chosen on MNIST's validation split.
 */
import type { Recipe } from './recipe.ts';

const fine = { kind: 'sgd', lr: 0.01, momentum: 0.9, weightDecay: 5e-4 } as const;
const down = { kind: 'cosine' } as const;

/** LeNet-5 from random weights. */
export const baseline: Recipe = {
  name: 'baseline',
  seed: 1,
  steps: [
    {
      step: 'train',
      options: {
        epochs: 4,
        batch: 64,
        optimizer: { kind: 'sgd', lr: 0.02, momentum: 0.9, weightDecay: 5e-4 },
        schedule: { kind: 'oneCycle' },
      },
    },
  ],
};

/** A LeNet-5 born shared (`sharedLenet5`), from random values and random members. */
export const bornShared: Recipe = {
  name: 'born shared',
  seed: 1,
  steps: [
    {
      step: 'train',
      options: {
        epochs: 4,
        batch: 64,
        optimizer: { kind: 'adamw', lr: 0.003 },
        schedule: { kind: 'oneCycle' },
      },
    },
  ],
};

/** 92 % of the weights zero, by the cubic schedule. */
export const pruned: Recipe = {
  name: 'pruned',
  seed: 1,
  steps: [
    {
      step: 'pruneGradually',
      options: { epochs: 1, sparsity: 0.92, end: 0.5, every: 40, optimizer: fine, schedule: down },
    },
  ],
};

/** Half to four fifths of the channels cut out, then trained on. */
export const channelsRemoved: Recipe = {
  name: 'channels removed',
  seed: 1,
  steps: [
    {
      step: 'removeChannels',
      options: { criterion: 'fisher', samples: 1000, keep: { conv1: 8, conv2: 20, fc1: 100 } },
    },
    { step: 'finetune', options: { epochs: 2, optimizer: fine, schedule: down } },
  ],
};

/** 32 shared values a layer, trained on. */
export const shared: Recipe = {
  name: 'shared',
  seed: 1,
  steps: [
    { step: 'share', options: { k: 16 } },
    {
      step: 'finetune',
      options: { epochs: 1, optimizer: { kind: 'sgd', lr: 1e-4, momentum: 0.9 }, schedule: down },
    },
  ],
};

/** int8 from a calibration set, without training. */
export const int8: Recipe = {
  name: 'int8',
  seed: 1,
  steps: [{ step: 'quantize', options: { samples: 512 } }],
};

/** int8, and trained so. */
export const int8Aware: Recipe = {
  name: 'int8 aware',
  seed: 1,
  steps: [
    { step: 'quantize', options: { samples: 512 } },
    {
      step: 'finetune',
      options: { epochs: 1, optimizer: { kind: 'sgd', lr: 0.002, momentum: 0.9 }, schedule: down },
    },
  ],
};

/** Prune, share, code (Han, Mao and Dally 2016); the coding is the file's. */
export const deepCompression: Recipe = {
  name: 'deep compression',
  seed: 1,
  steps: [
    {
      step: 'pruneGradually',
      options: { epochs: 1, sparsity: 0.95, end: 0.5, every: 40, optimizer: fine, schedule: down },
    },
    { step: 'share', options: { k: { conv1: 32, conv2: 32, fc1: 16, fc2: 16 } } },
    {
      step: 'finetune',
      options: { epochs: 1, optimizer: { kind: 'sgd', lr: 1e-4, momentum: 0.9 }, schedule: down },
    },
  ],
};

/** The student from random weights, taught. */
export const student: Recipe = {
  name: 'student',
  seed: 1,
  steps: [
    {
      step: 'distill',
      options: {
        epochs: 10,
        batch: 64,
        optimizer: { kind: 'adamw', lr: 0.01 },
        schedule: { kind: 'oneCycle' },
        augment: { shift: 2 },
        teacher: { temperature: 3, lambda: 1 },
      },
    },
  ],
};

/** The trained student pruned and quantized: distil, then quantize. */
export const smallest: Recipe = {
  name: 'smallest',
  seed: 1,
  steps: [
    {
      step: 'pruneGradually',
      options: {
        epochs: 3,
        sparsity: 0.4,
        end: 0.6,
        optimizer: { kind: 'adamw', lr: 0.002 },
        schedule: down,
        teacher: { temperature: 3, lambda: 1 },
      },
    },
    { step: 'quantize', options: { samples: 512 } },
    {
      step: 'distill',
      options: {
        epochs: 2,
        optimizer: { kind: 'adamw', lr: 0.0005 },
        schedule: down,
        teacher: { temperature: 3, lambda: 1 },
      },
    },
  ],
};
