// The header's text, decoded: the model of src/format/text.ts (contexts, counters, mixing: docs/format.md), integer for
// integer. JavaScript runs it some 40 ms in a fresh process, since an engine compiles a loop only after it has been slow for
// a while; a kernel is compiled before it is called, though by the engine's quick compiler, which keeps little in registers:
// so six counters are looked at as two vectors, which is a fourth of the instructions.
//
//   scratch: u32 counters[5 * 65536 + 256] | i32 weights[256][8] | i16 squash[4097 + 3] | i16 stretch[4096] |
//            u32 hashes[5] | u32 history[5] | u32 code, range, next, end
//
// A counter is (probability of a 1 of 65536 ^ 0x8000) << 8 | bits seen: 0 is a new one, and log odds of 0, no say.
// A byte is a call of its own, so that an engine with two compilers can change over to the better code on the way.

const ORDERS: usize = 5;
const TOTAL: usize = ORDERS * 65536 + 256;

const WEIGHTS: usize = 4 * TOTAL;
const SQUASH: usize = WEIGHTS + 256 * 32;
const STRETCH: usize = SQUASH + 2 * 4100;
const HASHES: usize = STRETCH + 2 * 4096;
const HISTORY: usize = HASHES + 4 * 5;
const CODE: usize = HISTORY + 4 * 5;
const RANGE: usize = CODE + 4;
const NEXT: usize = RANGE + 4;
const END: usize = NEXT + 4;

/** 4096 / (1 + exp(-x)) for x = -8, -7.5 ... 8. */
const LOGISTIC: StaticArray<i16> = [
  1, 2, 4, 6, 10, 17, 27, 45, 74, 120, 194, 311, 488, 747, 1102, 1546, 2048, 2550, 2994, 3349, 3608, 3785,
  3902, 3976, 4022, 4051, 4069, 4079, 4086, 4090, 4092, 4094, 4095,
];

/** Bytes of scratch. */
export function text_read_scratch(): usize {
  return END + 4;
}

/** Learns `primer`, then reads `length` bytes of `text` from `code`; beyond its end, zeros are read. */
export function text_read(
  primer: usize,
  primerLength: i32,
  code: usize,
  codeLength: i32,
  text: usize,
  length: i32,
  scratch: usize,
): void {
  assert((scratch & 15) == 0);
  start(scratch, code, codeLength);
  for (let i = 0; i < primerLength; i++) byte(scratch, load<u8>(primer + i), false);
  for (let i = 0; i < length; i++) store<u8>(text + i, byte(scratch, 0, true));
}

function start(s: usize, code: usize, codeLength: i32): void {
  memory.fill(s, 0, WEIGHTS);
  for (let i: usize = 0; i < 256 * 32; i += 16) v128.store(s + WEIGHTS + i, i32x4.splat(26214));
  memory.fill(s + HASHES, 0, CODE + 4 - HASHES);
  let reached: i32 = 0;
  for (let x: i32 = 1; x <= 4095; x++) {
    const i = x >> 7;
    const part = x & 127;
    const low = i32(unchecked(LOGISTIC[i]));
    const high = i32(unchecked(LOGISTIC[i + 1]));
    const p = (low * (128 - part) + high * part + 64) >> 7;
    store<i16>(s + SQUASH + 2 * x, p);
    while (reached <= p) store<i16>(s + STRETCH + 2 * reached++, x - 2048);
  }
  store<i16>(s + SQUASH, load<i16>(s + SQUASH + 2));
  store<i16>(s + SQUASH + 2 * 4096, load<i16>(s + SQUASH + 2 * 4095));
  store<u32>(s + NEXT, u32(code));
  store<u32>(s + END, u32(code) + codeLength);
  for (let i = 0; i < 4; i++) shift(s);
  store<u32>(s + RANGE, 0xffffffff);
}

/** Brings in the next byte of the code. */
function shift(s: usize): void {
  const next = load<u32>(s + NEXT);
  const incoming: u32 = next < load<u32>(s + END) ? load<u8>(usize(next)) : 0;
  store<u32>(s + NEXT, next + 1);
  store<u32>(s + CODE, (load<u32>(s + CODE) << 8) | incoming);
}

/** A bit whose probability of being 0 is p of 65536. */
function decodeBit(s: usize, p: u32): i32 {
  let range = load<u32>(s + RANGE);
  const bound = (range >> 16) * p + (((range & 0xffff) * p) >> 16);
  const code = load<u32>(s + CODE);
  let bit: i32 = 0;
  if (code < bound) {
    range = bound;
  } else {
    store<u32>(s + CODE, code - bound);
    range -= bound;
    bit = 1;
  }
  while (range < 0x1000000) {
    shift(s);
    range <<= 8;
  }
  store<u32>(s + RANGE, range);
  return bit;
}

/** Byte offset into STRETCH of a counter's odds: 2 * (probability >> 4). */
function oddsOffset(counters: v128): v128 {
  const p = v128.xor(i32x4.shr_u(counters, 11), i32x4.splat(0x1000));
  return v128.and(p, i32x4.splat(0x1ffe));
}

/** The counters after a bit: target is 65535 for a 1, else 0. */
function learn(counters: v128, target: v128): v128 {
  const one = i32x4.shr_u(v128.xor(counters, i32x4.splat(0x800000)), 8);
  const seen = v128.and(counters, i32x4.splat(255));
  // floor(2^14 / (seen + 1.5)); no quotient is so near a whole number that rounding to f32 would cross it.
  const divisor = f32x4.convert_i32x4_u(i32x4.add(i32x4.add(seen, seen), i32x4.splat(3)));
  const rate = i32x4.trunc_sat_f32x4_u(f32x4.div(f32x4.splat(32768), divisor));
  const moved = i32x4.add(one, i32x4.shr_s(i32x4.mul(i32x4.sub(target, one), rate), 14));
  const times = i32x4.min_u(i32x4.add(seen, i32x4.splat(1)), i32x4.splat(127));
  return v128.or(i32x4.shl(v128.xor(moved, i32x4.splat(0x8000)), 8), times);
}

/** The weights after a bit: moved by odds * error, halves up. */
function weigh(weights: v128, odds: v128, error: v128): v128 {
  const step = i32x4.shr_s(i32x4.add(i32x4.mul(odds, error), i32x4.splat(32768)), 16);
  return i32x4.add(weights, step);
}

/** One byte: read, or `value` learnt. */
function byte(s: usize, value: i32, reading: bool): i32 {
  const hashes = v128.load(s + HASHES);
  const longest = load<i32>(s + HASHES + 16);
  const stretch = s + STRETCH;
  let node: i32 = 1;
  for (let i = 7; i >= 0; i--) {
    const spread = node * 0x2f0b4c47;
    const mixed = i32x4.mul(i32x4.add(hashes, i32x4.splat(spread)), i32x4.splat(0x3d4d51cb));
    const offsets = i32x4.add(i32x4.shl(i32x4.shr_u(mixed, 16), 2), i32x4(0, 1 << 18, 2 << 18, 3 << 18));
    const slot0 = s + usize(i32x4.extract_lane(offsets, 0));
    const slot1 = s + usize(i32x4.extract_lane(offsets, 1));
    const slot2 = s + usize(i32x4.extract_lane(offsets, 2));
    const slot3 = s + usize(i32x4.extract_lane(offsets, 3));
    const slot4 = s + (4 << 18) + (usize(u32((longest + spread) * 0x3d4d51cb) >> 16) << 2);
    const slot5 = s + (5 << 18) + ((<usize>node) << 2);
    let first = v128.load32_zero(slot0);
    first = v128.load_lane<i32>(slot1, first, 1);
    first = v128.load_lane<i32>(slot2, first, 2);
    first = v128.load_lane<i32>(slot3, first, 3);
    let second = v128.load32_zero(slot4);
    second = v128.load_lane<i32>(slot5, second, 1);

    let at = oddsOffset(first);
    let odds = i32x4(0, 0, 0, 0);
    odds = v128.load_lane<i16>(stretch + usize(i32x4.extract_lane(at, 0)), odds, 0);
    odds = v128.load_lane<i16>(stretch + usize(i32x4.extract_lane(at, 1)), odds, 1);
    odds = v128.load_lane<i16>(stretch + usize(i32x4.extract_lane(at, 2)), odds, 2);
    odds = v128.load_lane<i16>(stretch + usize(i32x4.extract_lane(at, 3)), odds, 3);
    at = oddsOffset(second);
    odds = v128.load_lane<i16>(stretch + usize(i32x4.extract_lane(at, 0)), odds, 4);
    odds = v128.load_lane<i16>(stretch + usize(i32x4.extract_lane(at, 1)), odds, 5);
    const odds0 = i32x4.extend_low_i16x8_s(odds);
    const odds1 = i32x4.extend_high_i16x8_s(odds);

    const weights = s + WEIGHTS + ((<usize>node) << 5);
    const weights0 = v128.load(weights);
    const weights1 = v128.load(weights, 16);
    const sums = i64x2.add(
      i64x2.add(i64x2.extmul_low_i32x4_s(odds0, weights0), i64x2.extmul_high_i32x4_s(odds0, weights0)),
      i64x2.extmul_low_i32x4_s(odds1, weights1),
    );
    const sum = i64x2.extract_lane(sums, 0) + i64x2.extract_lane(sums, 1);
    const x = i32(max<i64>(-2048, min<i64>(2048, sum >> 16)));
    const p = i32(load<i16>(s + SQUASH + 2 * <usize>(x + 2048)));
    const bit = reading ? decodeBit(s, (4096 - p) * 16) : (value >> i) & 1;

    const error = i32x4.splat(((bit << 12) - p) * 6);
    v128.store(weights, weigh(weights0, odds0, error));
    v128.store(weights, weigh(weights1, odds1, error), 16);
    const target = i32x4.splat(bit ? 65535 : 0);
    first = learn(first, target);
    v128.store_lane<i32>(slot0, first, 0);
    v128.store_lane<i32>(slot1, first, 1);
    v128.store_lane<i32>(slot2, first, 2);
    v128.store_lane<i32>(slot3, first, 3);
    second = learn(second, target);
    v128.store_lane<i32>(slot4, second, 0);
    v128.store_lane<i32>(slot5, second, 1);
    node = 2 * node + bit;
  }
  const last = node & 255;
  memory.copy(s + HISTORY + 4, s + HISTORY, 16);
  store<u32>(s + HISTORY, last);
  let hash: i32 = 0;
  for (let at: usize = 0; at < 20; at += 4) {
    hash = (hash + load<i32>(s + HISTORY + at) + 1) * 0x2c1b3c6d;
    store<i32>(s + HASHES + at, hash);
  }
  return last;
}
