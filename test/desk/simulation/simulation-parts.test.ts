import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leastPayoffCents } from '../../../src/desk/simulation/expiry-payoff.ts';
import { HEALTHY_FEED } from '../../../src/desk/simulation/feed-model.ts';
import { JournalModel } from '../../../src/desk/simulation/journal-model.ts';
import { SeededRandom } from '../../../src/desk/simulation/seeded-random.ts';
import { FAULT_KINDS, planFaults } from '../../../src/desk/simulation/session-faults.ts';
import { SkewedClock } from '../../../src/desk/simulation/skewed-clock.ts';
import { type QuoteFaults, VirtualMarket } from '../../../src/desk/simulation/virtual-market.ts';
import { WireFeed } from '../../../src/desk/simulation/wire-feed.ts';
import type { AuditRecord } from '../../../src/engine/domain/audit-record.ts';
import { type Instrument, occSymbol } from '../../../src/engine/domain/instrument.ts';
import {
  addMicros,
  MICROS_PER_MINUTE,
  priceFromDollars,
} from '../../../src/engine/domain/units.ts';
import { buildSession } from '../../support/chain-builder.ts';

const session = buildSession();
const CALM: QuoteFaults = HEALTHY_FEED;

function record(seq: number): AuditRecord {
  const at = { market: session.open, wall: session.open };
  return {
    version: 1,
    seq,
    session: session.date,
    at,
    body: { kind: 'orderSent', intentId: `${seq}` },
  };
}

describe('chance in a simulation', () => {
  it('is the seed and nothing else, and a stream of its own for each part', () => {
    const draws = (seed: number, stream: number) => {
      const random = new SeededRandom(seed, stream);
      return Array.from({ length: 50 }, () => random.next());
    };
    expect(draws(1, 1)).toEqual(draws(1, 1));
    expect(draws(1, 1)).not.toEqual(draws(1, 2));
    expect(draws(1, 1)).not.toEqual(draws(2, 1));
  });

  it('is even, whatever the seed', () => {
    const firsts = Array.from({ length: 4_000 }, (_, seed) => new SeededRandom(seed, 6).next());
    for (const edge of [0.1, 0.5, 0.9]) {
      const share = firsts.filter((draw) => draw < edge).length / firsts.length;
      expect(Math.abs(share - edge)).toBeLessThan(0.03);
    }
  });

  it('stays inside what it was asked for', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: -9, max: 9 }), fc.nat(20), (seed, least, more) => {
        const drawn = new SeededRandom(seed, 0).whole(least, least + more);
        expect(drawn).toBeGreaterThanOrEqual(least);
        expect(drawn).toBeLessThanOrEqual(least + more);
      }),
    );
  });

  it('plans at least three kinds of fault inside the session', () => {
    for (let seed = 0; seed < 200; seed += 1) {
      const plan = planFaults(new SeededRandom(seed, 2), session);
      expect(new Set(plan.map(({ kind }) => kind)).size).toBeGreaterThanOrEqual(3);
      expect(plan.every(({ kind }) => FAULT_KINDS.includes(kind))).toBe(true);
      expect(plan.every(({ from }) => from > session.open && from < session.lastTrade)).toBe(true);
    }
  });
});

describe('the market of a simulation', () => {
  const market = () =>
    new VirtualMarket(
      new SeededRandom(4, 1),
      { spot: 600, impliedVol: 0.18, realizedMultiple: 1, reach: 16 },
      session,
    );

  it('quotes bids below asks on the penny grid, deep in the money too', () => {
    const quotes = market().optionQuotes(CALM, true);
    expect(quotes).toHaveLength(66);
    for (const { bid, ask } of quotes) {
      expect(ask).toBeDefined();
      expect((bid ?? 0) < (ask ?? 0)).toBe(true);
      expect([(bid ?? 0) % 100, (ask ?? 0) % 100]).toEqual([0, 0]);
    }
  });

  it('crosses some quotes and takes sides from others only while it is told to', () => {
    const crossed = market().optionQuotes({ ...CALM, crossed: true }, true);
    const oneSided = market().optionQuotes({ ...CALM, oneSided: true }, true);
    expect(crossed.some(({ bid = 0, ask = 0 }) => bid > ask)).toBe(true);
    expect(oneSided.some(({ ask }) => ask === undefined)).toBe(true);
  });

  it('writes numbers that are no price into frames, of which the decoder keeps nothing', () => {
    const odd = market().optionQuotes({ ...CALM, odd: true }, true);
    const at = { market: session.open, wall: session.open };
    const heard = new WireFeed(market().listing).carry(odd, at);
    const written = odd.map((quote) => quote.odd).filter((dollars) => dollars !== undefined);
    expect(new Set(written)).toEqual(new Set([Number.NaN, 1 / 0, -1 / 0, -0.05, 1e12]));
    expect(heard).toHaveLength(odd.length);
    for (const [row, input] of heard.entries()) {
      const { odd: dollars, bid, ask } = odd[row] ?? {};
      const sides = dollars === undefined ? { bid, ask } : { bid: undefined, ask: undefined };
      expect(input).toMatchObject({ kind: 'quote', index: row, ...sides });
    }
  });

  it('shows some rows at a multiple of their worth while it is told to, and each for one round', () => {
    const jumpy = market();
    const mids = (jumped: boolean): readonly number[] =>
      jumpy.optionQuotes({ ...CALM, jumped }, true).map(({ bid = 0, ask = 0 }) => bid + ask);
    const [calm, wild, after] = [mids(false), mids(true), mids(false)];
    expect(wild.some((mid, row) => mid > 1.4 * (calm[row] ?? 0) + 400)).toBe(true);
    expect(after).toEqual(calm);
  });

  it('takes the bid from longs that are held, and from nothing else, while it is told to', () => {
    const quotes = market().optionQuotes(CALM, true);
    const sold = quotes.findIndex(({ bid }) => (bid ?? 0) > 5_000);
    const symbols = market().listing.contracts.map(occSymbol);
    const held = new Map(symbols.map((symbol, row) => [symbol, row === sold ? -1 : 1]));
    const bare = market().optionQuotes({ ...CALM, bare: true }, true, held);
    const struck = bare.filter(
      ({ bid }, row) => bid === undefined && quotes[row]?.bid !== undefined,
    );
    expect(struck.length).toBeGreaterThan(10);
    expect(struck.every(({ ask = 0 }) => ask >= 600)).toBe(true);
    expect(bare[sold]?.bid).toBe(quotes[sold]?.bid);
    const without = market().optionQuotes({ ...CALM, bare: true }, true);
    expect(without.map(({ bid }) => bid)).toEqual(quotes.map(({ bid }) => bid));
  });

  it('quotes what is held wide and narrow by turns while it is told to', () => {
    const flickering = market();
    const [symbol = ''] = flickering.listing.contracts.map(occSymbol);
    const widths = Array.from({ length: 300 }, () => {
      const held = new Map([[symbol, -1]]);
      const [quote] = flickering.optionQuotes({ ...CALM, flicker: true }, true, held);
      return (quote?.ask ?? 0) - (quote?.bid ?? 0);
    });
    const narrow = Math.min(...widths);
    const turns = widths.filter((width, i) => width > narrow !== (widths[i - 1] ?? 0) > narrow);
    expect(Math.max(...widths)).toBeGreaterThan(narrow + 1_200);
    expect(turns.length).toBeGreaterThan(8);
  });

  it('is drawn to a short that is held, and a little beyond', () => {
    const drawn = market();
    const held = new Map([['SPY   261120C00604000', -2]]);
    for (let minute = 1; minute <= 240; minute += 1) {
      drawn.advance(addMicros(session.open, minute * MICROS_PER_MINUTE), held);
    }
    expect(Math.abs(drawn.spotDollars - 605)).toBeLessThan(2.5);
  });

  it('makes one bar a minute whose close is the next one’s neighbour', () => {
    const day = market();
    for (let second = 0; second <= 600; second += 20) {
      day.advance(addMicros(session.open, (second / 60) * MICROS_PER_MINUTE));
    }
    expect(day.history).toHaveLength(10);
    for (const { low, high, open, close } of day.history) {
      expect(low <= Math.min(open, close) && high >= Math.max(open, close)).toBe(true);
    }
  });
});

describe('the journal of a simulation', () => {
  it('is durable when it says so and not before', () => {
    const journal = new JournalModel(new SeededRandom(1, 4));
    const [answer] = journal.append([record(1)], false, session.open);
    if (answer?.kind !== 'durable') throw new Error('a healthy journal answers');
    expect(journal.isDurable(1, addMicros(answer.due, -1))).toBe(false);
    expect(journal.isDurable(1, answer.due)).toBe(true);
  });

  it('keeps all that was durable through a crash, and of the rest a beginning', () => {
    for (let seed = 0; seed < 40; seed += 1) {
      const journal = new JournalModel(new SeededRandom(seed, 4));
      const [first] = journal.append([record(1)], false, session.open);
      const due = first?.due ?? session.open;
      journal.append([record(2), record(3)], false, due);
      const kept = journal.crash(due).map(({ seq }) => seq);
      expect([[1], [1, 2], [1, 2, 3]]).toContainEqual(kept);
    }
  });

  it('takes nothing but urgent records once its disk has failed, and not those when full', () => {
    const journal = new JournalModel(new SeededRandom(1, 4));
    journal.disk = { ...journal.disk, failed: true };
    const [plain] = journal.append([record(1)], false, session.open);
    const [urgent] = journal.append([record(2)], true, session.open);
    expect([plain?.kind, urgent?.kind]).toEqual(['failed', 'durable']);
    journal.disk = { ...journal.disk, reserveFull: true };
    const [full] = journal.append([record(3)], true, session.open);
    expect(full).toMatchObject({ kind: 'failed', reserveExhausted: true });
    expect(journal.records().map(({ seq }) => seq)).toEqual([2]);
  });

  it('refuses a record out of order', () => {
    const journal = new JournalModel(new SeededRandom(1, 4));
    expect(() => journal.append([record(2)], false, session.open)).toThrow('not 1');
  });
});

describe('the worst end of held legs', () => {
  const leg = (right: 'call' | 'put', strike: number, quantity: number) => {
    const at = priceFromDollars(strike);
    const instrument: Instrument = {
      kind: 'option',
      root: 'SPY',
      expiry: session.date,
      right,
      strike: at,
    };
    return { instrument, quantity };
  };

  it('of a vertical is its width', () => {
    expect(leastPayoffCents([leg('put', 600, -1), leg('put', 595, 1)])).toBe(-50_000);
    expect(leastPayoffCents([leg('call', 600, -2), leg('call', 603, 2)])).toBe(-60_000);
  });

  it('of longs is nothing, of a bare short call without end', () => {
    expect(leastPayoffCents([leg('call', 600, 1), leg('put', 600, 1)])).toBe(0);
    expect(leastPayoffCents([leg('call', 600, -1)])).toBe(Number.NEGATIVE_INFINITY);
  });

  it('of a bare short put is its strike', () => {
    expect(leastPayoffCents([leg('put', 600, -1)])).toBe(-6_000_000);
  });
});

describe('the clocks of a simulated engine', () => {
  it('jump by themselves, while time goes on', () => {
    const clock = new SkewedClock(session.open);
    clock.jump({ market: 5, wall: 0 });
    clock.jump({ market: 0, wall: -7 });
    clock.passTo(addMicros(session.open, 100));
    expect(clock.now - session.open).toBe(100);
    expect(clock.at.market - session.open).toBe(105);
    expect(clock.at.wall - session.open).toBe(93);
    expect(clock.whenMarketShows(clock.at.market)).toBe(clock.now);
    expect(() => clock.passTo(session.open)).toThrow('time does not run backwards');
  });
});
