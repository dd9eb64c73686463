/** CRC-32C (Castagnoli), the checksum of iSCSI and ext4: RFC 3720, appendix B.4. */

/** The Castagnoli polynomial, bits reversed. */
const POLYNOMIAL = 0x82f63b78;
const TABLE_SIZE = 256;

function buildTable(): Uint32Array {
  const table = new Uint32Array(TABLE_SIZE);
  for (let index = 0; index < TABLE_SIZE; index++) {
    let value = index;
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? POLYNOMIAL : 0);
    table[index] = value >>> 0;
  }
  return table;
}

const TABLE = buildTable();

/**
 * The CRC-32C of `bytes[start, end)` as an unsigned 32-bit integer. Pass the result of an earlier
 * part as `seed` to go on with the next part. Finds every change of up to 32 neighbouring bits.
 */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length, seed = 0): number {
  let crc = ~seed;
  for (let index = start; index < end; index++) {
    crc = (crc >>> 8) ^ (TABLE[(crc ^ (bytes[index] ?? 0)) & 0xff] ?? 0);
  }
  return ~crc >>> 0;
}
