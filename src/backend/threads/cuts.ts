/** How a range of a descriptor becomes a descriptor of its own: pointers move by whole elements, sizes shrink. */
import type { Ptr } from '../heap.ts';

/** `total` in `parts` ranges [from, count], in multiples of `unit` (but for the end), as even as that allows; empty ones left out. */
export function ranges(total: number, parts: number, unit = 1): [from: number, count: number][] {
  const units = Math.ceil(total / unit);
  const list: [number, number][] = [];
  for (let i = 0; i < parts; i++) {
    const from = Math.floor((i * units) / parts) * unit;
    const to = Math.min(total, Math.floor(((i + 1) * units) / parts) * unit);
    if (to > from) list.push([from, to - from]);
  }
  return list;
}

/** A pointer further on; 0, which is none, stays 0. */
export const move = (ptr: Ptr, bytes: number): Ptr => (ptr === 0 ? 0 : ptr + bytes);

/** Names of the fields of A that hold pointers, and how many bytes one step of the range takes in each. */
export type Steps<A> = { [F in keyof A]?: number };

/** A copy of `a` with each listed pointer moved by `from` steps. */
export function shifted<A extends object>(a: A, from: number, steps: Steps<A>): A {
  const share = { ...a } as Record<string, unknown>;
  for (const field in steps) share[field] = move(share[field] as Ptr, from * (steps[field] as number));
  return share as A;
}
