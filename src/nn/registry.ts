/** Models by name: what a command line or a configuration can ask for. */
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { Rng } from '../core/rng.ts';
import { fields, obey, oneOfNames, type Rule, whole } from '../core/rules.ts';
import { assertShape, formatShape, type Shape } from '../core/shape.ts';
import type { Graph } from '../graph/graph.ts';
import {
  dsCnn,
  dsStudent,
  lenet5,
  lenet300,
  mobileNetV1,
  resnet8,
  resnet20,
  sharedLenet5,
} from './models.ts';

/** What there is to know of a model before it is built. */
export interface NamedModel {
  readonly name: string;
  /** One line. */
  readonly description: string;
  /** What it was made for; it takes other shapes and numbers of classes as well. */
  readonly inputShape: Shape;
  readonly classes: number;
  /** Smallest height and width it takes: below, a layer would have no position that is its own. 0: any shape, flat too. */
  readonly smallest: number;
}

export interface ModelRequest {
  /** Source of the initial weights. Default seed 1. */
  rng?: Rng;
  /** Without batch: [channels, height, width]. */
  inputShape: Shape;
  classes: number;
}

type Build = (rng: Rng, inputShape: Shape, classes: number) => Graph;

interface Entry extends NamedModel {
  build: Build;
}

const digits: Shape = [1, 28, 28];
const photos: Shape = [3, 32, 32];

function entry(
  name: string,
  description: string,
  inputShape: Shape,
  classes: number,
  smallest: number,
  build: Build,
): Entry {
  return { name, description, inputShape, classes, smallest, build };
}

const mobileNets = [1, 0.75, 0.5, 0.25].map((width) =>
  entry(
    width === 1 ? 'mobilenet-v1' : `mobilenet-v1-${width}`,
    `MobileNet v1 at width ${width} (Howard et al. 2017); stem of stride 1 below 64x64`,
    photos,
    10,
    16,
    (rng, shape, classes) => mobileNetV1(rng, shape, classes, width),
  ),
);

const entries: readonly Entry[] = [
  entry('lenet5', 'LeNet-5 as in Caffe, the baseline of Deep Compression', digits, 10, 16, lenet5),
  entry('lenet5-shared', 'LeNet-5 born with 256 shared weights a layer', digits, 10, 16, sharedLenet5),
  entry('lenet300-100', 'Two hidden layers of 300 and 100 units, ReLU', digits, 10, 0, lenet300),
  entry('ds-student', 'Four depthwise-separable blocks: a student to distil into', digits, 10, 8, dsStudent),
  entry(
    'ds-cnn',
    'DS-CNN of MLPerf Tiny (keyword spotting on 49x10 spectrograms)',
    [1, 49, 10],
    12,
    2,
    dsCnn,
  ),
  entry(
    'resnet8',
    'Residual network, one block a stage (He et al. 2016, CIFAR form)',
    photos,
    10,
    4,
    resnet8,
  ),
  entry('resnet20', 'Residual network, three blocks a stage (the same)', photos, 10, 4, resnet20),
  ...mobileNets,
];

/** All models that have a name, with a line about each. */
export const modelNames: readonly NamedModel[] = entries.map(
  ({ name, description, inputShape, classes, smallest }) => ({
    name,
    description,
    inputShape,
    classes,
    smallest,
  }),
);

const anything: Rule = () => null;
const request = fields({ rng: anything, inputShape: anything, classes: whole(1, 1 << 20) }, [
  'inputShape',
  'classes',
]);

/**
 * Builds a model for data of a shape.
 * @throws ArgumentError for a name that is none (with the list and the one likely meant) or classes that are no whole number;
 *   ShapeError if the images are too small for it or no images
 */
export function modelByName(name: string, options: ModelRequest): Graph {
  const found = entries.find((model) => model.name === name);
  if (!found) {
    const names = entries.map((model) => model.name);
    throw new ArgumentError('model', 'name', oneOfNames(names, name), name);
  }
  obey(name, options, request);
  const { rng = new Rng(1), inputShape, classes } = options;
  assertShape(name, 'inputShape', inputShape);
  const { smallest } = found;
  const fits = inputShape.length === 3 && inputShape.slice(1).every((extent) => extent >= smallest);
  if (!(smallest === 0 ? inputShape.length > 0 : fits)) {
    const expected =
      smallest === 0
        ? 'at least one extent'
        : `[channels, height, width] of at least ${smallest}x${smallest}`;
    throw new ShapeError(name, 'inputShape', expected, formatShape(inputShape));
  }
  return found.build(rng, inputShape, classes);
}
