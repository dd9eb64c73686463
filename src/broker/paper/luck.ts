/**
 * The paper broker's chance. Draws have names instead of an order: the same seed and name give the
 * same number, whatever else was drawn before, in this run or after a restart. So there is no
 * generator state to keep.
 */

const FNV_OFFSET = 0x81_1c_9d_c5;
const FNV_PRIME = 0x01_00_01_93;
const TWO_TO_32 = 2 ** 32;

/** MurmurHash3's finalizer: spreads every bit of the input over the output. */
function spread(hash: number): number {
  const first = Math.imul(hash ^ (hash >>> 16), 0x85_eb_ca_6b);
  const second = Math.imul(first ^ (first >>> 13), 0xc2_b2_ae_35);
  return (second ^ (second >>> 16)) >>> 0;
}

/** FNV-1a over the text, from a start value. */
function hashText(start: number, text: string): number {
  let hash = start;
  for (let i = 0; i < text.length; i += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(i), FNV_PRIME);
  }
  return hash;
}

/** A number in [0, 1) for a name and a whole number, even over all of them. */
export function draw(seed: number, name: string, n: number): number {
  const named = hashText(spread(seed ^ FNV_OFFSET), name);
  const low = spread(named ^ ((n % TWO_TO_32) | 0));
  return spread(low ^ Math.floor(n / TWO_TO_32)) / TWO_TO_32;
}
