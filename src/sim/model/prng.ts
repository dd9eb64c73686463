/**
 * Seeded randomness. Every stream is named by its parts (seed, session date, purpose), so that
 * adding a draw to one part of the model never moves another, and the same names always give the
 * same numbers.
 */

const TWO_POW_32 = 4_294_967_296;

/** One stream of the sfc32 generator (Chris Doty-Humphrey, PractRand). One owner. */
export class RandomStream {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;
  #spareNormal: number | undefined;

  constructor(...names: readonly (string | number)[]) {
    const text = names.join('|');
    this.#a = hashText(text, 0x9e3779b9);
    this.#b = hashText(text, 0x243f6a88);
    this.#c = hashText(text, 0xb7e15162);
    for (let warmUp = 0; warmUp < 15; warmUp += 1) this.uint32();
  }

  /** A whole number from 0 to 2^32 - 1. */
  uint32(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    this.#c |= 0;
    return sum >>> 0;
  }

  /** A number in [0, 1). */
  uniform(): number {
    return this.uint32() / TWO_POW_32;
  }

  /** A number in [low, high). */
  between(low: number, high: number): number {
    return low + (high - low) * this.uniform();
  }

  /** A whole number from `low` to `high`, both included. */
  wholeBetween(low: number, high: number): number {
    return low + Math.floor(this.uniform() * (high - low + 1));
  }

  /** A standard normal number (Box and Muller 1958). */
  normal(): number {
    const spare = this.#spareNormal;
    if (spare !== undefined) {
      this.#spareNormal = undefined;
      return spare;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.#spareNormal = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }
}

/** Hashes a text to 32 bits (the murmur3 finisher over FNV-style rounds). */
export function hashText(text: string, salt: number): number {
  let hash = salt | 0;
  for (let i = 0; i < text.length; i += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    hash ^= hash >>> 15;
  }
  return finish(hash);
}

function finish(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** A number in [0, 1) that depends on nothing but its arguments: randomness that can be asked for
 * at any moment, in any order. */
export function hashUniform(salt: number, a: number, b: number): number {
  const mixed = Math.imul(a ^ 0x27d4eb2f, 0x165667b1) ^ Math.imul(b + 0x3c6ef372, 0x9e3779b1);
  return finish(finish(salt ^ mixed) + b) / TWO_POW_32;
}
