import type { loadMnist } from '../../src/data/node-mnist.ts';
import type { lenet5 } from '../../src/nn/models.ts';
import type { fit } from '../../src/train/fit.ts';

export function train50(modules: {
  fit: typeof fit;
  lenet5: typeof lenet5;
  loadMnist: typeof loadMnist;
}): Promise<string>;
