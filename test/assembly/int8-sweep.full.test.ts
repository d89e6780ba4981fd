/** int8 layers of random shapes: equal to the reference bit for bit. */
import { expect, test } from 'vitest';
import { sweepInt8 } from '../helpers/int8-sweep.ts';

test('10,000 random int8 layers', () => {
  expect(sweepInt8(10_000, 23)).toBeNull();
});
