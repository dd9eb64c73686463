import { describe, expect, it } from 'vitest';
import type { StrategyRequest } from '../../../src/desk/engine-api-requests.ts';
import type { Input } from '../../../src/desk/inputs.ts';
import type { OptionContract } from '../../../src/engine/domain/instrument.ts';
import { instrumentSymbol } from '../../../src/engine/domain/instrument.ts';
import { cents, price, priceFromDollars } from '../../../src/engine/domain/units.ts';
import { breakoutOf, breakoutRig, openBreakout } from '../../support/breakout-rig.ts';
import { CONDOR, DeskRig, type RigOptions } from '../../support/desk-rig.ts';

function exitsOf(rig: DeskRig) {
  return rig.orders().flatMap(({ exitReason }) => (exitReason === undefined ? [] : [exitReason]));
}

/** The short put of a condor that is opened. */
function shortPutOf(rig: DeskRig): OptionContract {
  const { legs } = rig.openPosition(CONDOR);
  const short = legs.find(({ quantity, instrument }) => {
    return quantity < 0 && instrument.kind === 'option' && instrument.right === 'put';
  });
  return short?.instrument as OptionContract;
}

function rowOf(rig: DeskRig, contract: OptionContract): number {
  return rig.desk.context.chain.indexOf(instrumentSymbol(contract)) ?? -1;
}

/** One batch with one quote in it, and nothing else heard. */
function tick(
  rig: DeskRig,
  index: number,
  [bid, ask]: readonly [number | undefined, number | undefined],
) {
  const cents = (side: number | undefined) =>
    side && priceFromDollars(Math.round(side * 100) / 100);
  const sides = { bid: cents(bid), ask: cents(ask) };
  const sizes = { bidSize: 5, askSize: 5 };
  rig.step({ kind: 'quote', at: rig.at, index, ...sides, ...sizes } as Input);
  rig.step({ kind: 'batchEnd', at: rig.at });
}

describe('a short of which nothing is heard', () => {
  /** The market goes up until something is closed or done, while the short put is silent. */
  function rising(options: RigOptions, isDone: (rig: DeskRig) => boolean): DeskRig {
    const rig = new DeskRig(options);
    const row = rowOf(rig, shortPutOf(rig));
    rig.hears = (index) => index !== row;
    for (let second = 0; second < 300 && !isDone(rig); second += 1) {
      rig.spot += 0.03;
      rig.advance(1);
    }
    return rig;
  }

  it('keeps no stop of the whole from firing', () => {
    const exits = { condorStop: 'whole' } as const;
    const rig = rising({ exits }, (at) => exitsOf(at).length > 0);
    expect(exitsOf(rig)).toEqual(['stop']);
  });

  it('keeps no loss limit of the day from halting', () => {
    const isLost = (rig: DeskRig) => rig.desk.context.day.status.causes.includes('dailyLoss');
    const limits = { maxDailyLossCents: cents(150_00) };
    expect(isLost(rising({ exits: { condorStop: 'whole' }, limits }, isLost))).toBe(true);
  });

  it.each([
    ['both sides', [20, 20.1]],
    ['a bid alone', [20, undefined]],
  ] as const)('is left by no single tick of its neighbour: %s', (_which, sides) => {
    const rig = new DeskRig();
    const short = shortPutOf(rig);
    const row = rowOf(rig, short);
    rig.hears = (index) => index !== row;
    rig.advance(90);
    tick(rig, rowOf(rig, { ...short, strike: price(short.strike - 10_000) }), sides);
    expect([exitsOf(rig), rig.day.status.causes]).toEqual([[], ['unmarkable']]);
  });
});

describe('a single tick of a short itself', () => {
  it.each([
    ['both sides', [20, 20.1]],
    ['a bid alone', [20, undefined]],
  ] as const)('neither leaves nor halts: %s', (_which, sides) => {
    const rig = new DeskRig();
    tick(rig, rowOf(rig, shortPutOf(rig)), sides);
    expect(exitsOf(rig)).toEqual([]);
    expect(rig.day.status.causes).not.toContain('dailyLoss');
  });
});

describe('a short that is worth nothing', () => {
  it.each([
    ['nobody bids for', undefined],
    ['a cent is bid for', 0.01],
  ] as const)('and %s is left by no single tick', (_which, bid) => {
    const rig = new DeskRig();
    const short = shortPutOf(rig);
    const strike = short.strike / 10_000;
    rig.edit = (sides, right, at) => {
      if (right !== 'put' || at > strike) return sides;
      return { bid: at === strike ? bid : undefined, ask: 0.02 };
    };
    rig.advance(20);
    tick(rig, rowOf(rig, short), [20, 20.1]);
    expect([exitsOf(rig), rig.day.status.causes]).toEqual([[], []]);
  });
});

describe('a stop that a fall of the underlying breaks', () => {
  /** Near its stop for some seconds, then beyond it with the underlying; perhaps nobody bid in between. */
  function exitsAfterFall(hasFlicker: boolean) {
    const rig = new DeskRig();
    rig.atmVol = 0.8;
    rig.quotes();
    const { legs, exitPlan } = rig.openPosition({ ...CONDOR, width: 10 });
    const puts = legs.flatMap(({ instrument, quantity }) => {
      return instrument.kind === 'option' && instrument.right === 'put'
        ? [{ instrument, quantity }]
        : [];
    });
    const [short, long] = [-1, 1].map((sign) => puts.find(({ quantity }) => quantity * sign > 0));
    const { evidence } = rig.desk.context;
    evidence.look(rig.day);
    const longBid = evidence.of(instrumentSymbol(long!.instrument))?.bid ?? 0;
    const stop = ((exitPlan?.sideStop?.debit ?? 0) + longBid) / 10_000;
    const row = rowOf(rig, short!.instrument);
    const strike = short!.instrument.strike / 10_000;
    rig.edit = (sides, right, at) =>
      right === 'put' && at === strike ? { bid: stop * 0.96 - 0.04, ask: stop * 0.96 } : sides;
    rig.advance(5);
    const { spot } = rig;
    const look = (bid: number | undefined, ask: number, at: number) => {
      tick(rig, -1, [at - 0.01, at + 0.01]);
      tick(rig, row, [bid, ask]);
    };
    if (hasFlicker) look(undefined, stop * 0.97, spot - 0.1);
    look(stop * 1.28 + 0.3, stop * 1.28 + 0.34, spot - 2.5);
    return exitsOf(rig);
  }

  it.each([false, true])(
    'fires in its own turn, had it no bid for a look or not: %s',
    (flicker) => {
      expect(exitsAfterFall(flicker)).toEqual(['putSideStop']);
    },
  );
});

describe('a listing that comes again', () => {
  it('takes from no quote that it has stood', () => {
    const rig = new DeskRig();
    const { legs } = rig.openPosition(CONDOR);
    const wing = legs.find(({ quantity }) => quantity > 0)?.instrument as OptionContract;
    const row = rowOf(rig, wing);
    rig.hears = (index) => index !== row;
    rig.advance(10);
    rig.step({ kind: 'listing', at: rig.at, listing: rig.listing() });
    rig.step({ kind: 'clock', at: rig.at });
    expect(rig.day.status.causes).toEqual([]);
  });
});

/** What an opening of this is refused for now, or `allowed`. */
function verdict(rig: DeskRig, request: StrategyRequest): string {
  const tokenSha256 = rig.newToken();
  const reply = rig.ask({ kind: 'previewStrategy', request, tokenSha256 });
  return 'denied' in reply ? reply.denied.code : 'allowed';
}

/** Seconds in which the price goes on by so much each. */
function drift(rig: DeskRig, seconds: number, dollars: number): void {
  for (let second = 0; second < seconds; second += 1) {
    rig.spot += dollars;
    rig.advance(1);
  }
}

const isOption = (row: number) => row >= 0;
const isUnderlying = (row: number) => row < 0;

describe('options that are silent while their underlying ticks', () => {
  function deaf(): DeskRig {
    const rig = new DeskRig();
    rig.advance(2);
    rig.hears = isUnderlying;
    return rig;
  }

  it('are stale beyond their limit: nothing is previewed on them', () => {
    const rig = deaf();
    drift(rig, 5, 0.03);
    expect(verdict(rig, CONDOR)).toBe('allowed');
    drift(rig, 1, 0.03);
    expect(verdict(rig, CONDOR)).toBe('data_stale');
  });

  it('are not sent for at a confirm', () => {
    const rig = deaf();
    const { tokenSha256 } = rig.preview(CONDOR);
    drift(rig, 8, 0.01);
    expect(rig.confirm(tokenSha256)).toMatchObject({ denied: { code: 'data_stale' } });
    expect(rig.submitted).toEqual([]);
  });

  it('are no evidence to a stop', () => {
    const rig = breakoutRig();
    const [leg] = openBreakout(rig).legs;
    rig.hears = isUnderlying;
    drift(rig, 30, -0.1);
    const { evidence, day } = rig.desk.context;
    evidence.look(day);
    const quote = evidence.of(instrumentSymbol(leg!.instrument));
    expect(rig.at.wall - (quote?.at.wall ?? 0)).toBe(30_000_000);
  });
});

describe('an underlying that is silent while its options tick', () => {
  it('opens no breakout on its price of a while ago', () => {
    const rig = breakoutRig();
    rig.advance(2);
    rig.hears = isOption;
    drift(rig, 40, -0.0175);
    expect(verdict(rig, breakoutOf(1))).toBe('data_stale');
  });

  it.each([
    ['SPY', 2, 'allowed'],
    ['SPY', 3, 'data_stale'],
    ['XSP', 15, 'allowed'],
    ['XSP', 18, 'data_stale'],
  ] as const)('of %s for %d s is %s', (underlying, seconds, expected) => {
    const rig = new DeskRig({ underlying });
    rig.advance(2);
    rig.hears = isOption;
    rig.advance(seconds);
    expect(verdict(rig, CONDOR)).toBe(expected);
  });
});
