// What every runtime does with paring: loads a model from a file's bytes, infers, prunes, trains 100 steps. The hash is over the
// scores and all trained weights: the same bytes everywhere or not.
import { createBackend, dataset, decode, fit, prune } from 'paring';
import { load } from 'paring/runtime';

let model;
let bytes;

/** Loads the model and runs it once: what a first request waits for. */
export async function start(file) {
  bytes = file;
  model = await load(bytes);
  return infer(1);
}

/** Runs the model so many times. @returns the last scores */
export function infer(count) {
  const input = Float32Array.from({ length: 784 }, (_, i) => ((i * 37) % 101) / 50 - 1);
  let scores = new Float32Array(0);
  for (let i = 0; i < count; i++) scores = model.run(input);
  return scores.slice();
}

/** Prunes half of the weights, trains 100 steps. @returns the SHA-256 of scores and weights, and who computed them */
export async function train() {
  const graph = decode(bytes);
  const weights = [...graph.params.values()].filter(({ name }) => name.endsWith('.weight'));
  const scores = new Map(weights.map(({ name, values }) => [name, values.map(Math.abs)]));
  const pruned = prune(graph, scores, { scope: 'global', sparsity: 0.5 }).graph;
  const count = 400;
  const data = dataset({
    shape: [1, 28, 28],
    images: Uint8Array.from({ length: count * 784 }, (_, i) => (i * 2654435761) >>> 24),
    labels: Uint8Array.from({ length: count }, (_, i) => i % 10),
    classes: Array.from('0123456789'),
    meaning: { range: [0, 255], mean: [0.5], deviation: [0.5], channels: 'gray' },
  });
  const backend = await createBackend();
  const options = { epochs: 4, batch: 16, seed: 1, optimizer: { kind: 'adamw', lr: 0.001 }, backend };
  const { graph: trained } = await fit(pruned, data, options);
  const arrays = [infer(1), ...[...trained.params.values()].map(({ values }) => values)];
  const all = new Uint8Array(arrays.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const { buffer, byteOffset, byteLength } of arrays) {
    all.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += byteLength;
  }
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', all));
  const hash = [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return { hash, backend: backend.name, reason: backend.reason, inference: model.reason };
}
