/** Every bit of every byte. */
import { test } from 'vitest';
import { flipBits, smallFiles } from './flips.ts';

test.each(smallFiles())('%s: every bit', (_name, file) => flipBits(file, 1), 600_000);
