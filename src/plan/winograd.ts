/**
 * When a convolution runs as Winograd's: 3x3, stride 1, dilation 1, one group, and large enough that a quarter of the
 * multiplications is worth the transforms. Decided by shape alone, without the batch, so that a sample's result does not
 * depend on how many are computed together.
 */
import type { Window } from '../backend/backend.ts';

/** `auto` asks the cost model; `never` is for results as exact as a direct sum; `always` (where possible) for tests. */
export type WinogradChoice = 'auto' | 'never' | 'always';

/**
 * Time of both kernels in multiply-accumulates of the matrix product, fitted to measurements on some 400 shapes, 1..256
 * channels and 2x2..56x56 pixels (most within a fifth). Products come in panels of 8 pixels or tiles, the last of which
 * may be a half; what a panel costs besides its products goes by input channel (packing; transform) and output channel
 * (stores; transform). What it decides is on average within a hundredth of the faster kernel's time.
 */
const costs = {
  direct: { input: 30, output: 5 },
  winograd: { input: 350, output: 350 },
} as const;

/** Winograd must be cheaper by this factor: where they are close, the direct sum rounds less and takes less memory. */
const MARGIN = 1.1;

const panels = (n: number): number => 4 * Math.ceil(n / 4);

/** Whether the geometry is one that Winograd's convolution computes. */
export function isWinograd(a: Window): boolean {
  return [a.strideH, a.strideW, a.dilH, a.dilW, a.groups].every((v) => v === 1) && a.kh === 3 && a.kw === 3;
}

/** Estimated time of Winograd's convolution over that of the direct one; below 1 it is the faster one. For 3x3 geometries. */
export function winogradCost(a: Window): number {
  const pixels = panels(a.ho * a.wo);
  const tiles = panels(Math.ceil(a.ho / 4) * Math.ceil(a.wo / 4));
  const { direct, winograd } = costs;
  return (
    (tiles * (36 * a.ci * a.co + winograd.input * a.ci + winograd.output * a.co)) /
    (pixels * (9 * a.ci * a.co + direct.input * a.ci + direct.output * a.co))
  );
}

/** Whether a dense convolution of this geometry should be Winograd's. */
export function winogradPays(choice: WinogradChoice, geometry: Window): boolean {
  if (choice === 'never' || !isWinograd(geometry)) return false;
  return choice === 'always' || winogradCost(geometry) * MARGIN < 1;
}
