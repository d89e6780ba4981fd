/** What is kept of one model file's score: the types of `evaluateFile` and `importanceByLayer`, as STEM.result.json holds them. */

/** One test image that was read as something else. */
export interface Misread {
  /** In the test set. */
  index: number;
  label: number;
  predicted: number;
  /** Probability the model gave its wrong answer, 0..1. */
  confidence: number;
  /** The image as a PNG, base64. */
  png: string;
}

export interface Evaluation {
  /** SHA-256 of the model file it was made with, hex. */
  sha256: string;
  split: 'test';
  images: number;
  /** Share of the images whose largest output is the label, 0..1. */
  top1: number;
  /** Mean cross-entropy, nats. */
  loss: number;
  classes: string[];
  /** confusion[label][predicted]: counts. */
  confusion: number[][];
  /** At most 24, the most confident first. */
  misread: Misread[];
  /** Milliseconds an image at batch 1 and at batch 32, median, one thread. */
  ms1: number;
  ms32: number;
}

/** How much the output channels of one layer matter. */
export interface LayerImportance {
  criterion: string;
  /** Name of the weight. */
  param: string;
  /** Share of the layer's importance that each output channel has: they sum to 1, or are all 0. */
  channels: number[];
  /** Mean importance of a weight. */
  mean: number;
  /** Importance of a weight at 0, 10, ... 100 % of the layer's weights in rising order. */
  quantiles: number[];
}
