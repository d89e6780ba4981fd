/** Importance on disk: an NPZ with an f32 array a parameter, which numpy reads as it is. */
import { zipSync } from 'fflate';
import { ArgumentError, DataError } from '../core/errors.ts';
import { sizeOf } from '../core/shape.ts';
import { npyHeader, npyLead } from '../data/npy.ts';
import type { Graph, Param } from '../graph/graph.ts';
import { unzipNpz } from '../node/data/unpack.ts';

/** Bytes that scores may take: of the largest model one would prune here. */
const BUDGET = 2 ** 30;

/** @param scores by parameter, in its order, or one number an output channel */
export function scoresFile(graph: Graph, scores: ReadonlyMap<string, Float32Array>): Uint8Array {
  const entries = [...scores].map(([name, values]) => {
    const { shape } = graph.params.get(name) as Param;
    return [`${name}.npy`, npy(values.length === sizeOf(shape) ? shape : [values.length], values)];
  });
  // A fixed date, so that the same scores are the same bytes.
  return zipSync(Object.fromEntries(entries), { mtime: '1980-01-01T00:00:00' });
}

/** NPY 1.0, little-endian f32 in C order. */
function npy(shape: readonly number[], values: Float32Array): Uint8Array {
  const lead = npyLead('<f4', shape);
  const file = new Uint8Array(lead.length + 4 * values.length);
  file.set(lead);
  const view = new DataView(file.buffer, lead.length);
  values.forEach((value, i) => {
    view.setFloat32(4 * i, value, true);
  });
  return file;
}

/**
 * Scores of single weights for every layer of the graph.
 * @throws DataError if the file is damaged; ArgumentError if it is of another model, or of channels
 */
export function readScores(path: string, graph: Graph): Map<string, Float32Array> {
  const wanted = (name: string): boolean => graph.params.has(name);
  const scores = new Map<string, Float32Array>();
  for (const [name, source] of unzipNpz(path, wanted, { left: BUDGET })) {
    const header = npyHeader(source);
    const count = sizeOf(header.shape);
    const expected = sizeOf((graph.params.get(name) as Param).shape);
    if (count !== expected) {
      throw new ArgumentError(path, name, `${expected} numbers, one a weight (--level weight)`, count);
    }
    const bytes = new Uint8Array(count * header.bytesPerElement);
    source.read(header.offset, bytes);
    const values = new Float64Array(count);
    header.decode(bytes, count, values, 0);
    if (!values.every(Number.isFinite))
      throw new DataError(`${path}: ${name}`, 'finite numbers', 'NaN or infinity');
    scores.set(name, Float32Array.from(values));
  }
  return scores;
}
