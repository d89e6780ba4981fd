/** Calls of the builders and of Rng that no type stops: refused in words that name the layer and the option. */
import { expect, test } from 'vitest';
import { ArgumentError, ParingError } from '../../src/core/errors.ts';
import { Rng } from '../../src/core/rng.ts';
import { builder } from '../../src/nn/builder.ts';
import { sequential } from '../../src/nn/sequential.ts';

// Every call is one that TypeScript refuses: the builder as JavaScript sees it.
// biome-ignore lint/suspicious/noExplicitAny: the calls are wrong on purpose
const b = (): any => builder('m', { x: [4, 9, 9] });
// biome-ignore lint/suspicious/noExplicitAny: the same
const chain = (layers: any, shape: any = [4, 9, 9]) => sequential('m', shape, layers);

test.each<[string, () => unknown, RegExp]>([
  ['conv2d without options', () => b().conv2d('a', 'x'), /a: options: expected an object/],
  ['conv2d without kernel', () => b().conv2d('a', 'x', { out: 3 }), /a: kernel: expected a value/],
  ['conv2d without out', () => b().conv2d('a', 'x', { kernel: 3 }), /a: out: expected a value/],
  [
    'a misspelt option',
    () => b().conv2d('a', 'x', { out: 3, kernel: 3, pading: 1 }),
    /a: pading: expected 'padding'/,
  ],
  ['a kernel of three', () => b().conv2d('a', 'x', { out: 3, kernel: [1, 2, 3] }), /a: kernel/],
  ['padding null', () => b().conv2d('a', 'x', { out: 3, kernel: 3, padding: null }), /a: padding/],
  ['stride as text', () => b().conv2d('a', 'x', { out: 3, kernel: 3, stride: '2' }), /a: stride/],
  ['an unknown init', () => b().conv2d('a', 'x', { out: 3, kernel: 3, init: 'xavier' }), /a: init: .*glorot/],
  ['groups 0', () => b().conv2d('a', 'x', { out: 3, kernel: 3, groups: 0 }), /a: groups/],
  [
    'out of a depthwise',
    () => b().depthwiseConv2d('a', 'x', { out: 3, kernel: 3 }),
    /a: out: expected one of/,
  ],
  ['depthwise alone', () => b().depthwiseConv2d('a', 'x'), /a: options/],
  ['linear without out', () => b().flatten('f', 'x').linear('a', 'f', {}), /a: out/],
  [
    'bias as a number',
    () => b().flatten('f', 'x').linear('a', 'f', { out: 2, bias: 1 }),
    /a: bias: expected true or false/,
  ],
  ['shared without k', () => b().sharedConv2d('a', 'x', { out: 3, kernel: 3 }), /a: k/],
  ['pool without options', () => b().maxPool('a', 'x'), /a: options/],
  ['pool of kernel 0', () => b().avgPool('a', 'x', { kernel: 0 }), /a: kernel/],
  ['eps 0', () => b().batchNorm('a', 'x', { eps: 0 }), /a: eps: expected a number above 0/],
  ['slope NaN', () => b().leakyRelu('a', 'x', { slope: Number.NaN }), /a: slope/],
  ['pad without padding', () => b().pad('a', 'x', {}), /a: padding/],
  ['concat of a text', () => b().concat('a', 'x'), /a: inputs: expected a list/],
  ['no name', () => b().relu(undefined, 'x'), /relu: name: expected a value, got undefined/],
  ['an empty name', () => b().relu('', 'x'), /relu: name/],
  ['no inputs', () => builder('m', null as never), /builder: inputs/],
  ['a builder without name', () => builder(undefined as never, { x: [1] }), /builder: name/],
  ['a seed for an rng', () => builder('m', { x: [1] }, 5 as never), /builder: rng: expected an Rng/],
  ['layers null', () => chain(null), /sequential: layers: expected a list/],
  ['a layer null', () => chain(['relu', null]), /sequential: layers\[1\]: expected an op/],
  ['a misspelt op', () => chain(['rleu']), /layers\[0\]\.op: expected 'relu'/],
  ['a join in a chain', () => chain([{ op: 'add' }]), /layers\[0\]\.op/],
  ['conv2d by name alone', () => chain(['conv2d']), /conv1: out: expected a value/],
  ['an option of another op', () => chain([{ op: 'relu', slope: 1 }]), /relu1: slope: expected no options/],
  ['seed NaN', () => new Rng(Number.NaN), /Rng: seed: expected a whole number, got NaN/],
  ['seed 1.5', () => new Rng(1.5), /Rng: seed/],
  ['no seed', () => new Rng(undefined as never), /Rng: seed/],
  ['seed as text', () => new Rng('7' as never), /Rng: seed: .*'7'/],
])('%s', (_name, call, message) => {
  expect(call).toThrow(ArgumentError);
  expect(call).toThrow(message);
});

test.each<[string, () => unknown, RegExp]>([
  ['concat of nothing', () => b().concat('a', []), /'a': concat takes 2 to 64 inputs, got 0/],
  ['concat of one', () => b().concat('a', ['x']), /'a': concat takes 2 to 64 inputs, got 1/],
  ['add of one', () => b().add('a', 'x'), /'a': reads 'undefined'/],
  ['relu of nothing', () => b().relu('a'), /'a': reads 'undefined'/],
  ['a shape that is a number', () => chain(['relu'], 9), /extents/],
  [
    'weights beyond memory',
    () => b().conv2d('a', 'x', { out: 1 << 26, kernel: 1 }),
    /more than 67108864 parameters/,
  ],
])('%s', (_name, call, message) => {
  expect(call).toThrow(ParingError);
  expect(call).toThrow(message);
});
