import { normCases } from '../../bench/kernels/norm-cases.ts';
import { kernelSuite } from '../helpers/kernel-suite.ts';

kernelSuite(normCases);
