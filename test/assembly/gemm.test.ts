import { gemmCases } from '../../bench/kernels/gemm-cases.ts';
import { kernelSuite } from '../helpers/kernel-suite.ts';

kernelSuite(gemmCases);
