// Pages and EdgeVM: the steps as functions of the global object.
import { infer, start, train } from './task.mjs';

globalThis.paringTask = { infer, start, train };
