import { describe, expect, it } from 'vitest';
import type { StrategyRequest } from '../../../src/desk/engine-api-requests.ts';
import { parseOccSymbol } from '../../../src/engine/domain/instrument.ts';
import { cents, centsFromDollars, price } from '../../../src/engine/domain/units.ts';
import { breakoutRig, openBreakout, putBar } from '../../support/breakout-rig.ts';
import { sideCosts } from '../../support/condor-costs.ts';
import { DeskRig, denialIn } from '../../support/desk-rig.ts';

const WIDE = { maxDailyLossCents: centsFromDollars(9_000), portfolioDeltaCap: 500 };
const STRADDLE: StrategyRequest = { strategy: 'straddle_scan', strike: 600, quantity: 1 };

function reasons(rig: DeskRig): string[] {
  return rig.bodies('exitTriggered').map(({ reason }) => reason);
}

/** The rights of what is held, leg by leg. */
function rights(rig: DeskRig): string[] {
  const legs = rig.positions().flatMap((position) => position.legs);
  return legs
    .filter(({ quantity }) => quantity !== 0)
    .map(({ instrument }) => (instrument.kind === 'option' ? instrument.right : instrument.kind));
}

/** Everything is bid and offered at so many times its worth. */
function worth(rig: DeskRig, factor: number): void {
  const times = (dollars: number | undefined) => Math.round((dollars ?? 0) * factor * 100) / 100;
  rig.edit = ({ bid, ask }) => ({ bid: times(bid), ask: Math.max(times(ask), times(bid) + 0.01) });
}

describe('a trailing profit', () => {
  const options = { exits: { policy: 'trailing' }, limits: WIDE } as const;

  it('is taken when half of the best gain is gone, and not before', () => {
    const rig = new DeskRig(options);
    const position = rig.openPosition(STRADDLE);
    expect(position.exitPlan?.target).toBeUndefined();
    worth(rig, 3);
    rig.advance(6);
    expect(reasons(rig)).toEqual([]);
    worth(rig, 2.2);
    rig.advance(12);
    expect(reasons(rig)).toEqual([]);
    worth(rig, 1.6);
    rig.advance(12);
    expect(reasons(rig)).toEqual(['trail']);
  });

  it('knows its best gain after a restart', () => {
    const rig = new DeskRig(options);
    rig.openPosition(STRADDLE);
    worth(rig, 3);
    rig.advance(6);
    const raised = rig.bodies('trailRaised').at(-1);
    expect(raised?.bestGain).toBeGreaterThan(0);
    worth(rig, 1.6);
    const again = rig.restart();
    again.advance(12);
    expect(reasons(again)).toEqual(['trail']);
  });
});

describe('a breakeven condor', () => {
  const options = { exits: { condorStop: 'breakeven' }, limits: WIDE } as const;

  it('closes the second side where the trade comes out at nothing', () => {
    const rig = new DeskRig(options);
    const { exitPlan } = rig.openPosition();
    const stop = (exitPlan?.sideStop?.debit ?? 0) / 10_000;
    sideCosts(rig, 'call', stop + 0.02);
    sideCosts(rig, 'put', 0.04);
    rig.advance(20);
    expect(reasons(rig)).toEqual(['callSideStop']);
    sideCosts(rig, 'put', 0.5);
    rig.advance(6);
    expect(reasons(rig)).toEqual(['callSideStop', 'putSideStop']);
    expect(rig.positions()).toEqual([]);
    const second = rig.bodies('exitTriggered')[1]?.numbers;
    expect(Number(second?.['stopPrice'])).toBeLessThan(stop / 2);
  });

  /** The calls are stopped while the puts cost so much. */
  function callsStopped(puts: number) {
    const rig = new DeskRig(options);
    const { exitPlan } = rig.openPosition();
    const stop = (exitPlan?.sideStop?.debit ?? 0) / 10_000;
    sideCosts(rig, 'call', stop + 0.02);
    sideCosts(rig, 'put', puts);
    rig.advance(20);
    expect(reasons(rig)).toEqual(['callSideStop']);
    expect(rights(rig)).toEqual(['put', 'put']);
    return { rig, stop };
  }

  it('keeps the planned stop of a second side that costs more than is left', () => {
    const { rig, stop } = callsStopped(0.3);
    rig.advance(60);
    expect(rights(rig)).toEqual(['put', 'put']);
    sideCosts(rig, 'put', stop + 0.02);
    rig.advance(12);
    expect(rig.bodies('exitTriggered')[1]?.numbers).toMatchObject({ stopPrice: stop });
  });

  it('knows after a restart what the second side has cost at least', () => {
    const { rig, stop } = callsStopped(0.02);
    expect(rig.bodies('sideEased').at(-1)?.leastDebit).toBeLessThanOrEqual(200);
    const again = rig.restart();
    sideCosts(again, 'put', 0.5);
    again.advance(12);
    expect(reasons(again)).toEqual(['callSideStop', 'putSideStop']);
    const second = again.bodies('exitTriggered')[1]?.numbers;
    expect(Number(second?.['stopPrice'])).toBeLessThan(stop / 2);
  });

  it('is stopped whole at twice its credit where the day is set so', () => {
    const rig = new DeskRig({ exits: { condorStop: 'whole' }, limits: WIDE });
    const { entryNet } = rig.openPosition();
    sideCosts(rig, 'call', (2.2 * entryNet) / 10_000);
    rig.advance(12);
    expect(reasons(rig)).toEqual(['stop']);
    expect(rig.positions()).toEqual([]);
  });
});

describe('the end of an opening range breakout', () => {
  it('is a minute that closes beyond the other side of its range', () => {
    const rig = breakoutRig();
    openBreakout(rig);
    rig.advance(60);
    putBar(rig, 60, 597.9);
    rig.advance(1);
    expect(reasons(rig)).toEqual([]);
    putBar(rig, 61, 599.8);
    rig.advance(1);
    expect(reasons(rig)).toEqual(['oppositeBreak']);
  });

  it('is no bar that the feed left half, however long ago', () => {
    const rig = breakoutRig();
    openBreakout(rig);
    putBar(rig, 60, 597.9);
    rig.step({ kind: 'feed', at: rig.at, connected: false, detail: 'closed' });
    rig.freeze(130);
    expect(reasons(rig)).toEqual([]);
    putBar(rig, 60, 599.7);
    putBar(rig, 61, 599.8);
    rig.step({ kind: 'feed', at: rig.at, connected: true, detail: 'open' });
    rig.advance(5);
    expect(reasons(rig)).toEqual([]);
  });
});

describe('a feed that freezes while a stop is broken', () => {
  it('pauses the clock of the stop and halts entries, and goes on where it was', () => {
    const rig = new DeskRig({ limits: WIDE });
    const { exitPlan } = rig.openPosition();
    const stop = (exitPlan?.sideStop?.debit ?? 0) / 10_000;
    sideCosts(rig, 'call', stop + 0.02);
    rig.advance(5);
    rig.freeze(60);
    expect(reasons(rig)).toEqual([]);
    const command = {
      kind: 'previewStrategy',
      request: STRADDLE,
      tokenSha256: rig.newToken(),
    } as const;
    expect(denialIn(rig.ask(command)).code).toBe('trading_state');
    expect(rig.day.status.causes).toContain('unmarkable');
    rig.advance(12);
    expect(reasons(rig)).toEqual(['callSideStop']);
  });
});

describe('the nickel buy-back', () => {
  it('buys the shorts back after 15:00 and leaves the wings', () => {
    const rig = new DeskRig({ minutes: 14 * 60, exits: { nickelBuyBack: true }, limits: WIDE });
    rig.openPosition();
    sideCosts(rig, 'put', 0.05);
    rig.advance(5);
    expect(reasons(rig)).toEqual([]);
    rig.goTo(15 * 60);
    rig.advance(15);
    expect(reasons(rig)[0]).toBe('nickel');
    rig.advance(30);
    expect(rights(rig)).toContain('put');
    const puts = rig
      .positions()
      .flatMap(({ legs }) => legs)
      .filter(({ instrument }) => instrument.kind === 'option' && instrument.right === 'put');
    expect(puts.every(({ quantity }) => quantity > 0)).toBe(true);
  });

  it('leaves the shorts that somebody else sold', () => {
    const rig = new DeskRig({ minutes: 15 * 60, exits: { nickelBuyBack: true }, limits: WIDE });
    const instrument = parseOccSymbol('SPY   261120P00590000')!;
    const sold = { instrument, action: 'sellToOpen', quantity: 1, price: price(2_000) } as const;
    const ids = { fillId: 'x-1', intentId: 'external', feesCents: cents(0) };
    rig.brokerSays({ kind: 'fill', fill: { ...ids, ...sold, marketAt: rig.at.market } });
    sideCosts(rig, 'put', 0.05);
    rig.advance(10);
    expect(rights(rig)).toEqual(['put']);
    expect(reasons(rig)).toEqual([]);
  });

  /** Puts that were asked for at a nickel, and cost more before anybody sold them. */
  function askedFor(): DeskRig {
    const rig = new DeskRig({ minutes: 14 * 60, exits: { nickelBuyBack: true }, limits: WIDE });
    rig.openPosition();
    sideCosts(rig, 'put', 0.05);
    rig.size = 0;
    rig.goTo(15 * 60 + 1);
    expect(reasons(rig)).toEqual(['nickel']);
    sideCosts(rig, 'put', 0.45);
    return rig;
  }

  it('pays no more than a nickel where they cost more before it filled', () => {
    const rig = askedFor();
    rig.advance(30);
    rig.size = 50;
    rig.advance(30);
    expect(rig.orders().at(-1)).toMatchObject({ status: 'working', limit: -500, fills: [] });
  });

  it('pays what it takes once a stop breaks', () => {
    const rig = askedFor();
    const stop = (rig.positions()[0]?.exitPlan?.sideStop?.debit ?? 0) / 10_000;
    sideCosts(rig, 'put', stop * 1.2, { bid: undefined, ask: 0.02 });
    rig.size = 50;
    rig.advance(12);
    expect(rig.orders().at(-1)).toMatchObject({ status: 'filled', urgency: 'fast' });
  });

  it('leaves nothing of the side once a stop breaks', () => {
    const rig = askedFor();
    const stop = (rig.positions()[0]?.exitPlan?.sideStop?.debit ?? 0) / 10_000;
    sideCosts(rig, 'put', stop + 0.9, { bid: 0.6, ask: 0.62 });
    rig.size = 50;
    rig.advance(12);
    const [, nickel, long] = rig.orders();
    expect(nickel).toMatchObject({ status: 'filled', exitReason: 'nickel' });
    expect(long).toMatchObject({ status: 'filled', exitReason: 'putSideStop' });
    expect(rights(rig)).toEqual(['call', 'call']);
  });

  it.each([
    ['once the position is to be left', 15 * 60 + 40],
    ['by the schedule', 15 * 60 + 46],
  ])('pays what it takes %s', (_when, minutes) => {
    const rig = askedFor();
    rig.size = 50;
    rig.goTo(minutes);
    rig.advance(12);
    expect(rig.orders().find(({ exitReason }) => exitReason === 'nickel')?.status).toBe('filled');
  });

  it('pays no more after a restart either', () => {
    const rig = askedFor();
    rig.advance(2);
    const again = rig.restart(rig.records(), { isOpen: false });
    again.size = 0;
    again.open();
    again.size = 50;
    again.advance(30);
    const [, order] = again.orders();
    expect(order).toMatchObject({ status: 'working', limit: -500, fills: [] });
  });
});

describe('the eve of an ex-dividend day', () => {
  it('hurries what buys a short call in the money back for a nickel, and leaves its side', () => {
    const exits = { nickelBuyBack: true, exDividendDates: ['2026-11-23'] };
    const rig = new DeskRig({ minutes: 14 * 60, exits, limits: WIDE });
    rig.openPosition();
    sideCosts(rig, 'put', 0.2);
    sideCosts(rig, 'call', 0.05);
    rig.size = 0;
    rig.goTo(15 * 60 + 1);
    rig.size = 50;
    sideCosts(rig, 'call', 0.4, { bid: 0.05, ask: 0.07 });
    rig.quotes(601.2);
    rig.goTo(15 * 60 + 29);
    expect(reasons(rig)).toEqual(['nickel']);
    rig.goTo(15 * 60 + 30);
    rig.advance(30);
    expect(rig.orders()[1]).toMatchObject({ status: 'filled', exitReason: 'nickel' });
    expect(reasons(rig)).toEqual(['nickel', 'exDividend', 'exDividend']);
    expect(rights(rig)).toEqual(['put', 'put']);
  });
});
