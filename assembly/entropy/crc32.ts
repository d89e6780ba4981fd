// CRC-32 as in PNG and zip (reflected, polynomial 0xEDB88320), eight bytes a turn by eight tables (Kounavis and Berry 2005,
// "slicing-by-8"). As src/format/crc32.ts, which a fresh process runs some 7 ms over the 300 kB of a ResNet-8.

/** Bytes of scratch: u32 tables[8][256]; table t says what a byte does to the checksum of t more bytes. */
export function crc32_scratch(): usize {
  return 8 * 1024;
}

/** The checksum of `length` more bytes; `crc` is that of those before, 0 for none. */
export function crc32(crc: u32, bytes: usize, length: usize, tables: usize): u32 {
  crc = ~crc;
  const whole = bytes + (length & ~7);
  let at = bytes;
  for (; at < whole; at += 8) {
    const low = crc ^ load<u32>(at);
    const high = load<u32>(at, 4);
    crc =
      load<u32>(tables + ((<usize>(low & 255)) << 2), 7168) ^
      load<u32>(tables + ((<usize>((low >> 8) & 255)) << 2), 6144) ^
      load<u32>(tables + ((<usize>((low >> 16) & 255)) << 2), 5120) ^
      load<u32>(tables + ((<usize>(low >> 24)) << 2), 4096) ^
      load<u32>(tables + ((<usize>(high & 255)) << 2), 3072) ^
      load<u32>(tables + ((<usize>((high >> 8) & 255)) << 2), 2048) ^
      load<u32>(tables + ((<usize>((high >> 16) & 255)) << 2), 1024) ^
      load<u32>(tables + ((<usize>(high >> 24)) << 2));
  }
  for (; at < bytes + length; at++) {
    crc = load<u32>(tables + ((<usize>((crc ^ load<u8>(at)) & 255)) << 2)) ^ (crc >> 8);
  }
  return ~crc;
}

/** Fills the tables. */
export function crc32_tables(tables: usize): void {
  for (let i: u32 = 0; i < 256; i++) {
    let c = i;
    for (let bit = 0; bit < 8; bit++) c = c & 1 ? 0xedb88320 ^ (c >> 1) : c >> 1;
    store<u32>(tables + ((<usize>i) << 2), c);
  }
  for (let at = tables; at < tables + 7168; at += 4) {
    const c = load<u32>(at);
    store<u32>(at, (c >> 8) ^ load<u32>(tables + ((<usize>(c & 255)) << 2)), 1024);
  }
}
