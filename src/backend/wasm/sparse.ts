/**
 * Convolution and linear on weights stored sparse: the only caller of assembly/sparse. `prepare` leaves the zeros out and turns
 * each remaining weight's place into the byte offset at which the kernel finds its input.
 */
import type { AnyTypedArray } from '../../core/dtype.ts';
import type { SparseConv2dArgs, SparseLinearArgs, Window } from '../backend.ts';
import type { Heap } from '../heap.ts';
import { countEntries, entryBytes, type SparseMatrix, startsOf, writeEntries } from './csr.ts';
import type { Family, Kernels } from './family.ts';

/** Bytes of one row of a block of packed pixels or transposed samples: 32 f32 values. */
const BLOCK_ROW = 128;
/** From this many samples on, a linear layer takes samples as columns of a matrix; below, one at a time. */
const BATCHED_SAMPLES = 4;

const align = (bytes: number) => Math.ceil(bytes / 64) * 64;

/** What follows from a convolution's geometry alone. */
interface SparseGeometry {
  /** 1x1, stride 1, no padding: the kernel reads x. */
  direct: boolean;
  /** Padding or a stride: the kernel packs from a padded copy of the planes, else from x. */
  padded: boolean;
  taps: number;
  m: number;
  channels: number;
  /** Extents of the planes that are packed from, strideW of them a channel if padded. */
  rows: number;
  columns: number;
  phases: number;
  /** Starts of one group; bytes of all. */
  starts: number;
  startBytes: number;
  tapBytes: number;
}

function geometry(a: SparseConv2dArgs): SparseGeometry {
  const channels = a.ci / a.groups;
  const taps = channels * a.kh * a.kw;
  const rows = (a.ho - 1) * a.strideH + (a.kh - 1) * a.dilH + 1;
  const columns = Math.ceil(((a.wo - 1) * a.strideW + (a.kw - 1) * a.dilW + 1) / a.strideW);
  const padded = a.padT > 0 || a.padL > 0 || a.strideW > 1 || rows > a.h || columns > a.w;
  const direct = a.kh === 1 && a.kw === 1 && a.strideH === 1 && !padded && a.ho === a.h && a.wo === a.w;
  return {
    direct,
    padded,
    taps,
    m: a.co / a.groups,
    channels,
    rows: padded ? rows : a.h,
    columns: padded ? columns : a.w,
    phases: padded ? a.strideW : 1,
    starts: startsOf(a, a.co / a.groups),
    startBytes: align((a.groups * startsOf(a, a.co / a.groups) + 1) * 4),
    tapBytes: direct ? 0 : align(taps * 4),
  };
}

function convScratch(g: SparseGeometry): { block: number; bytes: number } {
  const planes = g.padded ? align(g.channels * g.phases * g.rows * g.columns * 4) : 0;
  return { block: planes, bytes: planes + (g.direct ? 0 : g.taps * BLOCK_ROW) };
}

/** Byte offset of each tap from a pixel's first value, in x or in the padded planes. */
function writeTaps(a: Window, g: SparseGeometry, taps: Int32Array): void {
  let i = 0;
  for (let c = 0; c < g.channels; c++) {
    for (let ky = 0; ky < a.kh; ky++) {
      for (let kx = 0; kx < a.kw; kx++) {
        const x = kx * a.dilW;
        const plane = (c * g.phases + (x % g.phases)) * g.rows;
        taps[i++] = 4 * ((plane + ky * a.dilH) * g.columns + Math.floor(x / g.phases));
      }
    }
  }
}

function linearScratch(a: SparseLinearArgs): { out: number; bytes: number } {
  if (a.n < BATCHED_SAMPLES) return { out: 0, bytes: 0 };
  return { out: a.i * BLOCK_ROW, bytes: (a.i + a.o) * BLOCK_ROW };
}

const linearStarts = (a: SparseLinearArgs): number => align((startsOf(a, a.o) + 1) * 4);

const matrix = ({ co: rows, groups, blocks }: SparseConv2dArgs, weights: AnyTypedArray): SparseMatrix => ({
  weights,
  rows,
  groups,
  blocks,
});
const linearMatrix = ({ o: rows, blocks }: SparseLinearArgs, weights: AnyTypedArray): SparseMatrix => ({
  weights,
  rows,
  groups: 1,
  blocks,
});

export function sparse(k: Kernels, heap: Heap): Family<'sparseConv2d' | 'sparseLinear'> {
  function sparseConv2d(a: SparseConv2dArgs): void {
    const g = geometry(a);
    const taps = a.weight + g.startBytes;
    const entries = taps + g.tapBytes;
    const pixels = a.ho * a.wo;
    const s = convScratch(g);
    const scratch = s.bytes > 0 ? heap.scratch(s.bytes) : 0;
    const pitch = a.strideH * g.columns * 4;
    for (let n = 0; n < a.n; n++) {
      for (let group = 0; group < a.groups; group++) {
        const x = a.x + 4 * (n * a.ci + group * g.channels) * a.h * a.w;
        const y = a.y + 4 * (n * a.co + group * g.m) * pixels;
        const starts = a.weight + 4 * group * g.starts;
        const bias = a.bias === 0 ? 0 : a.bias + 4 * group * g.m;
        if (g.direct) {
          const product = a.blocks ? k.f32_spmm_blocks : k.f32_spmm;
          product(g.m, starts, entries, bias, x, pixels, y, 4 * pixels, a.lo, a.hi);
          continue;
        }
        if (g.padded) {
          const { channels, rows, columns, phases } = g;
          const clear = n + group === 0;
          k.f32_pad(x, scratch, channels, a.h, a.w, rows, columns, phases, a.padT, a.padL, clear);
        }
        k.f32_spconv2d(
          ...([g.padded ? scratch : x, taps, g.taps, g.m, starts, entries, bias] as const),
          ...([pixels, a.wo, pitch, y, a.lo, a.hi, a.blocks, scratch + s.block] as const),
        );
      }
    }
  }

  function sparseLinear(a: SparseLinearArgs): void {
    const entries = a.weight + linearStarts(a);
    if (a.n < BATCHED_SAMPLES) {
      for (let n = 0; n < a.n; n++) {
        const product = a.blocks ? k.f32_spmv_4x1 : k.f32_spmv;
        product(a.o, a.weight, entries, a.bias, a.x + 4 * n * a.i, a.y + 4 * n * a.o, a.lo, a.hi);
      }
      return;
    }
    const s = linearScratch(a);
    const block = heap.scratch(s.bytes);
    k.f32_splinear(
      a.x,
      a.n,
      a.i,
      a.o,
      a.weight,
      entries,
      a.bias,
      a.y,
      a.lo,
      a.hi,
      a.blocks,
      block,
      block + s.out,
    );
  }

  return {
    primitives: { sparseConv2d, sparseLinear },
    prepare: {
      sparseConv2d: {
        bytes: (a, weights) => {
          const g = geometry(a);
          return g.startBytes + g.tapBytes + entryBytes(a) * countEntries(matrix(a, weights));
        },
        write: (a, weights, to) => {
          const g = geometry(a);
          const plane = a.h * a.w * 4;
          if (!g.direct) writeTaps(a, g, heap.i32(to + g.startBytes, g.taps));
          const offsetOf = g.direct ? (i: number) => i * plane : (i: number) => i * BLOCK_ROW;
          writeEntries(heap, matrix(a, weights), offsetOf, to, to + g.startBytes + g.tapBytes);
        },
      },
      sparseLinear: {
        bytes: (a, weights) => linearStarts(a) + entryBytes(a) * countEntries(linearMatrix(a, weights)),
        write: (a, weights, to) =>
          writeEntries(heap, linearMatrix(a, weights), (i) => i * BLOCK_ROW, to, to + linearStarts(a)),
      },
    },
    scratch: {
      sparseConv2d: (a) => convScratch(geometry(a)).bytes,
      sparseLinear: (a) => linearScratch(a).bytes,
    },
  };
}
