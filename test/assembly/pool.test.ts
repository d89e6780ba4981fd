import { poolCases } from '../../bench/kernels/pool-cases.ts';
import { kernelSuite } from '../helpers/kernel-suite.ts';

kernelSuite(poolCases);
