import { reduceCases } from '../../bench/kernels/reduce-cases.ts';
import { kernelSuite } from '../helpers/kernel-suite.ts';

kernelSuite(reduceCases);
