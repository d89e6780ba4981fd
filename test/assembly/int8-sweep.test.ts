/** int8 layers of random shapes: equal to the reference bit for bit. The sweep of 10,000 is in int8-sweep.full.test.ts. */
import { expect, test } from 'vitest';
import { sweepInt8 } from '../helpers/int8-sweep.ts';

test('400 random int8 layers', () => {
  expect(sweepInt8(400, 11)).toBeNull();
});
