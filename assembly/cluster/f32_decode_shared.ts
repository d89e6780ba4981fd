/**
 * Shared weights written out, a few rows at a time, from indices of 4 or 8 bits: what a product then packs as usual. to[i] = codebook[index i].
 *
 *   8 bits  one index a byte
 *   4 bits  two a byte, the even one in the low half
 *
 * 4 bits take no load a weight. The codebook's 16 floats become four vectors, vector b with byte b of each float, and a
 * swizzle looks up 16 bytes at once:
 *
 *   16 indices -> byte 0 of 16 weights, byte 1, byte 2, byte 3 -> interleaved, four vectors of four weights
 *
 * Preconditions: every index is below the codebook's length; `to` overlaps neither codebook nor indices.
 */

/**
 * @param bits 4 or 8
 * @param codebook f32 [16] for 4 bits, whatever of it is used; at most 256 for 8
 * @param indices the byte of the first index, which is in its low half
 * @param to f32 [count]
 */
export function f32_decode_shared(count: i32, bits: i32, codebook: usize, indices: usize, to: usize): void {
  assert(bits == 4 || bits == 8);
  const bytes = <usize>(bits == 4 ? (count + 1) >> 1 : count);
  assert(indices + bytes <= to || to + ((<usize>count) << 2) <= indices);
  const end = to + ((<usize>count) << 2);
  if (bits == 8) {
    for (; to < end; to += 4) {
      store<f32>(to, load<f32>(codebook + ((<usize>load<u8>(indices)) << 2)));
      indices++;
    }
    return;
  }
  const t0 = v128.load(codebook);
  const t1 = v128.load(codebook, 16);
  const t2 = v128.load(codebook, 32);
  const t3 = v128.load(codebook, 48);
  // Bytes 0 and 1, then 2 and 3, of eight floats each.
  const a01 = v128.shuffle<i8>(t0, t1, 0, 4, 8, 12, 16, 20, 24, 28, 1, 5, 9, 13, 17, 21, 25, 29);
  const b01 = v128.shuffle<i8>(t2, t3, 0, 4, 8, 12, 16, 20, 24, 28, 1, 5, 9, 13, 17, 21, 25, 29);
  const a23 = v128.shuffle<i8>(t0, t1, 2, 6, 10, 14, 18, 22, 26, 30, 3, 7, 11, 15, 19, 23, 27, 31);
  const b23 = v128.shuffle<i8>(t2, t3, 2, 6, 10, 14, 18, 22, 26, 30, 3, 7, 11, 15, 19, 23, 27, 31);
  const plane0 = v128.shuffle<i64>(a01, b01, 0, 2);
  const plane1 = v128.shuffle<i64>(a01, b01, 1, 3);
  const plane2 = v128.shuffle<i64>(a23, b23, 0, 2);
  const plane3 = v128.shuffle<i64>(a23, b23, 1, 3);
  const half = i8x16.splat(15);
  for (; to + 64 <= end; to += 64) {
    const pairs = v128.load_zero<u64>(indices);
    const index = low(v128.and(pairs, half), v128.and(i16x8.shr_u(pairs, 4), half));
    const b0 = i8x16.swizzle(plane0, index);
    const b1 = i8x16.swizzle(plane1, index);
    const b2 = i8x16.swizzle(plane2, index);
    const b3 = i8x16.swizzle(plane3, index);
    const l01 = low(b0, b1);
    const l23 = low(b2, b3);
    const h01 = high(b0, b1);
    const h23 = high(b2, b3);
    v128.store(to, v128.shuffle<i16>(l01, l23, 0, 8, 1, 9, 2, 10, 3, 11));
    v128.store(to, v128.shuffle<i16>(l01, l23, 4, 12, 5, 13, 6, 14, 7, 15), 16);
    v128.store(to, v128.shuffle<i16>(h01, h23, 0, 8, 1, 9, 2, 10, 3, 11), 32);
    v128.store(to, v128.shuffle<i16>(h01, h23, 4, 12, 5, 13, 6, 14, 7, 15), 48);
    indices += 8;
  }
  for (let odd = false; to < end; to += 4) {
    const pair = <usize>load<u8>(indices);
    store<f32>(to, load<f32>(codebook + ((odd ? pair >> 4 : pair & 15) << 2)));
    if (odd) indices++;
    odd = !odd;
  }
}

/** Bytes 0 to 7 of both, in turn. */
function low(a: v128, b: v128): v128 {
  return v128.shuffle<i8>(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

/** Bytes 8 to 15 of both, in turn. */
function high(a: v128, b: v128): v128 {
  return v128.shuffle<i8>(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}
