/**
 * int8 linear layer of one sample: y[o] = requantize(bias[o] + sum over i of (x[i] - zeroX) * weight[o][i]).
 *
 * Bound by reading the weights (i8 panels of 8 outputs, qs8_linear), so each is read once, widened in the load, and meets a
 * pair of inputs splat to all lanes; 16 outputs at a time share the splat. `pairsX`: scratch, i16 [pairs][2].
 *
 * x i8 [inputs], y i8 [outputs].
 *
 * Preconditions: inputs and outputs are at least 1; y does not overlap x.
 */
import { requantize, store8 } from './requantize';

export function qs8_gemv(
  x: usize,
  inputs: i32,
  zeroX: i32,
  weight: usize,
  outputs: i32,
  y: usize,
  table: usize,
  range: usize,
  pairsX: usize,
): void {
  assert(x + <usize>inputs <= y || y + <usize>outputs <= x);
  assert(inputs > 0 && outputs > 0);
  const pairs = (inputs + 1) >> 1;
  widen(x, inputs, zeroX, pairsX);
  const bytes = (<usize>pairs) << 4;
  let o = 0;
  for (; o + 8 < outputs; o += 16) {
    let c0 = v128.load(table);
    let c1 = v128.load(table, 16);
    let c2 = v128.load(table, 64);
    let c3 = v128.load(table, 80);
    let w0 = weight;
    let w1 = weight + bytes;
    let p = pairsX;
    for (let i = 0; i < pairs; i++) {
      const a = v128.load_splat<i32>(p);
      c0 = i32x4.add(c0, i32x4.dot_i16x8_s(a, v128.load_ext<i8>(w0)));
      c1 = i32x4.add(c1, i32x4.dot_i16x8_s(a, v128.load_ext<i8>(w0, 8)));
      c2 = i32x4.add(c2, i32x4.dot_i16x8_s(a, v128.load_ext<i8>(w1)));
      c3 = i32x4.add(c3, i32x4.dot_i16x8_s(a, v128.load_ext<i8>(w1, 8)));
      p += 4;
      w0 += 16;
      w1 += 16;
    }
    store8(y + <usize>o, 8, requantize(c0, table + 32, range), requantize(c1, table + 48, range), range);
    store8(
      y + <usize>(o + 8),
      min(8, outputs - o - 8),
      requantize(c2, table + 96, range),
      requantize(c3, table + 112, range),
      range,
    );
    weight += 2 * bytes;
    table += 128;
  }
  if (o < outputs) {
    let c0 = v128.load(table);
    let c1 = v128.load(table, 16);
    let p = pairsX;
    for (let i = 0; i < pairs; i++) {
      const a = v128.load_splat<i32>(p);
      c0 = i32x4.add(c0, i32x4.dot_i16x8_s(a, v128.load_ext<i8>(weight)));
      c1 = i32x4.add(c1, i32x4.dot_i16x8_s(a, v128.load_ext<i8>(weight, 8)));
      p += 4;
      weight += 16;
    }
    store8(
      y + <usize>o,
      outputs - o,
      requantize(c0, table + 32, range),
      requantize(c1, table + 48, range),
      range,
    );
  }
}

/** y[i] (i16) = x[i] (i8) - zeroX, and a 0 behind an odd number. */
function widen(x: usize, size: i32, zeroX: i32, y: usize): void {
  const zero = i16x8.splat(<i16>zeroX);
  let i = 0;
  for (; i + 8 <= size; i += 8) {
    v128.store(y + ((<usize>i) << 1), i16x8.sub(v128.load_ext<i8>(x + <usize>i), zero));
  }
  for (; i < size; i++) store<i16>(y + ((<usize>i) << 1), <i16>(<i32>load<i8>(x + <usize>i) - zeroX));
  if (size & 1) store<i16>(y + ((<usize>size) << 1), 0);
}
