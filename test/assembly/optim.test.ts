import { optimCases } from '../../bench/kernels/optim-cases.ts';
import { kernelSuite } from '../helpers/kernel-suite.ts';

kernelSuite(optimCases);
