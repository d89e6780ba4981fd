/**
 * im2col, straight into a panel of the right operand: kc taps of 8 pixels, k-major. The image was padded before, so a
 * value is at image + tap offset + pixel offset (see window.ts).
 *
 *   k=0: tap0 of pixels 0-7 | k=1: tap1 of pixels 0-7 | ...
 *
 * Four neighbouring pixels of a row are one load at stride 1 and two loads and a shuffle at stride 2; pixels that lie
 * otherwise (a row ends between them, larger strides) are gathered one by one.
 *
 * Preconditions: kc is at least 1; the tables' offsets lie in the image.
 */

/**
 * @param taps table of kc tap offsets
 * @param pixels table of 8 pixel offsets
 * @param to kc * 32 bytes
 */
export function f32_pack_pixels(kc: i32, image: usize, taps: usize, pixels: usize, to: usize): void {
  assert(kc > 0);
  const end = taps + ((<usize>kc) << 2);
  const left = spacing(pixels);
  const right = spacing(pixels + 16);
  if (left == 4 && right == 4) {
    const p = image + load<i32>(pixels);
    const q = image + load<i32>(pixels, 16);
    for (; taps < end; taps += 4) {
      const tap = <usize>load<i32>(taps);
      v128.store(to, v128.load(p + tap));
      v128.store(to, v128.load(q + tap), 16);
      to += 32;
    }
  } else if (left == 8 && right == 8) {
    const p = image + load<i32>(pixels);
    const q = image + load<i32>(pixels, 16);
    for (; taps < end; taps += 4) {
      // Floats 0..3 and 3..6: all that the window owns, nothing beyond it.
      const tap = <usize>load<i32>(taps);
      const a = p + tap;
      const b = q + tap;
      v128.store(to, v128.shuffle<f32>(v128.load(a), v128.load(a, 12), 0, 2, 5, 7));
      v128.store(to, v128.shuffle<f32>(v128.load(b), v128.load(b, 12), 0, 2, 5, 7), 16);
      to += 32;
    }
  } else {
    half(left, end, image, taps, pixels, to);
    half(right, end, image, taps, pixels + 16, to + 16);
  }
}

/** Bytes from each of four pixels to the next, 0 if they differ. */
export function spacing(pixels: usize): i32 {
  const o0 = load<i32>(pixels);
  const o1 = load<i32>(pixels, 4);
  const o2 = load<i32>(pixels, 8);
  const o3 = load<i32>(pixels, 12);
  const d = o1 - o0;
  return o2 - o1 == d && o3 - o2 == d ? d : 0;
}

/** Four columns of a panel. */
function half(space: i32, end: usize, image: usize, taps: usize, pixels: usize, to: usize): void {
  const p0 = image + load<i32>(pixels);
  if (space == 4) {
    for (; taps < end; taps += 4) {
      v128.store(to, v128.load(p0 + load<i32>(taps)));
      to += 32;
    }
  } else if (space == 8) {
    for (; taps < end; taps += 4) {
      // Floats 0..3 and 3..6: all that the window owns, nothing beyond it.
      const p = p0 + load<i32>(taps);
      v128.store(to, v128.shuffle<f32>(v128.load(p), v128.load(p, 12), 0, 2, 5, 7));
      to += 32;
    }
  } else {
    const p1 = image + load<i32>(pixels, 4);
    const p2 = image + load<i32>(pixels, 8);
    const p3 = image + load<i32>(pixels, 12);
    for (; taps < end; taps += 4) {
      const tap = load<i32>(taps);
      store<f32>(to, load<f32>(p0 + tap));
      store<f32>(to, load<f32>(p1 + tap), 4);
      store<f32>(to, load<f32>(p2 + tap), 8);
      store<f32>(to, load<f32>(p3 + tap), 12);
      to += 32;
    }
  }
}
