import { expect, test } from 'vitest';
import { lenet5 } from '../../src/nn/models.ts';
import { fit } from '../../src/train/fit.ts';
import { lenet5Training } from '../../src/train/presets.ts';
import { mnist } from '../helpers/mnist.ts';

test('the preset takes LeNet-5 to at least 99.1 % on the validation images', {
  timeout: 900_000,
}, async () => {
  const { train, validation } = await mnist();
  const { history } = await fit(lenet5(), train, { ...lenet5Training, validation });
  expect(history.at(-1)?.validation?.top1).toBeGreaterThanOrEqual(0.991);
});
