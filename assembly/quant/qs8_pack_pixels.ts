/**
 * im2col of eight output pixels, straight into one panel of the int8 GEMM.
 *
 *   panel[pair][pixel][2] (i16) = source value of (taps 2 pair and 2 pair + 1, pixel)
 *
 *        pixel    0     1     2          7
 *   pair 0      k0 k1 k0 k1 k0 k1 ... k0 k1      32 bytes
 *   pair 1      k2 k3 k2 k3 k2 k3 ... k2 k3
 *
 * Panels that are not full (the plane's last) hold whatever lies beyond: the GEMM does not store those columns.
 *
 * Preconditions: pairs (or channels) is at least 1, columns are 1 to 8.
 */
import { load8 } from './requantize';

/**
 * From padded planes (qs8_pad). `taps` is u32 [2 pairs]: byte offset of each tap from the pixel's first; an odd number of
 * taps is made even by a tap whose weight is 0. `pitch`: bytes between the source rows of two output rows.
 */
export function qs8_pack_pixels(
  source: usize,
  taps: usize,
  pairs: i32,
  pixel: i32,
  columns: i32,
  wo: i32,
  pitch: usize,
  panel: usize,
): void {
  assert(pairs > 0 && columns > 0 && columns <= 8 && wo > 0);
  const oy = pixel / wo;
  const ox = pixel - oy * wo;
  const run = min(columns, wo - ox);
  const from = source + <usize>oy * pitch + ((<usize>ox) << 1);
  if (run == columns) {
    for (let i = 0; i < pairs; i++) {
      const k0 = v128.load(from + <usize>load<u32>(taps));
      const k1 = v128.load(from + <usize>load<u32>(taps, 4));
      v128.store(panel, i16x8.shuffle(k0, k1, 0, 8, 1, 9, 2, 10, 3, 11));
      v128.store(panel, i16x8.shuffle(k0, k1, 4, 12, 5, 13, 6, 14, 7, 15), 16);
      taps += 8;
      panel += 32;
    }
  } else if (run + wo >= columns) {
    // Two runs: load the second so that it lies where the first ends, and take each lane from its own.
    const next = source + <usize>(oy + 1) * pitch - ((<usize>run) << 1);
    const second = i16x8.ge_s(i16x8(0, 1, 2, 3, 4, 5, 6, 7), i16x8.splat(<i16>run));
    for (let i = 0; i < pairs; i++) {
      const t0 = <usize>load<u32>(taps);
      const t1 = <usize>load<u32>(taps, 4);
      const k0 = v128.bitselect(v128.load(next + t0), v128.load(from + t0), second);
      const k1 = v128.bitselect(v128.load(next + t1), v128.load(from + t1), second);
      v128.store(panel, i16x8.shuffle(k0, k1, 0, 8, 1, 9, 2, 10, 3, 11));
      v128.store(panel, i16x8.shuffle(k0, k1, 4, 12, 5, 13, 6, 14, 7, 15), 16);
      taps += 8;
      panel += 32;
    }
  } else {
    for (let lane = 0; lane < columns; lane++) {
      const y = (pixel + lane) / wo;
      const at = source + <usize>y * pitch + ((<usize>(pixel + lane - y * wo)) << 1);
      const to = panel + ((<usize>lane) << 2);
      for (let i = 0; i < pairs; i++) {
        const t = taps + ((<usize>i) << 3);
        store<i16>(to + ((<usize>i) << 5), load<i16>(at + <usize>load<u32>(t)));
        store<i16>(to + ((<usize>i) << 5), load<i16>(at + <usize>load<u32>(t, 4)), 2);
      }
    }
  }
}

/** The same for a 1x1 convolution without padding or stride: straight from the int8 planes, `plane` bytes each. */
export function qs8_pack_planes(
  x: usize,
  channels: i32,
  plane: usize,
  columns: i32,
  zeroX: i32,
  panel: usize,
): void {
  assert(channels > 0 && columns > 0 && columns <= 8);
  const zero = i16x8.splat(<i16>zeroX);
  let c = 0;
  for (; c + 2 <= channels; c += 2) {
    const k0 = i16x8.sub(load8(x, columns), zero);
    const k1 = i16x8.sub(load8(x + plane, columns), zero);
    v128.store(panel, i16x8.shuffle(k0, k1, 0, 8, 1, 9, 2, 10, 3, 11));
    v128.store(panel, i16x8.shuffle(k0, k1, 4, 12, 5, 13, 6, 14, 7, 15), 16);
    x += 2 * plane;
    panel += 32;
  }
  if (c < channels) {
    const k0 = i16x8.sub(load8(x, columns), zero);
    const k1 = i16x8.splat(0);
    v128.store(panel, i16x8.shuffle(k0, k1, 0, 8, 1, 9, 2, 10, 3, 11));
    v128.store(panel, i16x8.shuffle(k0, k1, 4, 12, 5, 13, 6, 14, 7, 15), 16);
  }
}
