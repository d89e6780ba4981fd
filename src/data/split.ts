/** Parts of a set that has none: drawn by seed, each class in the same proportion. */
import type { Rng } from '../core/rng.ts';

export interface Carved {
  /** Indices that stay, ascending. */
  kept: Uint32Array;
  /** Indices that were drawn, ascending. */
  carved: Uint32Array;
}

/**
 * Draws a share of each class. Which images of a class are drawn depends on the seed and on that class alone. Of a class
 * with two images or more at least one is drawn and one stays; a lone image stays.
 * @param labels of the whole set
 * @param from indices to draw from
 * @param fraction in (0, 1)
 */
export function carve(labels: ArrayLike<number>, from: Uint32Array, fraction: number, rng: Rng): Carved {
  const classes = new Map<number, number[]>();
  for (const index of from) {
    const members = classes.get(labels[index]);
    if (members) members.push(index);
    else classes.set(labels[index], [index]);
  }
  const drawn = new Set<number>();
  for (const [label, members] of classes) {
    const count = Math.min(members.length - 1, Math.max(1, Math.round(fraction * members.length)));
    const order = rng.fork(`class:${label}`).permutation(members.length);
    for (let i = 0; i < count; i++) drawn.add(members[order[i]]);
  }
  return { kept: from.filter((i) => !drawn.has(i)), carved: from.filter((i) => drawn.has(i)) };
}
