// The binary range decoder (docs/format.md) and its adaptive counters, as the decoders of symbols and positions share them.
// Scratch: u32 code, range, next, end | i32 rates[255] | u16 zero[contexts] | u8 seen[contexts].

const CODE: usize = 0;
const RANGE: usize = 4;
const NEXT: usize = 8;
const END: usize = 12;
const RATES: usize = 16;
const COUNTERS: usize = RATES + 4 * 255 + 4;

/** Bytes that a decoder with so many contexts takes. */
export function coderBytes(contexts: usize): usize {
  return COUNTERS + 3 * contexts + 8;
}

/** Before the first bit; beyond the code's end, zeros are read. */
export function startCoder(s: usize, code: usize, codeLength: i32, contexts: usize): void {
  // floor(2^14 / (n + 1.5))
  for (let n: i32 = 0; n < 255; n++) store<i32>(s + RATES + ((<usize>n) << 2), 32768 / (2 * n + 3));
  for (let i: usize = 0; i < contexts; i++) store<u16>(s + COUNTERS + (i << 1), 32768);
  memory.fill(s + COUNTERS + 2 * contexts, 0, contexts);
  store<u32>(s + NEXT, u32(code));
  store<u32>(s + END, u32(code) + codeLength);
  store<u32>(s + CODE, 0);
  for (let i = 0; i < 4; i++) shift(s);
  store<u32>(s + RANGE, 0xffffffff);
}

/** Brings in the next byte of the code. */
function shift(s: usize): void {
  const next = load<u32>(s + NEXT);
  let incoming: u32 = 0;
  if (next < load<u32>(s + END)) {
    incoming = load<u8>(usize(next));
    store<u32>(s + NEXT, next + 1);
  }
  store<u32>(s + CODE, (load<u32>(s + CODE) << 8) | incoming);
}

/** A bit whose probability of being 0 is counter number `context`, which learns it. */
export function adaptiveBit(s: usize, contexts: usize, context: usize): i32 {
  const zero = s + COUNTERS + (context << 1);
  const seen = s + COUNTERS + 2 * contexts + context;
  const p = u32(load<u16>(zero));
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
  const n = i32(load<u8>(seen));
  const target: i32 = bit ? 0 : 65536;
  const moved = i32(p) + (((target - i32(p)) * load<i32>(s + RATES + ((<usize>n) << 2))) >> 14);
  store<u16>(zero, max(16, min(65520, moved)));
  if (n < 254) store<u8>(seen, n + 1);
  return bit;
}
