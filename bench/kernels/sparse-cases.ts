/** Cases of sparse convolution and linear: strips of every width, rows without and full of weights; real layers at 80 to 95 % zeros. */
import { type BufferSpec, fill, type KernelCase, kernelCase } from './case.ts';
import { describeWindow, type Geometry, square, window } from './window.ts';

interface Sparsity {
  /** Probability of a zero. */
  zeros?: number;
  /** Rows of which each third is all zeros and each third has none. */
  unevenRows?: boolean;
  /** Zeros and storage in blocks of 4 rows. */
  blocks?: boolean;
  bias?: boolean;
  lo?: number;
  hi?: number;
}

/** @param groupRows rows that blocks do not cross */
function weights(rows: number, columns: number, s: Sparsity, groupRows = rows): BufferSpec {
  const drawn = fill.sparse(s.zeros ?? 0.7);
  const zero = new Map<number, boolean>();
  return {
    dtype: 'f32',
    length: rows * columns,
    prepare: true,
    init: (rng, i) => {
      const row = Math.floor(i / columns);
      if (s.blocks && !s.unevenRows) {
        const block = row - ((row % groupRows) % 4);
        const at = block * columns + (i % columns);
        if (i === at) zero.set(at, rng.uniform() < (s.zeros ?? 0.7));
        return zero.get(at) ? 0 : fill.uniform(rng);
      }
      if (s.unevenRows && row % 3 === 0) return 0;
      return s.unevenRows && row % 3 === 1 ? rng.uniform() + 0.1 : drawn(rng);
    },
  };
}

function label(shape: string, s: Sparsity): string {
  const parts = [shape, s.unevenRows ? 'uneven rows' : `${Math.round((s.zeros ?? 0.7) * 100)} % zeros`];
  if (s.blocks) parts.push('4x1 blocks');
  if (s.bias === false) parts.push('no bias');
  if (s.lo !== undefined) parts.push('clamped');
  return parts.join(', ');
}

function buffers(x: number, weight: BufferSpec, outputs: number, y: number, s: Sparsity) {
  const all: Record<string, BufferSpec> = {
    x: { dtype: 'f32', length: x, init: fill.uniform },
    weight,
    y: { dtype: 'f32', length: y, output: true },
  };
  if (s.bias ?? true) all.bias = { dtype: 'f32', length: outputs, init: fill.uniform };
  return all;
}

const limits = (s: Sparsity) => ({
  lo: s.lo ?? -Infinity,
  hi: s.hi ?? Infinity,
  bias: 0,
  blocks: s.blocks ?? false,
});

/** `ops` counts the dense layer's arithmetic, so that rates compare with the dense kernel's. */
export function sparseConvCase(g: Geometry, s: Sparsity = {}): KernelCase {
  const w = window(g);
  const taps = (w.ci / w.groups) * w.kh * w.kw;
  const y = w.n * w.co * w.ho * w.wo;
  return kernelCase({
    primitive: 'sparseConv2d',
    shape: label(describeWindow(w), s),
    sizes: { ...w, ...limits(s) },
    buffers: buffers(w.n * w.ci * w.h * w.w, weights(w.co, taps, s, w.co / w.groups), w.co, y, s),
    tolerance: 1e-5,
    ops: 2 * y * taps,
  });
}

export function sparseLinearCase(n: number, i: number, o: number, s: Sparsity = {}): KernelCase {
  return kernelCase({
    primitive: 'sparseLinear',
    shape: label(`${n}x${i}->${o}`, s),
    sizes: { n, i, o, ...limits(s) },
    buffers: buffers(n * i, weights(o, i, s), o, n * o, s),
    tolerance: 1e-5,
    ops: 2 * n * i * o,
  });
}

/** Blocks of 4 rows: rows that fill the last block or do not, around each strip, with zeros of no pattern within blocks, too. */
const blockCases: KernelCase[] = [
  ...[1, 2, 3, 4, 5, 7, 8, 9, 11, 12, 13, 17, 23].map((w) =>
    sparseConvCase({ n: 2, ci: 11, h: 1, w, co: 7 }, { blocks: true }),
  ),
  ...[1, 2, 3, 4, 5, 8, 9, 10, 11].map((co) =>
    sparseConvCase({ ci: 5, h: 1, w: 19, co }, { blocks: true, zeros: 0.3 }),
  ),
  sparseConvCase({ ci: 13, h: 7, w: 7, co: 11 }, { blocks: true, unevenRows: true }),
  sparseConvCase({ ci: 13, h: 7, w: 7, co: 11 }, { blocks: true, zeros: 0 }),
  sparseConvCase({ ci: 13, h: 7, w: 7, co: 11 }, { blocks: true, zeros: 1 }),
  sparseConvCase({ ci: 13, h: 7, w: 7, co: 11 }, { blocks: true, bias: false, lo: -0.3, hi: 0.2 }),
  ...[1, 2].flatMap((stride) =>
    [0, 1, 2].map((pad) =>
      sparseConvCase({ n: 2, ci: 3, h: 13, w: 37, co: 7, ...square(3, stride, pad) }, { blocks: true }),
    ),
  ),
  sparseConvCase({ ci: 3, h: 17, w: 19, co: 5, kh: 3, kw: 5, dilH: 3, dilW: 2, padT: 2 }, { blocks: true }),
  sparseConvCase({ n: 2, ci: 15, h: 7, w: 11, co: 21, groups: 3 }, { blocks: true }),
  sparseConvCase({ n: 2, ci: 6, h: 7, w: 11, co: 10, ...square(3, 1, 1), groups: 2 }, { blocks: true }),
  ...[1, 2, 3, 4, 5, 9, 32, 37].map((n) => sparseLinearCase(n, 37, 29, { blocks: true })),
  ...[1, 2, 3, 4, 5, 6, 7].flatMap((o) => [
    sparseLinearCase(1, 19, o, { blocks: true }),
    sparseLinearCase(13, 19, o, { blocks: true, bias: false }),
  ]),
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((i) => sparseLinearCase(1, i, 11, { blocks: true, zeros: 0 })),
  ...[1, 13].map((n) => sparseLinearCase(n, 41, 23, { blocks: true, unevenRows: true, lo: -0.3, hi: 0.4 })),
];

export const sparseCases: KernelCase[] = [
  ...blockCases,
  // 1x1, read in place: planes of 1 to 3 positions, and around each width of strip.
  ...[1, 2, 3, 4, 5, 7, 11, 13, 17, 23, 29, 31, 37, 53, 67].map((w) =>
    sparseConvCase({ n: 2, ci: 11, h: 1, w, co: 7 }),
  ),
  ...[32, 64, 49, 196].map((w) => sparseConvCase({ ci: 5, h: 1, w, co: 3 })),
  sparseConvCase({ ci: 13, h: 7, w: 7, co: 11 }, { unevenRows: true }),
  sparseConvCase({ ci: 13, h: 7, w: 7, co: 11 }, { zeros: 0 }),
  sparseConvCase({ ci: 13, h: 7, w: 7, co: 11 }, { zeros: 1 }),
  sparseConvCase({ ci: 13, h: 7, w: 7, co: 11 }, { bias: false, lo: -0.3, hi: 0.2 }),
  // Packed in blocks, from x itself and from padded planes.
  ...[3, 4, 5, 6, 7, 10, 11, 13, 14, 18, 19, 35, 38, 41].map((w) =>
    sparseConvCase({ ci: 3, h: 7, w, co: 5, kh: 5, kw: 3 }),
  ),
  ...[1, 2, 3].flatMap((stride) =>
    [0, 1, 2].map((pad) =>
      sparseConvCase({ n: 2, ci: 3, h: 13, w: 37, co: 7, ...square(3, stride, pad), padR: 0, padT: 2 }),
    ),
  ),
  sparseConvCase({ ci: 5, h: 11, w: 41, co: 13, kh: 3, kw: 5, strideH: 3, padB: 1, padR: 2 }),
  sparseConvCase({
    ci: 3,
    h: 17,
    w: 19,
    co: 5,
    kh: 3,
    kw: 5,
    dilH: 3,
    dilW: 2,
    strideW: 2,
    padT: 2,
    padR: 3,
  }),
  sparseConvCase({ ci: 3, h: 17, w: 19, co: 5, kh: 2, kw: 3, dilH: 2, dilW: 5, padL: 1 }),
  sparseConvCase({ ci: 3, h: 17, w: 43, co: 5, ...square(1, 2) }),
  sparseConvCase({ ci: 3, h: 17, w: 13, co: 5, strideH: 2 }),
  sparseConvCase({ ci: 3, h: 7, w: 11, co: 5, ...square(1, 1, 1) }),
  sparseConvCase({ ci: 3, h: 11, w: 13, co: 7, ...square(3) }, { unevenRows: true }),
  sparseConvCase({ ci: 3, h: 11, w: 13, co: 7, ...square(3, 1, 1) }, { zeros: 1, lo: -0.2, hi: 0.3 }),
  sparseConvCase({ ci: 3, h: 11, w: 13, co: 7, ...square(3, 1, 1) }, { bias: false }),
  // Groups.
  sparseConvCase({ n: 2, ci: 15, h: 7, w: 11, co: 21, groups: 3 }),
  sparseConvCase({ n: 2, ci: 6, h: 7, w: 11, co: 14, ...square(3, 1, 1), groups: 2 }, { unevenRows: true }),
  sparseConvCase({ n: 2, ci: 5, h: 7, w: 11, co: 5, ...square(3, 2, 1), groups: 5 }, { bias: false }),
  // Linear: below and from the number of samples at which they become columns, past one block of 32.
  ...[1, 2, 3, 4, 5, 7, 8, 9, 11, 13, 23, 31, 32, 33, 34, 61].map((n) => sparseLinearCase(n, 37, 29)),
  ...[1, 2, 3, 4, 5, 19].flatMap((i) => [sparseLinearCase(1, i, 11), sparseLinearCase(13, i, 11)]),
  ...[1, 2, 3, 5].map((o) => sparseLinearCase(13, 19, o)),
  ...[1, 13].flatMap((n) => [
    sparseLinearCase(n, 41, 23, { unevenRows: true }),
    sparseLinearCase(n, 41, 23, { zeros: 0 }),
    sparseLinearCase(n, 41, 23, { zeros: 1 }),
    sparseLinearCase(n, 41, 23, { bias: false, lo: -0.3, hi: 0.4 }),
  ]),
];

/** Layers of real models, pruned. */
export const sparseBench: KernelCase[] = [
  ...[0.5, 0.8, 0.9, 0.95].map((zeros) =>
    sparseConvCase({ ci: 256, h: 14, w: 14, co: 512 }, { zeros, blocks: true }),
  ),
  sparseConvCase({ ci: 64, h: 56, w: 56, co: 128 }, { zeros: 0.9, blocks: true }),
  ...[0.8, 0.9].map((zeros) =>
    sparseConvCase({ ci: 128, h: 28, w: 28, co: 128, ...square(3, 1, 1) }, { zeros, blocks: true }),
  ),
  ...[1, 32].map((n) => sparseLinearCase(n, 800, 500, { zeros: 0.9, blocks: true })),
  ...[0.5, 0.8, 0.9, 0.95].map((zeros) => sparseConvCase({ ci: 256, h: 14, w: 14, co: 512 }, { zeros })),
  ...[0.8, 0.9].map((zeros) => sparseConvCase({ ci: 64, h: 56, w: 56, co: 128 }, { zeros })),
  sparseConvCase({ ci: 512, h: 7, w: 7, co: 512 }, { zeros: 0.9 }),
  ...[0.8, 0.9].map((zeros) =>
    sparseConvCase({ ci: 128, h: 28, w: 28, co: 128, ...square(3, 1, 1) }, { zeros }),
  ),
  sparseConvCase({ ci: 1, h: 28, w: 28, co: 20, ...square(5) }, { zeros: 0.9 }),
  sparseConvCase({ ci: 20, h: 12, w: 12, co: 50, ...square(5) }, { zeros: 0.9 }),
  ...[1, 32].map((n) => sparseLinearCase(n, 800, 500, { zeros: 0.9 })),
];
