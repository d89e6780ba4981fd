/**
 * Convolution with sparse weights of one sample and one group, any geometry: im2col of 32 output pixels at a time into a block that
 * all output channels use, then a strip of the sparse product.
 *
 *   block[k][pixel] = source[taps[k] + pixel]       f32 [k][32]
 *
 * The entries' offsets are k * 128 bytes. `source`: planes in which neighbouring output pixels of a row are neighbours, x itself
 * where the convolution has neither padding nor stride, else what f32_pad wrote; `taps` u32 [k]: byte offset of each tap in it;
 * `pitch`: bytes between the source rows of two output rows. A 1x1 convolution needs none of this: f32_spmm reads x.
 */
import { copyRun } from './f32_pad';
import { f32_spmm } from './f32_spmm';

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
  block: usize,
): void {
  assert(k > 0 && wo > 0 && pixels % wo == 0);
  const ldy = (<usize>pixels) << 2;
  for (let p = 0; p < pixels; p += 32) {
    const count = min(32, pixels - p);
    packBlock(source, taps, k, p, count, wo, pitch, block);
    f32_spmm(rows, starts, entries, bias, block, count, y + ((<usize>p) << 2), ldy, lo, hi);
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
