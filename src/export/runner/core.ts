/**
 * What runs an exported model: no graph, no planner, no schema. It decodes the weights from the module's custom section,
 * puts them into the order of the kernels, and then calls `run`, in which the plan is compiled to WebAssembly.
 * Bundled when the package is built (scripts/bundle-runner.mjs); the exporter adds it to each exported model.
 */
import type { Preparable } from '../../backend/backend.ts';
import type { Heap } from '../../backend/heap.ts';
import type { MakeFamily } from '../../backend/wasm/assemble.ts';
import { decoders } from '../../backend/wasm/decoders.ts';
import type { Kernels } from '../../backend/wasm/family.ts';
import type { AnyTypedArray } from '../../core/dtype.ts';
import { ArgumentError } from '../../core/errors.ts';
import { sizeOf } from '../../core/shape.ts';
import { ByteReader } from '../../format/bytes.ts';
import { readFloats } from '../../format/floats.ts';
import { readSymbols } from '../../format/symbols.ts';
import { readTensor } from '../../format/tensor.ts';
import { normalizePixels } from '../../graph/meaning.ts';
import { plannedValues, quantizedCodes } from '../../graph/weights.ts';
import { type Recipe, WEIGHTS_SECTION, type WeightItem } from '../recipe.ts';

export interface Runner {
  run(input: Float32Array): Float32Array;
  normalize(pixels: Uint8Array | Uint8ClampedArray): Float32Array;
}

/**
 * A model that is ready to run, from its compiled module.
 * @param made families of kernels that order its weights
 */
export function start(module: WebAssembly.Module, recipe: Recipe, made: readonly MakeFamily[]): Runner {
  const kernels = new WebAssembly.Instance(module).exports as unknown as Kernels & { run(): void };
  const { buffer } = kernels.memory;
  fill(kernels, new Uint8Array(WebAssembly.Module.customSections(module, WEIGHTS_SECTION)[0]), recipe, made);
  const inputSize = recipe.batch * sizeOf(recipe.inputShape);
  const input = new Float32Array(buffer, recipe.input, inputSize);
  const output = new Float32Array(buffer, recipe.output, recipe.batch * sizeOf(recipe.outputShape));
  return {
    run(x) {
      if (Object.prototype.toString.call(x) !== '[object Float32Array]' || x.length !== inputSize) {
        const got = (x as Float32Array | undefined)?.length ?? typeof x;
        throw new ArgumentError(recipe.name, 'input', `a Float32Array of ${inputSize} numbers`, got);
      }
      input.set(x);
      kernels.run();
      return output.slice();
    },
    normalize(pixels) {
      const kind = Object.prototype.toString.call(pixels);
      if (!/^\[object Uint8(Clamped)?Array\]$/.test(kind)) {
        throw new ArgumentError(recipe.name, 'pixels', 'a Uint8Array or Uint8ClampedArray', kind);
      }
      if (!recipe.meaning)
        throw new ArgumentError(recipe.name, 'pixels', 'a model that says what its input means', 'none');
      return normalizePixels(pixels, recipe.inputShape, recipe.meaning);
    },
  };
}

/** Decodes every stored item and puts it where the plan expects it. */
function fill(kernels: Kernels, stored: Uint8Array, recipe: Recipe, made: readonly MakeFamily[]): void {
  const heap = fixedHeap(kernels.memory.buffer, recipe.scratch);
  const prepare = Object.assign({}, ...made.map((make) => make(kernels, heap).prepare));
  const reader = new ByteReader(stored, 0, stored.length, decoders(kernels, heap));
  for (const item of recipe.weights) {
    if ('words' in item) {
      heap.f32(item.to, item.words).set(readFloats(reader, item.words, '').values);
    } else if ('bytes' in item) {
      heap.u8(item.to, item.bytes).set(readSymbols(reader, item.bytes, 256).symbols);
    } else {
      const { write } = prepare[item.primitive as keyof Preparable];
      write(item.args, readWeights(reader, item), item.to);
    }
  }
}

/** The numbers that a primitive orders: int8 codes for an integer one, else f32. */
export function readWeights(
  reader: ByteReader,
  { shape, primitive, factors }: Extract<WeightItem, { shape: unknown }>,
): AnyTypedArray {
  const { param } = readTensor(reader, '', shape, true);
  if (primitive[0] === 'q') return quantizedCodes(param);
  const values = plannedValues(param);
  if (!factors) return values;
  const factor = new Float64Array(readFloats(reader, 2 * shape[0], '').values.buffer);
  const inner = values.length / factor.length;
  return values.map((v, i) => v * factor[Math.floor(i / inner)] + 0);
}

/** As much of a heap as ordering and decoding ask for, over a memory that never grows. */
function fixedHeap(buffer: ArrayBuffer, scratch: number): Heap {
  const heap: Pick<Heap, 'scratch' | 'f32' | 'i32' | 'i8' | 'u8'> & { store: { buffer: ArrayBuffer } } = {
    store: { buffer },
    scratch: () => scratch,
    f32: (ptr, length) => new Float32Array(buffer, ptr, length),
    i32: (ptr, length) => new Int32Array(buffer, ptr, length),
    i8: (ptr, length) => new Int8Array(buffer, ptr, length),
    u8: (ptr, length) => new Uint8Array(buffer, ptr, length),
  };
  return heap as unknown as Heap;
}
