import { lossCases } from '../../bench/kernels/loss-cases.ts';
import { kernelSuite } from '../helpers/kernel-suite.ts';

kernelSuite(lossCases);
