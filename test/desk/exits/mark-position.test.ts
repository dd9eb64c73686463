import { describe, expect, it } from 'vitest';
import { type MarkInput, markPosition } from '../../../src/desk/exits/mark-position.ts';
import type { HeldLeg } from '../../../src/desk/exits/open-position.ts';
import { QUOTE_GUARD } from '../../../src/desk/exits/quote-guard.ts';
import { priceFromDollars } from '../../../src/engine/domain/units.ts';
import { atMillis, CALM, CONDOR, held, quoteAt, quotesAt, type Sides } from './fixtures.ts';

function input(sides: Readonly<Record<string, Sides>>, change: Partial<MarkInput> = {}): MarkInput {
  const at = atMillis(0);
  const spot = priceFromDollars(600);
  return { quotes: quotesAt(at, sides), at, guard: QUOTE_GUARD, spot, ...change };
}

function mark(sides: Readonly<Record<string, Sides>>, legs: readonly HeldLeg[] = CONDOR.legs) {
  return markPosition(legs, input(sides));
}

describe('the mark of a position', () => {
  it('is mid for the eye and natural for the limits, wings without a bid worth nothing', () => {
    expect(mark(CALM)).toEqual({
      midCents: -162_00,
      liquidationCents: -168_00,
      atBestCents: -168_00,
      unmarkable: [],
      trusted: true,
      evidenceAt: atMillis(0).market,
    });
  });

  it('counts a long at its bid and a short at its ask', () => {
    const sides = { C605: [1, 1.1] as const };
    expect(mark(sides, [held('call', 605, 3)]).liquidationCents).toBe(300_00);
    expect(mark(sides, [held('call', 605, -3)]).liquidationCents).toBe(-330_00);
    expect(mark(sides, [held('call', 605, -3)]).midCents).toBe(-315_00);
  });

  it('counts shares one by one', () => {
    const shares = [{ instrument: { kind: 'shares' as const, symbol: 'SPY' }, quantity: -100 }];
    const quotes = () => quoteAt(atMillis(0), [599.99, 600.01]);
    expect(markPosition(shares, input({}, { quotes })).liquidationCents).toBe(-60_001_00);
  });

  it('is marked but not trusted while a quote is wider than the guard', () => {
    const wide = mark({ ...CALM, C605: [0.3, 0.52] });
    expect(wide).toMatchObject({ liquidationCents: -188_00, trusted: false, unmarkable: [] });
  });
});

describe('what a position brings at its very best', () => {
  const bestOf = (change: Readonly<Record<string, Sides>>) =>
    mark({ ...CALM, ...change }).atBestCents;

  it.each([
    ['a short that is too wide, at its bid', { C605: [0.3, 0.52] }, -144_00],
    ['a long that is too wide, at its ask', { C615: [0.01, 0.2] }, -128_00],
    ['a long that nobody bids for, at its ask', { C615: [undefined, 0.2] }, -128_00],
    ['a short that nobody bids for, at nothing', { C605: [undefined, 0.42] }, -84_00],
    ['a short that nobody offers, at its bid', { C605: [0.4, undefined] }, -164_00],
  ] as const)('counts %s', (_what, change, cents) => {
    expect(bestOf(change)).toBe(cents);
  });

  it('is no less than the structure can lose, whatever a short is bid at', () => {
    expect(bestOf({ C605: [14, 19] })).toBe(-2_000_00);
  });

  it('is not known while nothing bounds a leg', () => {
    const { C615: _wing, C605: _short, ...puts } = CALM;
    expect(mark(puts).atBestCents).toBeUndefined();
    const old = markPosition(CONDOR.legs, input(CALM, { at: atMillis(60_001) }));
    expect(old.atBestCents).toBeUndefined();
  });

  it('counts a long that nobody offers at what its neighbour nearer the money is offered at', () => {
    expect(bestOf({ C615: [0.01, undefined], C610: [0.1, 0.12] })).toBe(-144_00);
  });

  it('counts a short of which nothing is heard at nothing', () => {
    const { C605: _, ...others } = CALM;
    expect(mark(others).atBestCents).toBe(-84_00);
    expect(bestOf({ C605: [0.5, 0.4] })).toBe(-84_00);
    const old = markPosition(CONDOR.legs, input(CALM, { at: atMillis(5_001) }));
    expect(old.atBestCents).toBe(0);
  });
});

describe('a leg that cannot be marked', () => {
  it.each([
    ['missing', undefined],
    ['crossed', [0.5, 0.4] as const],
    ['oneSided', [0.4, undefined] as const],
  ])('counts what the structure can lose at most: a short that is %s', (fault, sides) => {
    const { C605: _, ...others } = CALM;
    const marked = mark(sides === undefined ? others : { ...others, C605: sides });
    expect(marked.midCents).toBeUndefined();
    expect(marked.trusted).toBe(false);
    expect(marked.unmarkable).toEqual([
      { symbol: 'SPY   261120C00605000', fault, worstCents: -120_000_00 },
    ]);
    expect(marked.liquidationCents).toBe(-2_000_00);
  });

  it('counts nothing where it is long', () => {
    const { C615: _, ...others } = CALM;
    const marked = mark({ ...others, C615: [undefined, 3] });
    expect(marked).toMatchObject({
      liquidationCents: -168_00,
      unmarkable: [{ fault: 'oneSided', worstCents: 0 }],
    });
  });

  it('is one whose quote is too old', () => {
    const old = markPosition(CONDOR.legs, input(CALM, { at: atMillis(5_001) }));
    expect(old.unmarkable.map(({ fault }) => fault)).toEqual(['stale', 'stale']);
    const still = markPosition(CONDOR.legs, input(CALM, { at: atMillis(5_000) }));
    expect(still.unmarkable).toEqual([]);
  });

  it('has no worst where nothing bounds it', () => {
    const marked = markPosition([held('call', 605, -1)], input({}, { spot: undefined }));
    expect(marked).toMatchObject({
      liquidationCents: undefined,
      unmarkable: [{ fault: 'missing', worstCents: undefined }],
      evidenceAt: undefined,
    });
    expect(mark({}, [held('put', 595, -1)]).liquidationCents).toBe(-59_500_00);
  });
});
