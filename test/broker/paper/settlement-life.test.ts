import { describe, expect, it } from 'vitest';
import { newPaperWorld } from '../../../src/broker/paper/paper-world.ts';
import { assignLate, scheduleExpiry, settle } from '../../../src/broker/paper/settlement-life.ts';
import type { OptionContract } from '../../../src/engine/domain/instrument.ts';
import { instrumentSymbol } from '../../../src/engine/domain/instrument.ts';
import type { OrderLeg } from '../../../src/engine/domain/order.ts';
import { underlyingOf } from '../../../src/engine/domain/underlying.ts';
import {
  addMicros,
  cents,
  MICROS_PER_MINUTE,
  sessionDate,
} from '../../../src/engine/domain/units.ts';
import { condorLegs, optionLeg } from '../../support/legs.ts';
import type { RigOptions } from './paper-rig.ts';
import { fillsOf, PaperRig, settlementsOf, theSession } from './paper-rig.ts';

const LONG_CALL = optionLeg('buyToOpen', 'call', 640);
const SHORT_CALL = optionLeg('sellToOpen', 'call', 640);
const SHORT_PUT = optionLeg('sellToOpen', 'put', 640);

function onDate(leg: OrderLeg, date: string): OrderLeg {
  const instrument = { ...(leg.instrument as OptionContract), expiry: sessionDate(date) };
  return { ...leg, instrument };
}

/** A rig that holds one of each leg, at 1.00. */
function holding(legs: readonly OrderLeg[], options: RigOptions = {}): PaperRig {
  const rig = new PaperRig({ startingCashCents: cents(500_000_00), ...options });
  for (const leg of legs) {
    rig.quote(leg.instrument, 1, 1);
    rig.accepted(rig.intent([leg], leg.action === 'buyToOpen' ? -1 : 1));
    rig.quote(leg.instrument, 1, 1);
  }
  expect(fillsOf(rig.events)).toHaveLength(legs.length);
  return rig;
}

/** Tells the price at the mark and lets the day end. */
function expire(rig: PaperRig, spotAtMark: number) {
  rig.now = rig.session.exerciseMark;
  rig.spot(spotAtMark);
  rig.now = addMicros(rig.session.exerciseMark, MICROS_PER_MINUTE);
  rig.spot(spotAtMark + 3);
  return settlementsOf(rig.goTo(rig.session.lastTrade));
}

describe('at last trade', () => {
  it('settles what came from another account, of which no execution told', () => {
    const rig = new PaperRig();
    const contract = LONG_CALL.instrument as OptionContract;
    for (const quantity of [2, 1]) rig.broker.transfer(contract, quantity);
    const { fills, positions, cashCents } = rig.broker.snapshot(rig.at());
    expect({ fills, positions, cashCents }).toMatchObject({
      fills: [],
      positions: [{ quantity: 3 }],
      cashCents: 100_000_00,
    });
    expect(expire(rig, 640)).toMatchObject([{ outcome: 'expired', quantity: 3 }]);
  });

  it.each<{ what: string; leg: OrderLeg; spot: number; outcome: string; shares: number }>([
    {
      what: 'a cent in the money',
      leg: LONG_CALL,
      spot: 640.01,
      outcome: 'exercised',
      shares: 100,
    },
    { what: 'at the money', leg: LONG_CALL, spot: 640, outcome: 'expired', shares: 0 },
    {
      what: 'a cent in the money',
      leg: SHORT_CALL,
      spot: 640.01,
      outcome: 'assigned',
      shares: -100,
    },
    { what: 'at the money', leg: SHORT_CALL, spot: 640, outcome: 'expired', shares: 0 },
    { what: 'a cent in the money', leg: SHORT_PUT, spot: 639.99, outcome: 'assigned', shares: 100 },
    { what: 'out of the money', leg: SHORT_PUT, spot: 645, outcome: 'expired', shares: 0 },
  ])(
    '$leg.action $leg.instrument.right $what at the mark is $outcome, whatever comes later',
    ({ leg, spot, outcome, shares }) => {
      const rig = holding([leg]);
      const marketAt = rig.session.lastTrade;
      expect(expire(rig, spot)).toMatchObject([{ outcome, shares, marketAt }]);
      const { positions } = rig.broker.snapshot(rig.at());
      expect(positions).toEqual(shares === 0 ? [] : [{ symbol: 'SPY', quantity: shares }]);
    },
  );

  it('is not a microsecond early', () => {
    const rig = holding([LONG_CALL]);
    rig.spot(650);
    expect(rig.goTo(addMicros(rig.session.lastTrade, -1))).toEqual([]);
  });

  it('moves cash by the strike and the fee', () => {
    const rig = holding([SHORT_PUT]);
    const before = rig.broker.snapshot(rig.at()).cashCents;
    expire(rig, 630);
    expect(rig.broker.snapshot(rig.at()).cashCents).toBe(before - 64_000_00 - 500);
  });

  it('settles all of a condor: the breached side in full, the other worthless', () => {
    const rig = holding(condorLegs([630, 635, 645, 650]));
    const outcomes = expire(rig, 652).map(({ outcome, shares }) => [outcome, shares]);
    const byShares = (a: unknown[], b: unknown[]) => Number(a[1]) - Number(b[1]);
    expect(outcomes.toSorted(byShares)).toEqual([
      ['assigned', -100],
      ['expired', 0],
      ['expired', 0],
      ['exercised', 100],
    ]);
    expect(rig.broker.snapshot(rig.at()).positions).toEqual([]);
  });

  it('comes at 13:15 on a half day, judged at 13:00', () => {
    const date = '2026-11-27';
    const rig = holding([onDate(LONG_CALL, date)], { date });
    expect(rig.broker.nextWake()).toBe(rig.session.lastTrade);
    expect(expire(rig, 640.01)).toMatchObject([{ outcome: 'exercised', shares: 100 }]);
    const minutes = (rig.session.lastTrade - rig.session.open) / MICROS_PER_MINUTE;
    expect(minutes).toBe(225);
  });

  it('waits for a price where none was ever heard, without asking for the clock', () => {
    const rig = holding([LONG_CALL]);
    expect(rig.goTo(rig.session.lastTrade)).toEqual([]);
    expect(rig.broker.nextWake()).toBeUndefined();
    rig.quote({ kind: 'shares', symbol: 'SPY' }, undefined, 650);
    expect(settlementsOf(rig.events)).toEqual([]);
    expect(settlementsOf(rig.spot(650))).toMatchObject([{ outcome: 'exercised' }]);
    expect(settlementsOf(rig.spot(650))).toEqual([]);
  });

  it('is made up for after a restart that missed it', () => {
    const rig = holding([LONG_CALL]).restarted({ date: '2026-08-05', minutes: 570 });
    rig.now = rig.session.open;
    expect(settlementsOf(rig.spot(650))).toMatchObject([{ outcome: 'exercised' }]);
  });

  it.each<[string, RigOptions]>([
    ['on the next morning', { date: '2026-08-05', minutes: 480 }],
    ['in the same minute', {}],
  ])('is judged by the mark that was heard before a restart, %s', (_when, options) => {
    const rig = holding([SHORT_CALL, optionLeg('buyToOpen', 'call', 645)]);
    rig.now = rig.session.exerciseMark;
    rig.spot(638.5);
    rig.now = addMicros(rig.now, 1_000_000);
    rig.spot(638.6);
    rig.spot(638.7);
    const again = rig.restarted(options);
    again.now = options.date === undefined ? rig.now : addMicros(again.session.open, -1);
    again.spot(647);
    again.goTo(again.session.lastTrade);
    const outcomes = settlementsOf(again.events).map(({ outcome }) => outcome);
    expect(outcomes).toEqual(['expired', 'expired']);
    const marks = again.events.filter(({ kind }) => kind === 'marked');
    expect(marks).toMatchObject([{ underlying: 'SPY', date: rig.session.date, price: 6_385_000 }]);
  });

  it('is judged by the first price after a mark at which nobody listened', () => {
    const rig = holding([LONG_CALL]);
    rig.now = addMicros(rig.session.exerciseMark, MICROS_PER_MINUTE);
    rig.spot(640.02);
    rig.spot(639.9);
    const settled = settlementsOf(rig.goTo(rig.session.lastTrade));
    expect(settled).toMatchObject([{ outcome: 'exercised' }]);
  });

  it('is judged by the first price after the mark whether the feed or the engine was down over it', () => {
    const outcomes = [false, true].map((isEngineDown) => {
      const rig = holding([SHORT_CALL]);
      rig.now = addMicros(rig.session.exerciseMark, -120 * MICROS_PER_MINUTE);
      rig.spot(638);
      const run = isEngineDown ? rig.restarted() : rig;
      expect(settlementsOf(run.goTo(rig.session.lastTrade))).toEqual([]);
      run.now = addMicros(rig.session.lastTrade, MICROS_PER_MINUTE);
      return [...settlementsOf(run.spot(643)), ...settlementsOf(run.spot(638))];
    });
    expect(outcomes[0]).toMatchObject([{ outcome: 'assigned', shares: -100 }]);
    expect(outcomes[1]).toEqual(outcomes[0]);
  });

  const SPY = { kind: 'shares', symbol: 'SPY' } as const;

  it.each([
    ['very wide', 638.7, 660],
    ['crossed', 650, 638.7],
  ])(
    'is judged by the last market to be trusted where the last quote before the mark is %s',
    (_what, bid, ask) => {
      const rig = holding([SHORT_CALL, optionLeg('buyToOpen', 'call', 645)]);
      rig.now = addMicros(rig.session.exerciseMark, -500_000);
      rig.spot(638.7);
      rig.quote(SPY, bid, ask);
      rig.now = addMicros(rig.session.exerciseMark, 1_000_000);
      rig.spot(650);
      const outcomes = settlementsOf(rig.goTo(rig.session.lastTrade)).map(({ outcome }) => outcome);
      expect(outcomes).toEqual(['expired', 'expired']);
      const marks = rig.events.filter(({ kind }) => kind === 'marked');
      expect(marks).toMatchObject([{ price: 6_387_000 }]);
    },
  );

  it('waits for a market to be trusted where the first quote after the mark is none', () => {
    const rig = holding([SHORT_CALL]);
    rig.goTo(rig.session.lastTrade);
    rig.now = addMicros(rig.now, 75 * MICROS_PER_MINUTE);
    expect(settlementsOf(rig.quote(SPY, 630, 664))).toEqual([]);
    expect(settlementsOf(rig.spot(638.7))).toMatchObject([{ outcome: 'expired', shares: 0 }]);
  });

  it('tells no mark of a day of which nothing is held', () => {
    const rig = new PaperRig();
    rig.now = addMicros(rig.session.exerciseMark, 1);
    rig.spot(640);
    expect(rig.events).toEqual([]);
  });
});

describe('a short pinned at the money', () => {
  const certain = { knobs: { pinnedAssignmentProbability: 1 } };

  it('may be assigned after last trade, before the end of holders instructions', () => {
    const rig = holding([SHORT_CALL], certain);
    expect(expire(rig, 639.96)).toEqual([]);
    expect(rig.broker.snapshot(rig.at()).positions).toHaveLength(1);
    const due = rig.broker.nextWake() ?? rig.now;
    expect(due).toBeGreaterThan(rig.session.lastTrade);
    expect(due).toBeLessThan(addMicros(rig.session.exerciseMark, 85 * MICROS_PER_MINUTE));
    expect(settlementsOf(rig.goTo(due))).toMatchObject([{ outcome: 'assigned', shares: -100 }]);
  });

  it('expires at last trade where it is far enough, and a long always', () => {
    expect(expire(holding([SHORT_CALL], certain), 639.94)).toMatchObject([{ outcome: 'expired' }]);
    expect(expire(holding([LONG_CALL], certain), 639.96)).toMatchObject([{ outcome: 'expired' }]);
  });

  it('is assigned once, also when asked to settle again', () => {
    const rig = holding([SHORT_CALL], certain);
    expire(rig, 639.96);
    const again = rig.restarted({ ...certain });
    again.spot(639.96);
    again.goTo(again.now);
    const due = again.broker.nextWake() ?? again.now;
    expect(settlementsOf(again.goTo(due))).toHaveLength(1);
    expect(again.broker.nextWake()).toBeUndefined();
  });
});

describe('settlement of an account that holds nothing', () => {
  const history = { intents: [], brokerEvents: [] };
  const bare = () =>
    newPaperWorld({
      seed: 1,
      maxLegs: 4,
      hours: underlyingOf('SPY'),
      history,
      startingCashCents: cents(0),
      knobs: {},
    });

  it('settles nothing, and an assignment finds nothing to assign', () => {
    const world = bare();
    const { date, lastTrade } = theSession('2026-08-04');
    settle(world, date, lastTrade);
    assignLate(world, instrumentSymbol(SHORT_CALL.instrument), lastTrade);
    expect(world.events).toEqual([]);
  });

  it('puts an expiry on the agenda once, and none without a session', () => {
    const world = bare();
    scheduleExpiry(world, sessionDate('2026-08-04'));
    scheduleExpiry(world, sessionDate('2026-08-04'));
    scheduleExpiry(world, sessionDate('2026-08-08'));
    const { lastTrade } = theSession('2026-08-04');
    expect(world.agenda.take(lastTrade)?.task.kind).toBe('settle');
    expect(world.agenda.next()).toBeUndefined();
  });
});
