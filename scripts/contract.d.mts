/** Fused multiply-adds where rounding may differ; the module must carry its functions' names. */
export function contract(wasm: Uint8Array): { wasm: Uint8Array; count: number };
export function strip(wasm: Uint8Array): Uint8Array;
