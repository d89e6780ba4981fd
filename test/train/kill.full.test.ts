import { expect, test } from 'vitest';
import { killRepeatedly } from './killing.ts';

test('killed fifty times, every run ends with the same bytes', async () => {
  expect(await killRepeatedly(50, 7)).toBeGreaterThan(10);
});
