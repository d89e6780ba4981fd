/** The list of cases at shapes of real models: what the benchmark verifies and times. */
import type { KernelCase } from './case.ts';

export const benchCases: readonly KernelCase[] = [];
