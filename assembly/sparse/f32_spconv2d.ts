/**
 * Convolution with sparse weights of one sample and one group, any geometry: im2col of 32 output pixels at a time into a block that
 * all output channels use, then a strip of the sparse product.
 *
 *   block[k][pixel] = source[taps[k] + pixel]       f32 [k][32]
 *
 * The entries are those of f32_spmm_1x32, or with `blocks` of f32_spmm_4x8; their offsets are k * 128 bytes. `source`: planes in which neighbouring output pixels of a row are neighbours, x itself
 * where the convolution has neither padding nor stride, else what f32_pad wrote; `taps` u32 [k]: byte offset of each tap in it;
 * `pitch`: bytes between the source rows of two output rows. A 1x1 convolution needs none of this: f32_spmm reads x.
 *
 * Preconditions: k and wo are at least 1; pixels is a whole number of rows.
 */
import { copyRun } from './f32_pad';
import { f32_spmm } from './f32_spmm';
import { f32_spmm_blocks } from './f32_spmm_blocks';

export function f32_spconv2d(
  source: usize,
  taps: usize,
  k: i32,
  rows: i32,
  starts: usize,
  entries: usize,
  bias: usize,
  pixels: i32,
  wo: i32,
  pitch: usize,
  y: usize,
  lo: f32,
  hi: f32,
  blocks: bool,
  block: usize,
): void {
  assert(k > 0 && wo > 0 && pixels % wo == 0);
  const ldy = (<usize>pixels) << 2;
  for (let p = 0; p < pixels; p += 32) {
    const count = min(32, pixels - p);
    packBlock(source, taps, k, p, count, wo, pitch, block);
    const to = y + ((<usize>p) << 2);
    if (blocks) f32_spmm_blocks(rows, starts, entries, bias, block, count, to, ldy, lo, hi);
    else f32_spmm(rows, starts, entries, bias, block, count, to, ldy, lo, hi);
  }
}

function packBlock(
  source: usize,
  taps: usize,
  k: i32,
  pixel: i32,
  count: i32,
  wo: i32,
  pitch: usize,
  block: usize,
): void {
  const oy = pixel / wo;
  const ox = pixel - oy * wo;
  const row = source + <usize>oy * pitch;
  if (count == 32 && wo % 4 == 0) {
    packVectors(row, taps, k, ox, wo, pitch, block);
    return;
  }
  for (let i = 0; i < k; i++) {
    let from = row + <usize>load<u32>(taps);
    let to = block;
    let run = min(count, wo - ox);
    copyRun(from + ((<usize>ox) << 2), to, run);
    for (let done = run; done < count; done += run) {
      to += (<usize>run) << 2;
      from += pitch;
      run = min(count - done, wo);
      copyRun(from, to, run);
    }
    taps += 4;
    block += 128;
  }
}

/** A full block whose rows are whole vectors of 4: where each of the eight vectors comes from is found once, not for each tap. */
function packVectors(row: usize, taps: usize, k: i32, ox: i32, wo: i32, pitch: usize, block: usize): void {
  const v0 = row + ((<usize>ox) << 2);
  const v1 = vectorAt(row, ox + 4, wo, pitch);
  const v2 = vectorAt(row, ox + 8, wo, pitch);
  const v3 = vectorAt(row, ox + 12, wo, pitch);
  const v4 = vectorAt(row, ox + 16, wo, pitch);
  const v5 = vectorAt(row, ox + 20, wo, pitch);
  const v6 = vectorAt(row, ox + 24, wo, pitch);
  const v7 = vectorAt(row, ox + 28, wo, pitch);
  for (let i = 0; i < k; i++) {
    const tap = <usize>load<u32>(taps);
    v128.store(block, v128.load(v0 + tap));
    v128.store(block, v128.load(v1 + tap), 16);
    v128.store(block, v128.load(v2 + tap), 32);
    v128.store(block, v128.load(v3 + tap), 48);
    v128.store(block, v128.load(v4 + tap), 64);
    v128.store(block, v128.load(v5 + tap), 80);
    v128.store(block, v128.load(v6 + tap), 96);
    v128.store(block, v128.load(v7 + tap), 112);
    taps += 4;
    block += 128;
  }
}

/** Address of the pixel `column` places after the start of `row`, rows being wo pixels long and `pitch` bytes apart. */
function vectorAt(row: usize, column: i32, wo: i32, pitch: usize): usize {
  const down = column / wo;
  return row + <usize>down * pitch + ((<usize>(column - down * wo)) << 2);
}
