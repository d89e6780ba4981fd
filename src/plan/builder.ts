/**
 * The plan while it is being written: steps with the buffers they touch, constants already in the heap. Lowering adds to
 * it; `compile` then gives every buffer its place and writes the pointers into the descriptors.
 */
import type { ArgsOf, Backend, Preparable, PrimitiveName } from '../backend/backend.ts';
import type { Ptr } from '../backend/heap.ts';
import type { AnyTypedArray } from '../core/dtype.ts';
import { type Shape, sizeOf } from '../core/shape.ts';
import type { ActivationQuantization } from '../graph/graph.ts';
import { type Buffer, newBuffer, touch } from './memory.ts';

/** A value of the graph: its buffer as f32, as i8, or both, made when first asked for. */
export interface Value {
  readonly name: string;
  readonly shape: Shape;
  /** How the i8 form is to be read; absent on a value that is f32 only. */
  readonly quant?: ActivationQuantization;
  f32?: Buffer;
  i8?: Buffer;
}

/** A buffer, or a place within it, in bytes. */
export type Operand = Buffer | { buffer: Buffer; offset: number };

/** One call: what it runs, for which node, and which pointer fields name which buffers. */
export interface PendingStep {
  readonly node: string;
  readonly primitive: PrimitiveName;
  /** The descriptor itself; its pointer fields are written when the arena is laid out. */
  readonly args: object;
  readonly operands: ReadonlyMap<string, Operand>;
  /** Fields whose buffer `y` may take over, if this step is the last to read it: the primitive works in place. */
  readonly inPlace: readonly string[];
}

export class PlanBuilder {
  readonly backend: Backend;
  readonly steps: PendingStep[] = [];
  readonly buffers: Buffer[] = [];
  /** Heap blocks of the weights, for `free`. */
  readonly blocks: Ptr[] = [];
  weightBytes = 0;

  constructor(backend: Backend) {
    this.backend = backend;
  }

  buffer(bytes: number): Buffer {
    const buffer = newBuffer(bytes);
    this.buffers.push(buffer);
    return buffer;
  }

  /** The next step. Pointer fields that name buffers stand in `operands`; others are already in `args`. */
  emit<P extends PrimitiveName>(
    node: string,
    primitive: P,
    args: ArgsOf<P>,
    operands: Partial<Record<keyof ArgsOf<P> & string, Operand>>,
    inPlace: readonly (keyof ArgsOf<P> & string)[] = [],
  ): void {
    const step = this.steps.length;
    const entries = Object.entries(operands) as [string, Operand][];
    for (const [, operand] of entries) touch(bufferOf(operand), step);
    this.steps.push({ node, primitive, args, operands: new Map(entries), inPlace });
  }

  /** Copies numbers that never change into the heap. 0 for none. */
  constant(values: AnyTypedArray | undefined): Ptr {
    if (!values) return 0;
    const ptr = this.block(values.byteLength);
    this.backend.heap
      .u8(ptr, values.byteLength)
      .set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    return ptr;
  }

  /** Weights in the order in which the primitive reads them. */
  prepared<P extends keyof Preparable>(primitive: P, args: Preparable[P], weights: AnyTypedArray): Ptr {
    const ptr = this.block(this.backend.preparedBytes(primitive, args, weights));
    this.backend.prepare(primitive, args, weights, ptr);
    return ptr;
  }

  /** The value as f32, dequantized on first demand. */
  asF32(value: Value): Buffer {
    if (!value.f32) {
      const size = sizeOf(value.shape);
      const { scale, zeroPoint } = value.quant as ActivationQuantization;
      value.f32 = this.buffer(4 * size);
      this.emit(
        value.name,
        'dequantize',
        { x: 0, y: 0, size, scale, zeroPoint },
        { x: value.i8, y: value.f32 },
      );
    }
    return value.f32;
  }

  /** The value as i8, quantized on first demand. Only for values with `quant`. */
  asI8(value: Value): Buffer {
    if (!value.i8) {
      const size = sizeOf(value.shape);
      const { scale, zeroPoint } = value.quant as ActivationQuantization;
      value.i8 = this.buffer(size);
      this.emit(
        value.name,
        'quantize',
        { x: 0, y: 0, size, scale, zeroPoint },
        { x: value.f32, y: value.i8 },
      );
    }
    return value.i8;
  }

  private block(bytes: number): Ptr {
    const ptr = this.backend.heap.alloc(bytes);
    this.blocks.push(ptr);
    this.weightBytes += bytes;
    return ptr;
  }
}

export function bufferOf(operand: Operand): Buffer {
  return 'buffer' in operand ? operand.buffer : operand;
}

export function offsetIn(operand: Operand): number {
  return 'buffer' in operand ? operand.offset : 0;
}
