/** Element types a tensor can hold. `f32` computes; `i8`/`u8` carry quantized values, masks and indices; `i32` labels and accumulators. */
export type DType = 'f32' | 'i8' | 'u8' | 'i32';

/** Bytes of one element. */
export const bytesOf: Readonly<Record<DType, number>> = { f32: 4, i8: 1, u8: 1, i32: 4 };

/** Any typed array that views a dtype. */
export type AnyTypedArray = Float32Array | Int8Array | Uint8Array | Int32Array;
