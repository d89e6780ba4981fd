/** The list of cases at shapes of real models: what the benchmark verifies and times. */
import type { KernelCase } from './case.ts';
import { clusterBench } from './cluster-cases.ts';
import { convBench } from './conv-cases.ts';
import { elementwiseBench } from './elementwise-cases.ts';
import { gemmBench } from './gemm-cases.ts';
import { lossBench } from './loss-cases.ts';
import { normBench } from './norm-cases.ts';
import { optimBench } from './optim-cases.ts';
import { poolBench } from './pool-cases.ts';
import { quantBench } from './quant-cases.ts';
import { reduceBench } from './reduce-cases.ts';
import { sparseBench } from './sparse-cases.ts';

export const benchCases: readonly KernelCase[] = [
  ...gemmBench,
  ...convBench,
  ...sparseBench,
  ...quantBench,
  ...poolBench,
  ...normBench,
  ...elementwiseBench,
  ...lossBench,
  ...reduceBench,
  ...optimBench,
  ...clusterBench,
];
