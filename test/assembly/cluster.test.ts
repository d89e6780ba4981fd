import { clusterCases } from '../../bench/kernels/cluster-cases.ts';
import { kernelSuite } from '../helpers/kernel-suite.ts';

kernelSuite(clusterCases);
