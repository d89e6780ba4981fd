/** What a checkpoint was made with, and the comparison with what it is to go on with. */
import { CheckpointError } from '../core/errors.ts';
import { NUMERICS_VERSION } from '../core/version.ts';
import type { Dataset } from '../data/dataset.ts';
import { crc32 } from '../format/bytes.ts';
import type { Graph } from '../graph/graph.ts';
import { graphStructure, graphTree } from './graph-state.ts';
import type { FitOptions } from './options.ts';
import { pack, type Tree, type TreeFields, unpack } from './state.ts';

/** Tells data sets apart without reading every image. */
export function dataFingerprint(data: Dataset): TreeFields {
  const { length, shape, sha256, classes, meaning, labels } = data;
  const bytes = new Uint8Array(labels.buffer, labels.byteOffset, labels.byteLength);
  return { length, shape, sha256, classes, labels: crc32(bytes), meaning } as unknown as TreeFields;
}

/** Structure and values of a graph, the latter as a checksum. */
export function graphFingerprint(graph: Graph): TreeFields {
  return { ...graphStructure(graph), values: crc32(pack(graphTree(graph))) };
}

/** All that decides what a training does, apart from where it stands. Functions cannot be compared: whether there is one is. */
export function fitFingerprint(graph: Graph, data: Dataset, options: FitOptions): TreeFields {
  const { callbacks, backend, signal, checkpoint, resume, validation, loss, onStep, ...plain } = options;
  return {
    numerics: NUMERICS_VERSION,
    backend: backend?.name ?? 'wasm',
    graph: graphStructure(graph),
    data: dataFingerprint(data),
    validation: validation ? dataFingerprint(validation) : null,
    options: {
      batch: 64,
      seed: 1,
      schedule: { kind: 'constant' },
      ...stripped(plain),
      loss: loss !== undefined,
      onStep: onStep !== undefined,
    },
  };
}

function stripped(options: object): TreeFields {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/**
 * Reads a checkpoint and makes sure that it belongs to this run.
 * @param kind what made it: 'training' or 'recipe'
 * @param fingerprint of this run
 * @returns its other fields
 * @throws CheckpointError naming the first thing that differs
 */
export function openCheckpoint(bytes: Uint8Array, kind: string, fingerprint: TreeFields): TreeFields {
  const state = unpack(bytes) as TreeFields | null;
  if (state?.kind !== kind) {
    throw new CheckpointError('kind', `the checkpoint of a ${kind}`, `that of a ${String(state?.kind)}`);
  }
  // Both sides as they come out of bytes, so that what cannot be stored differs on neither.
  compare(state.fingerprint as Tree, unpack(pack(fingerprint)), '');
  return state;
}

function compare(stored: Tree | undefined, here: Tree | undefined, path: string): void {
  if (isBranch(stored) && isBranch(here) && Array.isArray(stored) === Array.isArray(here)) {
    for (const key of new Set([...Object.keys(stored), ...Object.keys(here)])) {
      const at = Array.isArray(stored) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`;
      const own = (branch: TreeFields): Tree | undefined =>
        Object.hasOwn(branch, key) ? branch[key] : undefined;
      compare(own(stored), own(here), at);
    }
  } else if (!Object.is(stored, here)) {
    throw new CheckpointError(path, show(stored), show(here));
  }
}

function isBranch(tree: Tree | undefined): tree is TreeFields {
  return typeof tree === 'object' && tree !== null;
}

function show(tree: Tree | undefined): string {
  return tree === undefined ? 'none' : JSON.stringify(tree).slice(0, 80);
}
