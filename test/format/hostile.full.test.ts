/** 100,000 seeded mutations: the same as the quick test, for longer. */
import { expect, test } from 'vitest';
import { Rng } from '../../src/core/rng.ts';
import { encode } from '../../src/format/index.ts';
import { misbehaves, mutate, resealed, victims } from './hostile.ts';

test.each([1, 2, 3, 4, 5])(
  '20,000 seeded mutations, seed %i',
  (seed) => {
    const rng = new Rng(seed);
    const files = victims().map((graph) => encode(graph));
    for (let i = 0; i < 20_000; i++) {
      const mutant = resealed(mutate(files[i % files.length], rng));
      const found = misbehaves(mutant);
      if (found !== null) expect(found, `seed ${seed}, mutation ${i}`).toBeNull();
    }
  },
  900_000,
);
