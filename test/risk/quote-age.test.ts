import { describe, expect, it } from 'vitest';
import type { At } from '../../src/engine/domain/clock.ts';
import type { Quote } from '../../src/engine/domain/market.ts';
import { epochMicros, price } from '../../src/engine/domain/units.ts';
import {
  ageLimitMillis,
  asEvidence,
  isCrossed,
  isQuietWing,
  QUIET_CONTRACT_CEILING_MILLIS,
  QUIET_WING_AGE_MULTIPLE,
  type QuoteStream,
  quoteAgeMillis,
} from '../../src/risk/quote-age.ts';

const START = 1_795_188_600_000_000;
const after = (seconds: number): At => {
  const micros = epochMicros(START + seconds * 1_000_000);
  return { market: micros, wall: micros };
};
const quotedAt = (seconds: number): Quote => ({
  bid: price(100),
  ask: price(200),
  bidSize: 1,
  askSize: 1,
  at: after(seconds),
});
const stream = (newsAt: number | undefined, lateMillis = 0): QuoteStream => ({
  sinceWall: START,
  newsAt: newsAt === undefined ? undefined : after(newsAt),
  lateMillis,
});
const ageAt = (seconds: number, quote: Quote, of: QuoteStream) =>
  quoteAgeMillis(asEvidence(quote, of), after(seconds));

const CEILING_SECONDS = QUIET_CONTRACT_CEILING_MILLIS / 1_000;

describe('the age of a quote that did not change', () => {
  it('is that of its stream, as long as the stream tells news', () => {
    expect(ageAt(40, quotedAt(1), stream(39.5))).toBe(500);
  });

  it('grows with the silence of a frozen stream', () => {
    expect(ageAt(40, quotedAt(1), stream(10))).toBe(30_000);
  });

  it('is its own where the stream never told news on this connection', () => {
    expect(ageAt(40, quotedAt(1), stream(undefined))).toBe(39_000);
  });

  it('is its own again beyond the ceiling: its subscription may have ended in silence', () => {
    const [before, behind] = [CEILING_SECONDS, CEILING_SECONDS + 0.001];
    expect(ageAt(before, quotedAt(0), stream(before))).toBe(0);
    expect(ageAt(behind, quotedAt(0), stream(behind))).toBe(1_000 * behind);
  });

  it('is its own where it came over an earlier connection', () => {
    expect(ageAt(40, quotedAt(-1), stream(39.5))).toBe(41_000);
    const never = { sinceWall: undefined, newsAt: after(39), lateMillis: 0 };
    expect(ageAt(40, quotedAt(1), never)).toBe(39_000);
  });

  it('is never younger than what came last of itself', () => {
    expect(ageAt(40, quotedAt(39), stream(10))).toBe(1_000);
  });

  it('includes how late the feed is, for the newest quote too', () => {
    expect(ageAt(40, quotedAt(1), stream(39.5, 7_000))).toBe(7_500);
    expect(ageAt(40, quotedAt(40), stream(40, 7_000))).toBe(7_000);
  });

  it('leaves the quote itself as it is', () => {
    const { at: _, ...rest } = asEvidence(quotedAt(1), stream(30));
    const { at: __, ...same } = quotedAt(1);
    expect(rest).toEqual(same);
  });

  it('makes no other of a quote that is as old as it is', () => {
    const quote = quotedAt(1);
    for (const newsAt of [undefined, 0.5, 1]) expect(asEvidence(quote, stream(newsAt))).toBe(quote);
    expect(asEvidence(quote, stream(1.001))).not.toBe(quote);
  });
});

describe('a worthless wing', () => {
  const tick = price(100);
  const wing = (bid: number | undefined, ask: number | undefined): Quote => {
    const side = (value: number | undefined) => (value === undefined ? value : price(value));
    return { ...quotedAt(1), bid: side(bid), ask: side(ask) };
  };

  it.each([
    ['offered at five ticks without a bid', wing(undefined, 500), true],
    ['offered at five ticks at a bid of nothing', wing(0, 500), true],
    ['offered at more', wing(undefined, 600), false],
    ['offered at nothing that is known', wing(undefined, undefined), false],
    ['with a bid of a tick', wing(100, 500), false],
  ])('is quiet or not: %s', (_what, quote, isQuiet) => {
    expect(isQuietWing(quote, tick)).toBe(isQuiet);
    const limit = isQuiet ? 1_000 * QUIET_WING_AGE_MULTIPLE : 1_000;
    expect(ageLimitMillis(quote, 1_000, tick)).toBe(limit);
  });
});

describe('a quote', () => {
  it.each([
    [undefined, 100, false],
    [200, undefined, false],
    [100, 100, false],
    [200, 100, true],
  ])('of %s by %s is crossed: %s', (bid, ask, isOne) => {
    const side = (value: number | undefined) => (value === undefined ? value : price(value));
    expect(isCrossed({ ...quotedAt(1), bid: side(bid), ask: side(ask) })).toBe(isOne);
  });
});
