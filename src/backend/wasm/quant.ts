/**
 * The int8 primitives: the only caller of assembly/quant. Each primitive lays out its scratch, then hands pointers to the
 * kernels; what a kernel reads and in which order is said at the kernel. That i32 accumulators hold every sum is the caller's to
 * see to: 255 * (sum of |weight| of a channel) + |bias| < 2^31, which any channel of up to 65,000 weights meets.
 */
import type { AnyTypedArray } from '../../core/dtype.ts';
import type { PrimitiveName, QConv2dArgs, QLinearArgs, Window } from '../backend.ts';
import type { Heap, Ptr } from '../heap.ts';
import type { Family, Kernels } from './family.ts';

type QuantPrimitive = Extract<
  PrimitiveName,
  | 'fakeQuantize'
  | 'fakeQuantizeGrad'
  | 'quantize'
  | 'dequantize'
  | 'qconv2d'
  | 'qlinear'
  | 'qmaxPool'
  | 'qavgPool'
  | 'qglobalAvgPool'
  | 'qadd'
  | 'qlookup'
>;

/** Bytes of a `range`: the clamp and zero point a kernel requantizes with (assembly/quant/requantize.ts). */
const RANGE = 64;
/** Bytes of one row, or one group of eight columns, of a table of biases and multipliers. */
const TABLE_ROW = 64;
/** Packed panels that should stay in a second-level cache together. */
const BLOCK_BYTES = 128 * 1024;
/** Up to this many samples a linear layer goes through its weights once for each sample. */
const GEMV_SAMPLES = 3;

const align = (bytes: number) => Math.ceil(bytes / 64) * 64;

/** How the columns of a convolution's input are seen, and what follows from its geometry alone. */
interface ConvGeometry {
  /** 1x1, stride 1, no padding: the GEMM packs from x itself. */
  direct: boolean;
  depthwise: boolean;
  /** Depthwise 3x3 with horizontal stride 1 or 2 and no horizontal dilation: a kernel of its own. */
  depthwise3x3: boolean;
  /** Weights of one output channel, and pairs of them. */
  taps: number;
  pairs: number;
  /** Output channels and input channels of a group. */
  m: number;
  channels: number;
  /** Extents of the padded planes (qs8_pad); `phases` planes of `columns` columns for each channel. */
  phases: number;
  rows: number;
  columns: number;
  /** Bytes of the prepared weights: u32 [2 pairs] offsets of taps unless direct, then the weights of every group. */
  tapBytes: number;
  groupBytes: number;
}

function convGeometry(k: Kernels, a: Window): ConvGeometry {
  const channels = a.ci / a.groups;
  const m = a.co / a.groups;
  const taps = channels * a.kh * a.kw;
  const pairs = Math.ceil(taps / 2);
  const unpadded = a.padT === 0 && a.padL === 0 && a.ho === a.h && a.wo === a.w;
  const depthwise = channels === 1 && m <= 2;
  const direct = !depthwise && a.kh === 1 && a.kw === 1 && a.strideH === 1 && a.strideW === 1 && unpadded;
  const depthwise3x3 = depthwise && a.kh === 3 && a.kw === 3 && a.strideW <= 2 && a.dilW === 1;
  // The 3x3 kernel reads every column of one plane; the others read strideW planes of every strideW-th column.
  const phases = depthwise3x3 ? 1 : a.strideW;
  return {
    direct,
    depthwise,
    depthwise3x3,
    phases,
    taps,
    pairs,
    m,
    channels,
    rows: (a.ho - 1) * a.strideH + (a.kh - 1) * a.dilH + 1,
    columns: Math.ceil(((a.wo - 1) * a.strideW + (a.kw - 1) * a.dilW + 1) / phases),
    tapBytes: direct || depthwise3x3 ? 0 : align(pairs * 8),
    groupBytes: depthwise3x3 ? m * 48 : (depthwise ? m : paddedRows(k, m)) * pairs * 4,
  };
}

/** Rows the GEMM's panels of 5 and 4 hold for `m` rows: m itself, or the next multiple of 4 where m is not 5a + 4b. */
function paddedRows(k: Kernels, m: number): number {
  const rest = m - 5 * k.qs8_fives(m);
  return m - rest + Math.ceil(rest / 4) * 4;
}

/** Offsets of the pieces of a convolution's scratch. */
function convScratch(a: QConv2dArgs, g: ConvGeometry) {
  const planes = (g.depthwise ? 1 : g.channels) * g.phases * g.rows * g.columns * 2;
  const panelBytes = g.pairs * 32;
  const tiles = Math.ceil((a.ho * a.wo) / 8);
  const block = Math.min(tiles, Math.max(1, Math.floor(BLOCK_BYTES / panelBytes)));
  const range = 0;
  const table = range + align(RANGE);
  // A panel of the GEMM may read rows of the table past the last channel; it does not use them.
  const padded = table + (a.co + 4) * TABLE_ROW;
  // Loads of eight values run past a row's end.
  const panels = padded + (g.direct ? 0 : align(planes + 64));
  const weight = panels + (g.depthwise ? 0 : block * panelBytes);
  const end = weight + (a.prepared ? 0 : g.tapBytes + a.groups * g.groupBytes);
  return { range, table, padded, panels, block, weight, bytes: end };
}

/** Byte offset of each tap from a pixel's first value in the padded planes. */
function writeTaps(a: Window, g: ConvGeometry, taps: Int32Array): void {
  const plane = g.rows * g.columns;
  let i = 0;
  for (let c = 0; c < g.channels; c++) {
    for (let ky = 0; ky < a.kh; ky++) {
      for (let kx = 0; kx < a.kw; kx++) {
        const x = kx * a.dilW;
        const phase = c * a.strideW + (x % a.strideW);
        taps[i++] = 2 * (phase * plane + ky * a.dilH * g.columns + Math.floor(x / a.strideW));
      }
    }
  }
  if (i < 2 * g.pairs) taps[i] = 0;
}

/** [m][taps] int8 -> panels of 5 (`fives` of them) and 4 rows of i16 pairs, [panel][pair][row][2]; zeros where there is no row or no tap. */
function writeGemmRows(
  weights: AnyTypedArray,
  from: number,
  m: number,
  taps: number,
  fives: number,
  to: Int16Array,
): void {
  const pairs = Math.ceil(taps / 2);
  to.fill(0);
  let panel = 0;
  for (let row = 0; row < m; ) {
    const height = row < 5 * fives ? 5 : 4;
    for (let r = 0; r < Math.min(height, m - row); r++) {
      const source = from + (row + r) * taps;
      for (let i = 0; i < taps; i++) {
        to[panel + ((i >> 1) * height + r) * 2 + (i & 1)] = weights[source + i];
      }
    }
    panel += height * pairs * 2;
    row += height;
  }
}

/** [m][taps] int8 -> i16 [m][2 pairs]. */
function writeDepthwise(weights: AnyTypedArray, from: number, g: ConvGeometry, to: Int16Array): void {
  to.fill(0);
  for (let o = 0; o < g.m; o++) {
    for (let i = 0; i < g.taps; i++) to[o * 2 * g.pairs + i] = weights[from + o * g.taps + i];
  }
}

/** [m][3][3] int8 -> i16 pairs (w0 w1) (0 w0) (w2 0) (w1 w2) of each row: for even outputs, for odd ones, and the same again. */
function writeDepthwise3x3(weights: AnyTypedArray, from: number, m: number, to: Int16Array): void {
  for (let row = 0; row < 3 * m; row++) {
    const [w0, w1, w2] = weights.subarray(from + 3 * row, from + 3 * row + 3);
    to.set([w0, w1, 0, w0, w2, 0, w1, w2], 8 * row);
  }
}

/** [o][i] int8 -> panels of 8 outputs, [o / 8][pair][8][2] int8; zeros where there is no output or no input. */
function writeLinear(weights: AnyTypedArray, outputs: number, inputs: number, to: Int8Array): void {
  const pairs = Math.ceil(inputs / 2);
  to.fill(0);
  for (let o = 0; o < outputs; o++) {
    const panel = (o >> 3) * pairs * 16 + (o & 7) * 2;
    for (let i = 0; i < inputs; i++) to[panel + (i >> 1) * 16 + (i & 1)] = weights[o * inputs + i];
  }
}

const linearWeightBytes = (a: QLinearArgs) => Math.ceil(a.o / 8) * Math.ceil(a.i / 2) * 16;

function linearScratch(k: Kernels, a: QLinearArgs) {
  const pairs = Math.ceil(a.i / 2);
  // A multiple of 20: of whole panels of 5 and of 4.
  const blockRows = Math.max(20, 20 * Math.floor(BLOCK_BYTES / (pairs * 4) / 20));
  const heldRows = a.n <= GEMV_SAMPLES ? 1 : Math.min(blockRows, paddedRows(k, a.n));
  const table = align(RANGE);
  const rows = table + Math.ceil(a.o / 8) * TABLE_ROW;
  const panel = rows + align(heldRows * pairs * 4);
  const weight = panel + (a.n <= GEMV_SAMPLES ? 0 : pairs * 32);
  const end = weight + (a.prepared ? 0 : linearWeightBytes(a));
  return { range: 0, table, rows, blockRows, panel, weight, bytes: end };
}

export function quant(k: Kernels, heap: Heap): Family<QuantPrimitive> {
  const writeConv = (a: Window, weights: AnyTypedArray, to: Ptr): void => {
    const g = convGeometry(k, a);
    if (g.tapBytes > 0) writeTaps(a, g, heap.i32(to, 2 * g.pairs));
    for (let group = 0; group < a.groups; group++) {
      const at = to + g.tapBytes + group * g.groupBytes;
      const packed = new Int16Array(heap.store.buffer as ArrayBuffer, at, g.groupBytes / 2);
      const from = group * g.m * g.taps;
      if (g.depthwise3x3) writeDepthwise3x3(weights, from, g.m, packed);
      else if (g.depthwise) writeDepthwise(weights, from, g, packed);
      else writeGemmRows(weights, from, g.m, g.taps, k.qs8_fives(g.m), packed);
    }
  };

  function qconv2d(a: QConv2dArgs): void {
    const g = convGeometry(k, a);
    const s = convScratch(a, g);
    const base = heap.scratch(s.bytes);
    const [range, table, padded, panels] = [base + s.range, base + s.table, base + s.padded, base + s.panels];
    let taps = a.weight;
    if (!a.prepared) {
      taps = base + s.weight;
      writeConv(a, heap.i8(a.weight, a.co * g.taps), taps);
    }
    const weight = taps + g.tapBytes;
    const pixels = a.ho * a.wo;
    const pitch = a.strideH * g.columns * 2;
    k.qs8_range(range, a.zeroY, a.lo, a.hi);
    k.qs8_table_rows(table, a.co, a.bias, a.multiplier);
    for (let n = 0; n < a.n; n++) {
      const sample = a.x + n * a.ci * a.h * a.w;
      const out = a.y + n * a.co * pixels;
      if (g.depthwise3x3) {
        k.qs8_dwconv_3x3(
          ...([sample, a.ci, g.m, a.h, a.w, g.rows, g.columns] as const),
          ...([a.strideH, a.strideW, a.dilH, a.padT, a.padL, a.zeroX] as const),
          ...([weight, a.ho, a.wo, out, table, range, padded] as const),
        );
        continue;
      }
      if (g.depthwise) {
        k.qs8_dwconv(
          ...([sample, a.ci, g.m, a.h, a.w, g.rows, g.columns] as const),
          ...([a.strideH, a.strideW, a.padT, a.padL, a.zeroX] as const),
          ...([taps, g.pairs, weight, a.ho, a.wo, out, table, range, padded] as const),
        );
        continue;
      }
      for (let group = 0; group < a.groups; group++) {
        const x = sample + group * g.channels * a.h * a.w;
        const y = out + group * g.m * pixels;
        const w = weight + group * g.groupBytes;
        const t = table + group * g.m * TABLE_ROW;
        if (g.direct) {
          k.qs8_conv2d_1x1(x, g.channels, a.zeroX, w, g.m, pixels, y, t, range, panels, s.block);
        } else {
          const { rows, columns, channels, pairs, m } = g;
          k.qs8_pad(
            ...([x, padded, channels, a.h, a.w, rows, columns, a.strideW] as const),
            ...([a.padT, a.padL, a.zeroX, n + group === 0] as const),
          );
          k.qs8_conv2d(padded, taps, pairs, w, m, pixels, a.wo, pitch, y, t, range, panels, s.block);
        }
      }
    }
  }

  function qlinear(a: QLinearArgs): void {
    const s = linearScratch(k, a);
    const base = heap.scratch(s.bytes);
    const [range, table, rows] = [base + s.range, base + s.table, base + s.rows];
    let weight = a.weight;
    if (!a.prepared) {
      weight = base + s.weight;
      writeLinear(heap.i8(a.weight, a.o * a.i), a.o, a.i, heap.i8(weight, linearWeightBytes(a)));
    }
    k.qs8_range(range, a.zeroY, a.lo, a.hi);
    k.qs8_table_columns(table, a.o, a.bias, a.multiplier);
    if (a.n <= GEMV_SAMPLES) {
      for (let n = 0; n < a.n; n++) {
        k.qs8_gemv(a.x + n * a.i, a.i, a.zeroX, weight, a.o, a.y + n * a.o, table, range, rows);
      }
    } else {
      const panel = base + s.panel;
      k.qs8_linear(a.x, a.n, a.i, a.zeroX, weight, a.o, a.y, table, range, rows, s.blockRows, panel);
    }
  }

  return {
    primitives: {
      qconv2d,
      qlinear,
      fakeQuantize(a) {
        k.f32_fake_quantize(a.x, a.y, a.channels, a.inner, a.scale, a.zeroPoint, a.qmin, a.qmax);
      },
      fakeQuantizeGrad(a) {
        const { channels, inner, scale, zeroPoint, qmin, qmax } = a;
        k.f32_fake_quantize_grad(a.x, a.dy, a.dx, channels, inner, scale, zeroPoint, qmin, qmax);
      },
      quantize(a) {
        k.qs8_quantize(a.x, a.y, a.size, a.scale, a.zeroPoint, heap.scratch(RANGE));
      },
      dequantize(a) {
        k.qs8_dequantize(a.x, a.y, a.size, a.scale, a.zeroPoint);
      },
      qmaxPool(a) {
        const planes = a.n * a.ci;
        const { h, w, ho, wo, kh, kw, strideH, strideW, padT, padL, dilH, dilW } = a;
        const square = kh === 2 && kw === 2 && strideH === 2 && strideW === 2 && dilH === 1 && dilW === 1;
        if (square && padT === 0 && padL === 0 && 2 * ho <= h && 2 * wo <= w) {
          k.qs8_max_pool_2x2(a.x, a.y, planes, h, w, ho, wo);
        } else {
          k.qs8_max_pool(
            ...([a.x, a.y, planes, h, w, ho, wo, kh, kw] as const),
            ...([strideH, strideW, padT, padL, dilH, dilW] as const),
          );
        }
      },
      qavgPool(a) {
        k.qs8_avg_pool(
          ...([a.x, a.y, a.n * a.ci, a.h, a.w, a.ho, a.wo, a.kh, a.kw, a.strideH, a.strideW] as const),
          ...([a.padT, a.padL, a.padB, a.padR, a.dilH, a.dilW] as const),
          ...([a.countIncludePad, a.zeroX, a.zeroY, a.multiplier, heap.scratch(RANGE)] as const),
        );
      },
      qglobalAvgPool(a) {
        const { x, y, n, c, p, zeroX, zeroY, multiplier } = a;
        k.qs8_global_avg_pool(x, y, n * c, p, zeroX, zeroY, multiplier, heap.scratch(RANGE));
      },
      qadd(a) {
        const { zeroA, zeroB, zeroY, multA, multB, lo, hi } = a;
        const range = heap.scratch(RANGE);
        k.qs8_add(a.a, a.b, a.y, a.size, zeroA, zeroB, zeroY, multA, multB, lo, hi, range);
      },
      qlookup(a) {
        k.qs8_lookup(a.x, a.y, a.table, a.size);
      },
    },
    prepare: {
      qconv2d: {
        bytes: (a) => {
          const g = convGeometry(k, a);
          return g.tapBytes + a.groups * g.groupBytes;
        },
        write: writeConv,
      },
      qlinear: {
        bytes: linearWeightBytes,
        write: (a, weights, to) => writeLinear(weights, a.o, a.i, heap.i8(to, linearWeightBytes(a))),
      },
    },
    scratch: {
      qconv2d: (a) => convScratch(a, convGeometry(k, a)).bytes,
      qlinear: (a) => linearScratch(k, a).bytes,
      quantize: () => RANGE,
      qavgPool: () => RANGE,
      qglobalAvgPool: () => RANGE,
      qadd: () => RANGE,
    },
  };
}
