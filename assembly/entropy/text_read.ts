// The header's text, decoded: the model of src/format/text.ts (contexts, counters, mixing: docs/format.md), integer for
// integer. JavaScript runs it some 40 ms in a fresh process, since an engine compiles a loop only after it has been slow for
// a while; a kernel is compiled before it is called.
//
//   scratch: u16 one[5 * 65536 + 256] | u8 seen[same] | i32 weights[256][6] | i16 squash[4097 + 3] | i16 stretch[4096] |
//            i16 rates[128] | i32 slots[6] | i32 odds[6] | u32 hashes[5] | u32 history[5] | u32 code, range, next, end
//
// A byte is a call of its own, so that an engine with two compilers can change over to the better code on the way.

const ORDERS: i32 = 5;
const COUNTERS: i32 = 6;
const TOTAL: usize = 5 * 65536 + 256;

const ONE: usize = 0;
const SEEN: usize = ONE + 2 * TOTAL;
const WEIGHTS: usize = SEEN + TOTAL;
const SQUASH: usize = WEIGHTS + 256 * 6 * 4;
const STRETCH: usize = SQUASH + 2 * 4100;
const RATES: usize = STRETCH + 2 * 4096;
const SLOTS: usize = RATES + 2 * 128;
const ODDS: usize = SLOTS + 4 * 6;
const HASHES: usize = ODDS + 4 * 6;
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
  assert((scratch & 3) == 0);
  start(scratch, code, codeLength);
  for (let i = 0; i < primerLength; i++) byte(scratch, load<u8>(primer + i), false);
  for (let i = 0; i < length; i++) store<u8>(text + i, byte(scratch, 0, true));
}

function start(s: usize, code: usize, codeLength: i32): void {
  for (let i: usize = 0; i < 2 * TOTAL; i += 4) store<u32>(s + ONE + i, 0x80008000);
  memory.fill(s + SEEN, 0, TOTAL);
  for (let i: usize = 0; i < 256 * 6; i++) store<i32>(s + WEIGHTS + 4 * i, 26214);
  memory.fill(s + SLOTS, 0, END + 4 - SLOTS);
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
  // floor(2^14 / (n + 1.5))
  for (let n: i32 = 0; n < 128; n++) store<i16>(s + RATES + 2 * n, 32768 / (2 * n + 3));
  store<u32>(s + NEXT, u32(code));
  store<u32>(s + END, u32(code) + codeLength);
  for (let i = 0; i < 4; i++) shift(s);
  store<u32>(s + RANGE, 0xffffffff);
}

/** Brings in the next byte of the code. */
function shift(s: usize): void {
  const next = load<u32>(s + NEXT);
  const incoming: u32 = next < load<u32>(s + END) ? load<u8>(usize(next)) : 0;
  if (next < load<u32>(s + END)) store<u32>(s + NEXT, next + 1);
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

/** One byte: read, or `value` learnt. */
function byte(s: usize, value: i32, reading: bool): i32 {
  let node: i32 = 1;
  for (let i = 7; i >= 0; i--) {
    const spread = node * 0x2f0b4c47;
    const weights = s + WEIGHTS + 4 * <usize>(node * COUNTERS);
    let sum: i64 = 0;
    for (let k: i32 = 0; k < COUNTERS; k++) {
      const at = (<usize>k) << 2;
      const slot =
        k == ORDERS
          ? ORDERS * 65536 + node
          : k * 65536 + i32(u32((load<i32>(s + HASHES + at) + spread) * 0x3d4d51cb) >> 16);
      // A counter that has seen nothing has no say.
      const own =
        load<u8>(s + SEEN + slot) == 0
          ? 0
          : i32(load<i16>(s + STRETCH + 2 * usize(load<u16>(s + ONE + 2 * usize(slot)) >> 4)));
      store<i32>(s + SLOTS + at, slot);
      store<i32>(s + ODDS + at, own);
      sum += i64(own) * i64(load<i32>(weights + at));
    }
    const odds = i32(max<i64>(-2048, min<i64>(2048, sum >> 16)));
    const p = i32(load<i16>(s + SQUASH + 2 * <usize>(odds + 2048)));
    const bit = reading ? decodeBit(s, (4096 - p) * 16) : (value >> i) & 1;

    const error = ((bit << 12) - p) * 6;
    const target = bit ? 65535 : 0;
    for (let k: i32 = 0; k < COUNTERS; k++) {
      const at = (<usize>k) << 2;
      const step = (load<i32>(s + ODDS + at) * error + 32768) >> 16;
      store<i32>(weights + at, load<i32>(weights + at) + step);
      const slot = usize(load<i32>(s + SLOTS + at));
      const n = i32(load<u8>(s + SEEN + slot));
      const one = i32(load<u16>(s + ONE + 2 * slot));
      store<u16>(s + ONE + 2 * slot, one + (((target - one) * load<i16>(s + RATES + 2 * <usize>n)) >> 14));
      if (n < 127) store<u8>(s + SEEN + slot, n + 1);
    }
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
