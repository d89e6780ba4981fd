/** ONNX Runtime as tools/onnx installs it: the other opinion on what an exported file says. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Shape } from '../../src/core/shape.ts';

/** What of onnxruntime-node is used here. */
interface Session {
  run(
    feeds: Record<string, unknown>,
  ): Promise<Record<string, { data: Float32Array; dims: readonly number[]; type: string }>>;
  release(): Promise<void>;
}
interface Ort {
  InferenceSession: { create(bytes: Uint8Array, options: object): Promise<Session> };
  Tensor: new (type: string, data: Float32Array, dims: readonly number[]) => unknown;
}

const ort = createRequire(fileURLToPath(new URL('../../tools/onnx/package.json', import.meta.url)))(
  'onnxruntime-node',
) as Ort;

/** A file opened once; `run` takes and gives f32 by name. */
export interface OrtModel {
  run(
    inputs: Readonly<Record<string, { data: Float32Array; shape: Shape }>>,
  ): Promise<Record<string, { data: Float32Array; shape: Shape }>>;
  release(): Promise<void>;
}

/** @param optimize false: every node computes by itself, nothing is fused */
export async function openOnnx(bytes: Uint8Array, optimize = true): Promise<OrtModel> {
  const session = await ort.InferenceSession.create(bytes, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    graphOptimizationLevel: optimize ? 'all' : 'disabled',
    logSeverityLevel: 4,
  });
  return {
    async run(inputs) {
      const feeds = Object.entries(inputs).map(([name, { data, shape }]) => [
        name,
        new ort.Tensor('float32', data, shape),
      ]);
      const results = await session.run(Object.fromEntries(feeds));
      return Object.fromEntries(
        Object.entries(results).map(([name, { data, dims }]) => [name, { data, shape: dims }]),
      );
    },
    release: () => session.release(),
  };
}
