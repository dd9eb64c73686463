/** CRC-32C (Castagnoli), the checksum of iSCSI and ext4: RFC 3720, appendix B.4. */

/** The Castagnoli polynomial, bits reversed. */
const POLYNOMIAL = 0x82f63b78;
const TABLE_SIZE = 256;
/** Bytes taken in one step (Kounavis and Berry 2005, "slicing-by-8"): a restart checks every record. */
const SLICES = 8;

/** Row k: what a byte does to the checksum k further bytes later. */
function buildTables(): readonly Uint32Array[] {
  const first = new Uint32Array(TABLE_SIZE);
  for (let index = 0; index < TABLE_SIZE; index++) {
    let value = index;
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? POLYNOMIAL : 0);
    first[index] = value >>> 0;
  }
  const tables = [first];
  while (tables.length < SLICES) {
    const before = tables[tables.length - 1] ?? first;
    tables.push(before.map((value) => ((first[value & 0xff] ?? 0) ^ (value >>> 8)) >>> 0));
  }
  return tables;
}

const TABLES = buildTables();
/** All rows in one array, row k from k x 256 on: one bound to check instead of two. */
const TABLE = new Uint32Array(SLICES * TABLE_SIZE);
for (const [row, table] of TABLES.entries()) TABLE.set(table, row * TABLE_SIZE);

/** What a word whose last byte is followed by `later` others does to the checksum. */
function fold(value: number, later: number): number {
  const row = later * TABLE_SIZE;
  return (
    (TABLE[row + 3 * TABLE_SIZE + (value & 0xff)] ?? 0) ^
    (TABLE[row + 2 * TABLE_SIZE + ((value >>> 8) & 0xff)] ?? 0) ^
    (TABLE[row + TABLE_SIZE + ((value >>> 16) & 0xff)] ?? 0) ^
    (TABLE[row + (value >>> 24)] ?? 0)
  );
}

/**
 * The CRC-32C of `bytes[start, end)` as an unsigned 32-bit integer. Pass the result of an earlier
 * part as `seed` to go on with the next part. Finds every change of up to 32 neighbouring bits.
 */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length, seed = 0): number {
  const rest = end - ((end - start) % SLICES);
  let crc = ~seed;
  if (rest > start) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let at = start; at < rest; at += SLICES) {
      crc = fold(crc ^ view.getInt32(at, true), 4) ^ fold(view.getInt32(at + 4, true), 0);
    }
  }
  for (let at = rest; at < end; at++) {
    crc = (crc >>> 8) ^ (TABLE[(crc ^ (bytes[at] ?? 0)) & 0xff] ?? 0);
  }
  return ~crc >>> 0;
}
