/** Files that lie: mutations with the checksum put right, so that the parser itself is what must refuse them. */
import { FormatError, GraphError, ShapeError } from '../../src/core/errors.ts';
import type { Rng } from '../../src/core/rng.ts';
import { sizeOf } from '../../src/core/shape.ts';
import { crc32 } from '../../src/format/bytes.ts';
import { decode } from '../../src/format/index.ts';
import type { Graph } from '../../src/graph/graph.ts';
import { inferShapes } from '../../src/graph/infer.ts';
import { branchedNet, smallNet, withCodebooks, withInt8, withMasks } from '../helpers/graphs.ts';

/** The file with the checksum that its bytes should have. */
export function resealed(bytes: Uint8Array): Uint8Array {
  const sealed = bytes.slice();
  if (sealed.length < 9) return sealed;
  const checksum = crc32(sealed.subarray(0, 5), sealed.subarray(9));
  for (let i = 0; i < 4; i++) sealed[5 + i] = (checksum >>> (8 * i)) & 255;
  return sealed;
}

/** null if decoding gave a model that holds together or one of our errors; else what happened. */
export function misbehaves(bytes: Uint8Array): string | null {
  let graph: Graph;
  try {
    graph = decode(bytes);
  } catch (error) {
    if (error instanceof FormatError) {
      const { offset } = error;
      return Number.isInteger(offset) && offset >= 0 && offset <= bytes.length ? null : `offset ${offset}`;
    }
    return error instanceof GraphError || error instanceof ShapeError ? null : String((error as Error).stack);
  }
  return broken(graph);
}

function broken(graph: Graph): string | null {
  inferShapes(graph, 1);
  for (const param of graph.params.values()) {
    const { name, values, mask, codebook, quant } = param;
    const size = sizeOf(param.shape);
    if (values.length !== size) return `${name}: ${values.length} values`;
    if (mask && (mask.length !== size || mask.some((bit, i) => bit > 1 || (bit === 0 && values[i] !== 0)))) {
      return `${name}: mask`;
    }
    if (
      codebook &&
      (codebook.indices.length !== size || codebook.indices.some((at) => at >= codebook.centroids.length))
    ) {
      return `${name}: codebook`;
    }
    if (quant && !quant.scale.every((s) => s > 0 && Number.isFinite(s))) return `${name}: scales`;
  }
  for (const [name, { scale, zeroPoint }] of graph.activations ?? []) {
    if (!(scale > 0 && Number.isFinite(scale) && zeroPoint >= -128 && zeroPoint <= 127))
      return `${name}: activation`;
  }
  return null;
}

/** One of several small models that between them use every encoding. */
export function victims(): Graph[] {
  const activations = new Map([['x', { scale: Math.fround(0.01), zeroPoint: -3 }]]);
  return [
    smallNet(),
    withMasks(smallNet(), 0.2),
    withCodebooks(withMasks(branchedNet(), 0.5), 7),
    withInt8(withMasks(smallNet(), 0.4), activations),
    withInt8(branchedNet(), activations),
  ];
}

/** A random change: bytes set, bits flipped, cut, doubled, removed. Never of the magic and version, which is another test. */
export function mutate(bytes: Uint8Array, rng: Rng): Uint8Array {
  const at = 9 + rng.below(bytes.length - 9);
  switch (rng.below(6)) {
    case 0: {
      const out = bytes.slice();
      out[at] = rng.below(256);
      return out;
    }
    case 1: {
      const out = bytes.slice();
      out[at] ^= 1 << rng.below(8);
      return out;
    }
    case 2: {
      const out = bytes.slice();
      for (let i = rng.below(8); i >= 0; i--) out[9 + rng.below(out.length - 9)] = rng.below(256);
      return out;
    }
    case 3:
      return bytes.slice(0, at);
    case 4: {
      const end = Math.min(bytes.length, at + 1 + rng.below(16));
      return Uint8Array.from([...bytes.subarray(0, end), ...bytes.subarray(at)]);
    }
    default: {
      const end = Math.min(bytes.length, at + 1 + rng.below(16));
      return Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(end)]);
    }
  }
}
