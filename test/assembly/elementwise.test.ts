import { elementwiseCases } from '../../bench/kernels/elementwise-cases.ts';
import { kernelSuite } from '../helpers/kernel-suite.ts';

kernelSuite(elementwiseCases);
