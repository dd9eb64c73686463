import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UNDERLYING } from '../../../src/engine/chain/chain-layout.ts';
import { ChainPast } from '../../../src/engine/chain/chain-past.ts';
import { addMicros, type EpochMicros, price } from '../../../src/engine/domain/units.ts';
import { createRingBuffer } from '../../../src/engine/ring/ring-layout.ts';
import { RingWriter } from '../../../src/engine/ring/ring-writer.ts';
import { atMinute, BlackChain, listingOf, SESSION } from './black-chain.ts';

const start = atMinute(60).wall;

function wallAt(millis: number): EpochMicros {
  return addMicros(start, millis * 1_000);
}

/** A chain of a few strikes whose ring holds `capacity` records. */
class Rig {
  readonly chain: BlackChain;
  readonly past: ChainPast;

  constructor(capacity: number) {
    const ring = createRingBuffer(capacity);
    this.chain = new BlackChain(598, 602, new RingWriter(ring));
    this.past = new ChainPast(this.chain.buffer, ring);
  }

  /** Quotes one row, crossed so that no delta of another row moves, in a batch of its own. */
  quote(row: number, bid: number, millis: number): void {
    const at = { market: wallAt(millis), wall: wallAt(millis) };
    const quote = { bid: price(bid), ask: price(bid), bidSize: bid, askSize: 1 };
    this.chain.writer.setQuote(row, quote, at);
    this.chain.writer.endBatch(at);
  }
}

describe('the chain as it stood', () => {
  it('is each row at its last quote by then, whatever came later', () => {
    const { past, chain } = new Rig(1_024);
    const rig = { chain, past };
    for (const [row, bid, millis] of [
      [0, 100, 0],
      [1, 500, 5],
      [0, 101, 10],
      [UNDERLYING, 6_000_000, 12],
      [0, 102, 20],
      [UNDERLYING, 6_000_100, 30],
    ] as const) {
      const at = { market: wallAt(millis), wall: wallAt(millis) };
      const quote = { bid: price(bid), ask: price(bid), bidSize: bid, askSize: 1 };
      rig.chain.writer.setQuote(row, quote, at);
      rig.chain.writer.endBatch(at);
    }
    expect(past.midAt(0, wallAt(-1))).toBeUndefined();
    expect(past.midAt(0, wallAt(0))).toBe(100);
    expect(past.midAt(0, wallAt(9))).toBe(100);
    expect(past.midAt(0, wallAt(10))).toBe(101);
    expect(past.midAt(0, wallAt(25))).toBe(102);
    expect(past.midAt(1, wallAt(1_000))).toBe(500);
    expect(past.spotAt(wallAt(11))).toBeUndefined();
    expect(past.spotAt(wallAt(29))).toBe(6_000_000);
    expect(past.spotAt(wallAt(30))).toBe(6_000_100);
    expect(past.seek(0, wallAt(15))).toBe(true);
    expect([past.bid, past.ask, past.bidSize, past.askSize, past.since]).toEqual([
      101,
      101,
      101,
      1,
      wallAt(10),
    ]);
  });

  it('is unknown beyond what the ring holds, and says nothing then', () => {
    const rig = new Rig(16);
    for (let n = 0; n < 20; n += 1) rig.quote(0, 100 + n, n);
    expect(rig.past.midAt(0, wallAt(6))).toBe(106);
    expect(rig.past.seek(0, wallAt(3))).toBe(false);
    const { bid, ask, mid, bidSize, delta, since } = rig.past;
    expect([bid, ask, mid, bidSize, delta, since]).toEqual(Array(6).fill(undefined));
  });

  it('is still known for a row that was quiet while the ring went round', () => {
    const rig = new Rig(16);
    rig.quote(3, 777, 0);
    for (let n = 1; n < 50; n += 1) rig.quote(0, 100 + n, n);
    expect(rig.past.midAt(3, wallAt(40))).toBe(777);
    rig.quote(3, 778, 60);
    expect(rig.past.midAt(3, wallAt(60))).toBe(778);
    expect(rig.past.midAt(3, wallAt(40))).toBeUndefined();
  });

  it('tells the delta that stood', () => {
    const ring = createRingBuffer(4_096);
    const chain = new BlackChain(590, 610, new RingWriter(ring));
    const past = new ChainPast(chain.buffer, ring);
    chain.batch(atMinute(60));
    const row = 20;
    const before = chain.reader.view(row)?.greeks?.delta;
    chain.forward = 602;
    chain.batch(atMinute(61));
    expect(past.seek(row, atMinute(60).wall)).toBe(true);
    expect(past.delta).toBe(before);
    expect(chain.reader.view(row)?.greeks?.delta).not.toBe(before);
  });

  it('has a least and a most since a time, what stood then included', () => {
    const rig = new Rig(1_024);
    for (const [bid, millis] of [
      [100, 0],
      [300, 10],
      [200, 20],
      [250, 30],
    ] as const) {
      rig.quote(0, bid, millis);
    }
    expect(rig.past.rangeSince(0, wallAt(25))).toEqual({ low: 200, high: 250 });
    expect(rig.past.rangeSince(0, wallAt(10))).toEqual({ low: 200, high: 300 });
    expect(rig.past.rangeSince(0, wallAt(9))).toEqual({ low: 100, high: 300 });
    expect(rig.past.rangeSince(0, wallAt(-9))).toEqual({ low: 100, high: 300 });
    expect(rig.past.rangeSince(0, wallAt(99))).toEqual({ low: 250, high: 250 });
    expect(rig.past.rangeSince(1, wallAt(0))).toBeUndefined();
    expect(rig.past.rangeSince(-2, wallAt(0))).toBeUndefined();
  });

  it('is looked up by market time where that is asked for', () => {
    const ring = createRingBuffer(64);
    const chain = new BlackChain(598, 602, new RingWriter(ring));
    const past = new ChainPast(chain.buffer, ring, 'market');
    for (const [bid, millis] of [
      [100, 0],
      [101, 60_000],
    ] as const) {
      const at = { market: wallAt(millis), wall: wallAt(millis / 60) };
      const quote = { bid: price(bid), ask: price(bid), bidSize: 1, askSize: 1 };
      chain.writer.setQuote(0, quote, at);
      chain.writer.endBatch(at);
    }
    expect(past.midAt(0, wallAt(59_999))).toBe(100);
    expect([past.since, past.midAt(0, wallAt(60_000))]).toEqual([wallAt(0), 101]);
    expect(past.rangeSince(0, wallAt(30_000))).toEqual({ low: 100, high: 101 });
  });

  it('ends with the session: another day’s rows have no past', () => {
    const rig = new Rig(1_024);
    rig.quote(0, 100, 0);
    rig.quote(0, 101, 10);
    rig.chain.writer.openSession(listingOf(600, 601), SESSION, atMinute(62));
    expect(rig.past.midAt(0, wallAt(5))).toBeUndefined();
    rig.quote(0, 200, 200_000);
    expect(rig.past.midAt(0, wallAt(5))).toBeUndefined();
    expect(rig.past.midAt(0, wallAt(200_000))).toBe(200);
  });

  it('knows no row that is not there', () => {
    const rig = new Rig(1_024);
    rig.quote(0, 100, 0);
    for (const row of [-2, 0.5, 10, 5_000, Number.NaN]) {
      expect(rig.past.midAt(row, wallAt(50))).toBeUndefined();
    }
  });

  it('is what a full record of all quotes says, wherever it says anything', () => {
    const quote = fc.tuple(fc.integer({ min: -1, max: 5 }), fc.nat(40));
    fc.assert(
      fc.property(fc.array(quote, { maxLength: 120 }), fc.nat(1_500), (quotes, asked) => {
        const rig = new Rig(32);
        const history: { row: number; bid: number; millis: number }[] = [];
        let millis = 0;
        for (const [n, [row, pause]] of quotes.entries()) {
          millis += pause;
          rig.quote(row, 1_000 + n, millis);
          history.push({ row, bid: 1_000 + n, millis });
        }
        for (let row = -1; row <= 5; row += 1) {
          const own = history.filter((each) => each.row === row);
          const truth = own.findLast((each) => each.millis <= asked);
          const found = rig.past.midAt(row, wallAt(asked));
          if (found !== undefined) expect(found).toBe(truth?.bid);
          const isInWindow = truth !== undefined && history.indexOf(truth) > history.length - 32;
          if (isInWindow || (truth !== undefined && truth === own.at(-1))) {
            expect(found).toBe(truth.bid);
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});
