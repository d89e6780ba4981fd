/** The families of kernels whose weights are put in order when a model starts, by primitive. The type checker holds that none is missing. */
import type { Preparable } from '../backend/backend.ts';
import type { MakeFamily } from '../backend/wasm/assemble.ts';
import { clustered } from '../backend/wasm/clustered.ts';
import { conv } from '../backend/wasm/conv.ts';
import { gemm } from '../backend/wasm/gemm.ts';
import { quant } from '../backend/wasm/quant.ts';
import { sparse } from '../backend/wasm/sparse.ts';

export const families = { clustered, conv, gemm, quant, sparse } as const satisfies Record<
  string,
  MakeFamily
>;

export type FamilyName = keyof typeof families;

export const familyNames = Object.keys(families) as FamilyName[];

export const familyOf: Readonly<Record<keyof Preparable, FamilyName>> = {
  conv2d: 'conv',
  winogradConv2d: 'conv',
  linear: 'gemm',
  sparseConv2d: 'sparse',
  sparseLinear: 'sparse',
  clusteredConv2d: 'clustered',
  clusteredLinear: 'clustered',
  qconv2d: 'quant',
  qlinear: 'quant',
};
