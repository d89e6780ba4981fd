import { expect, test } from 'vitest';
import { killRepeatedly } from './killing.ts';

test('killed three times, it ends with the same bytes', async () => {
  expect(await killRepeatedly(3, 1)).toBeGreaterThan(0);
});
