/**
 * The recipes of the main job, as data. All but `baseline`, `bornShared` and `student` go on from a trained model; where a
 * step has a `teacher`, it is the baseline. Settings were chosen on MNIST's validation split.
 */
import { lenet5Training } from '../train/presets.ts';
import type { Recipe } from './recipe.ts';

const cosine = { kind: 'cosine' } as const;
const teacher = { temperature: 3, lambda: 0.5 } as const;

/** LeNet-5 from random weights. */
export const baseline: Recipe = {
  name: 'baseline',
  seed: 1,
  steps: [{ step: 'train', options: lenet5Training }],
};

/** A LeNet-5 whose layers are born shared, from random weights. */
export const bornShared: Recipe = {
  name: 'born shared',
  seed: 1,
  steps: [
    {
      step: 'train',
      options: {
        epochs: 2,
        optimizer: { kind: 'adamw', lr: 0.01, weightDecay: 0 },
        schedule: { kind: 'oneCycle' },
      },
    },
  ],
};

/**
 * Nine tenths of the weights go during one epoch, another recovers. The first convolution, which has few weights and
 * reads the image, keeps most of its own.
 */
const pruning: Recipe['steps'][number] = {
  step: 'pruneGradually',
  options: {
    epochs: 2,
    sparsity: { conv1: 0.3, conv2: 0.8, fc1: 0.93, fc2: 0.7 },
    end: 0.5,
    every: 20,
    optimizer: { kind: 'adamw', lr: 0.001, weightDecay: 0.01 },
    schedule: { kind: 'cosine', warmup: 0.02 },
    augment: { shift: 1 },
    teacher,
  },
};

/** 92 % of the weights zero. */
export const pruned: Recipe = { name: 'pruned', seed: 1, steps: [pruning] };

/** More than half of the channels cut out, by the Fisher sum; what is left learns from the whole. */
export const channelsRemoved: Recipe = {
  name: 'channels removed',
  seed: 1,
  steps: [
    {
      step: 'removeChannels',
      options: { criterion: 'fisher', samples: 500, keep: { conv1: 8, conv2: 20, fc1: 100 } },
    },
    {
      step: 'distill',
      options: {
        epochs: 2,
        optimizer: { kind: 'sgd', lr: 0.01, momentum: 0.9, weightDecay: 5e-4 },
        schedule: cosine,
        teacher,
      },
    },
  ],
};

/** 16 shared values a layer, trained on. */
export const shared: Recipe = {
  name: 'shared',
  seed: 1,
  steps: [
    { step: 'share', options: { k: 16 } },
    {
      step: 'finetune',
      options: {
        epochs: 1,
        maxSteps: 430,
        optimizer: { kind: 'adamw', lr: 0.0002, weightDecay: 0 },
        schedule: cosine,
      },
    },
  ],
};

/** int8 from a calibration set, without training. */
export const int8: Recipe = {
  name: 'int8',
  seed: 1,
  steps: [{ step: 'quantize', options: { samples: 512 } }],
};

/** int8, and trained as such. */
export const int8Aware: Recipe = {
  name: 'int8 aware',
  seed: 1,
  steps: [
    { step: 'quantize', options: { samples: 512 } },
    {
      step: 'finetune',
      options: {
        epochs: 1,
        maxSteps: 430,
        optimizer: { kind: 'sgd', lr: 0.002, momentum: 0.9 },
        schedule: cosine,
      },
    },
  ],
};

/** Prune, share, code (Han, Mao and Dally 2016); the coding is the file's. */
export const deepCompression: Recipe = {
  name: 'deep compression',
  seed: 1,
  steps: [
    pruning,
    { step: 'share', options: { k: { conv1: 32, conv2: 32, fc1: 16, fc2: 16 } } },
    {
      step: 'finetune',
      options: {
        epochs: 1,
        maxSteps: 300,
        optimizer: { kind: 'adamw', lr: 0.0003, weightDecay: 0 },
        schedule: cosine,
        augment: { shift: 1 },
        teacher,
      },
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
        epochs: 6,
        batch: 64,
        optimizer: { kind: 'adamw', lr: 0.012, weightDecay: 0.02 },
        schedule: { kind: 'oneCycle' },
        augment: { shift: 1 },
        teacher: { temperature: 2, lambda: 1 },
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
        epochs: 2,
        sparsity: 0.3,
        scope: 'global',
        end: 0.5,
        every: 50,
        optimizer: { kind: 'adamw', lr: 0.003, weightDecay: 0.01 },
        schedule: cosine,
        teacher: { temperature: 3, lambda: 1 },
      },
    },
    { step: 'quantize', options: { samples: 512 } },
    {
      step: 'distill',
      options: {
        epochs: 1,
        optimizer: { kind: 'adamw', lr: 0.001, weightDecay: 0 },
        schedule: cosine,
        teacher: { temperature: 3, lambda: 1 },
      },
    },
  ],
};
