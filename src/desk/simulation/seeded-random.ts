/** Chance for simulated sessions: a seed and nothing else decides every draw. */

import { assert } from '../../engine/domain/assert.ts';

const TWO_TO_32 = 2 ** 32;
const GOLDEN = 0x9e_37_79_b9;
const WARM_UP_DRAWS = 12;

/** The generator sfc32 (Chris Doty-Humphrey, PractRand). One user, one order of draws. */
export class SeededRandom {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** `stream` tells generators of one seed apart. */
  constructor(seed: number, stream: number) {
    this.#a = (seed >>> 0) ^ GOLDEN;
    this.#b = Math.floor(seed / TWO_TO_32) | 0;
    this.#c = Math.imul(stream + 1, GOLDEN);
    for (let i = 0; i < WARM_UP_DRAWS; i += 1) this.#draw();
  }

  #draw(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (this.#c << 21) | (this.#c >>> 11);
    this.#c = (this.#c + sum) | 0;
    return sum >>> 0;
  }

  /** In [0, 1). */
  next(): number {
    return this.#draw() / TWO_TO_32;
  }

  /** A whole number from `least` to `most`, both included. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  /** In [least, most). */
  between(least: number, most: number): number {
    return least + this.next() * (most - least);
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(choices: readonly T[]): T {
    const choice = choices[Math.floor(this.next() * choices.length)];
    assert(choice !== undefined, 'there is something to pick from');
    return choice;
  }

  /** Picks a name by weights. */
  weighted<T extends string>(weights: Readonly<Record<T, number>>): T {
    const names = Object.keys(weights).filter((name): name is T => name in weights);
    const total = names.reduce((sum, name) => sum + weights[name], 0);
    let left = this.next() * total;
    for (const name of names) {
      left -= weights[name];
      if (left < 0) return name;
    }
    return this.pick(names);
  }

  /** Standard normal (Box and Muller 1958). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.next()));
    return radius * Math.cos(2 * Math.PI * this.next());
  }

  /** Lower-case hexadecimal digits. */
  hex(digits: number): string {
    let text = '';
    while (text.length < digits) text += this.#draw().toString(16).padStart(8, '0');
    return text.slice(0, digits);
  }
}

/** Each part of the session has a stream of chance of its own. */
const STREAM = {
  market: 1,
  faults: 2,
  trader: 3,
  journal: 4,
  config: 5,
  session: 6,
  broker: 7,
  exits: 8,
  hand: 9,
  elsewhere: 10,
  sheet: 11,
  alerts: 12,
  adopting: 13,
  raises: 14,
  rules: 15,
  transfers: 16,
  moves: 17,
  tight: 42,
} as const;
export type StreamName = keyof typeof STREAM;

export function streamOf(seed: number, name: StreamName): SeededRandom {
  return new SeededRandom(seed, STREAM[name]);
}
