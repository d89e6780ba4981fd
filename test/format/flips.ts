/** Files with single bits turned over, one file for each way of storing a tensor. */
import { expect } from 'vitest';
import { FormatError } from '../../src/core/errors.ts';
import { decode, encode } from '../../src/format/index.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { Sketch, withCodebooks, withInt8, withMasks } from '../helpers/graphs.ts';
import { misbehaves, resealed } from './hostile.ts';

function small(): Graph {
  const s = new Sketch(3);
  s.linear('fc', 'x', 5, 7);
  return s.graph('t', [{ name: 'x', shape: [7] }], ['fc']);
}

/** By name: as they are, pruned, shared, int8. */
export function smallFiles(): [name: string, file: Uint8Array][] {
  const activations = new Map([['x', { scale: 0.5, zeroPoint: 0 }]]);
  return [
    ['f32', encode(small())],
    ['plain f32', encode(small(), { plain: true })],
    ['pruned', encode(withMasks(small(), 0.4))],
    ['shared', encode(withCodebooks(withMasks(small(), 0.6), 4))],
    ['int8', encode(withInt8(small(), activations))],
  ];
}

/**
 * Turns over every bit of every `every`th byte: the checksum refuses it; with the checksum put right, what comes out is an
 * error of ours or a whole model.
 */
export function flipBits(file: Uint8Array, every: number): void {
  for (let at = 0; at < file.length; at += every) {
    for (let bit = 0; bit < 8; bit++) {
      const altered = file.slice();
      altered[at] ^= 1 << bit;
      const where = `byte ${at} of ${file.length}, bit ${bit}`;
      expect(refusal(altered), where).toBeInstanceOf(FormatError);
      // The checksum's own four bytes come right again by sealing.
      const found = misbehaves(resealed(altered));
      if (found !== null) expect(found, where).toBeNull();
    }
  }
}

function refusal(bytes: Uint8Array): unknown {
  try {
    decode(bytes);
  } catch (error) {
    return error;
  }
  return undefined;
}
