import { convCases } from '../../bench/kernels/conv-cases.ts';
import { kernelSuite } from '../helpers/kernel-suite.ts';

kernelSuite(convCases);
