import { describe, expect, it } from 'vitest';
import { dayPnl } from '../../../src/desk/account/day-pnl.ts';
import type { MarketRules } from '../../../src/engine/domain/account-facts.ts';
import { newYorkInstant } from '../../../src/engine/domain/session-calendar.ts';
import { priceFromDollars, sessionDate } from '../../../src/engine/domain/units.ts';
import type { RigOptions } from '../../support/desk-rig.ts';
import { DeskRig } from '../../support/desk-rig.ts';
import { buyTwoCalls, unbidAll } from '../../support/two-calls.ts';

const MONDAY = '2026-11-23';
const HALF_DAY = '2026-11-27';
const MARK = 16 * 60;
const CODES: ReadonlySet<string> = new Set(['OPEN_PAST_DEADLINE', 'OPEN_PAST_ORDERS']);

/** What was told of the deadlines: the codes, and what was done to the incident. */
function pages(rig: DeskRig): readonly string[] {
  return rig.effects.flatMap((effect) => {
    const isOurs = effect.kind === 'alert' && CODES.has(effect.code);
    return isOurs ? [`${effect.code} ${effect.action}`] : [];
  });
}

/** Two calls at 601 that nobody bids for, on a broker that tells nothing of their settlement. */
function withCalls(options: RigOptions = {}): DeskRig {
  const rig = new DeskRig({ minutes: 11 * 60, limits: { portfolioDeltaCap: 500 }, ...options });
  buyTwoCalls(rig);
  unbidAll(rig);
  return rig;
}

/** The same at a price of the underlying until the mark, and at another one from then on. */
function overMark(before: number, after: number, options: RigOptions = {}): DeskRig {
  const { date } = options;
  const rig = withCalls(options);
  const mark = date === HALF_DAY ? 13 * 60 : MARK;
  rig.goTo(mark - 9, date);
  rig.advance(5);
  rig.gateway.isMute = true;
  rig.spot = before;
  rig.goTo(mark - 1, date);
  rig.advance(5);
  rig.spot = after;
  rig.goTo(mark + 5, date);
  rig.advance(5);
  return rig;
}

/** The next engine on these records. */
function startedAt(minutes: number, rig: DeskRig, date = '2026-11-20'): DeskRig {
  const market = newYorkInstant(sessionDate(date), minutes);
  const again = new DeskRig({ market, records: rig.records(), isOpen: false });
  again.gateway.isMute = true;
  again.edit = rig.edit;
  again.spot = rig.spot;
  return again;
}

/** Through the seal into the evening. */
function intoEvening(rig: DeskRig, mark = MARK): void {
  for (const minutes of [mark + 14, mark + 16, mark + 60]) {
    rig.goTo(minutes, rig.session.date);
    rig.advance(3);
  }
}

describe('from its exercise mark on a long', () => {
  it.each([
    { date: '2026-11-20', mark: MARK },
    { date: HALF_DAY, mark: 13 * 60 },
  ])('that was in the money at it stays paged, wherever its underlying goes ($date)', (day) => {
    const rig = overMark(601.5, 600.2, { date: day.date });
    expect(pages(rig)).toEqual(['OPEN_PAST_DEADLINE trigger']);
    intoEvening(rig, day.mark);
    expect(pages(rig)).toEqual(['OPEN_PAST_DEADLINE trigger']);
  });

  it('stays paged behind the last order that its broker takes', () => {
    const capabilities = { orderCutoffMinutes: 15 * 60 + 30 };
    const rig = overMark(601.5, 600.2, { brokerName: 'alpaca', capabilities });
    intoEvening(rig);
    expect(pages(rig)).toContain('OPEN_PAST_ORDERS trigger');
    expect(pages(rig)).not.toContain('OPEN_PAST_ORDERS resolve');
  });

  it('that was out of the money at it is paged once its holder may exercise it by the price of now', () => {
    const rig = overMark(600.2, 601.5);
    expect(pages(rig)).toEqual(['OPEN_PAST_DEADLINE trigger']);
    rig.spot = 600.2;
    rig.goTo(MARK + 10);
    rig.advance(3);
    expect(pages(rig)).toEqual(['OPEN_PAST_DEADLINE trigger', 'OPEN_PAST_DEADLINE resolve']);
  });

  it('that is out of the money by both calls nobody', () => {
    const rig = overMark(600.2, 600.4);
    intoEvening(rig);
    expect(rig.positions()).toHaveLength(1);
    expect(pages(rig)).toEqual([]);
  });

  it('is judged by sound quotes of the minutes before it alone', () => {
    const rig = withCalls();
    rig.goTo(MARK - 9);
    rig.advance(5);
    rig.gateway.isMute = true;
    rig.goTo(MARK - 1);
    rig.hears = (row) => row !== -1;
    const quoteSpot = (bid: number, ask: number): void => {
      const sides = { bid: priceFromDollars(bid), ask: priceFromDollars(ask) };
      rig.step({ kind: 'quote', at: rig.at, index: -1, ...sides, bidSize: 5, askSize: 5 });
      rig.step({ kind: 'batchEnd', at: rig.at });
    };
    quoteSpot(590, 640);
    rig.hears = () => true;
    rig.goTo(MARK + 5);
    rig.advance(3);
    expect(rig.day.marks.get(rig.session.date)?.at).toBe(6_000_000);
    expect(pages(rig)).toEqual([]);
  });
});

describe('where nobody heard the exercise mark', () => {
  it.each([
    { spot: 600.2, told: ['OPEN_PAST_ORDERS trigger'] },
    { spot: 594, told: [] },
  ])('a long counts as paid for only clear of its strike (spot $spot)', ({ spot, told }) => {
    const rig = withCalls();
    rig.goTo(MARK - 9);
    rig.advance(5);
    const again = startedAt(MARK + 20, rig);
    again.spot = spot;
    again.step({ kind: 'clock', at: again.at });
    again.step({ kind: 'feed', at: again.at, connected: true, detail: 'test' });
    again.advance(40);
    expect(again.positions()).toHaveLength(1);
    expect(pages(again)).toEqual(told);
  });

  it('a run that begins between the mark and the last trade pages what is close to its strike', () => {
    const rig = withCalls();
    rig.goTo(MARK - 9);
    rig.advance(5);
    const again = startedAt(MARK + 5, rig);
    again.spot = 600.2;
    again.open();
    again.advance(40);
    expect(pages(again)).toEqual(['OPEN_PAST_DEADLINE trigger']);
  });
});

describe('the price at the exercise mark', () => {
  it('is kept by the record of the seal, and judges in the next session what is not settled', () => {
    const exercised = overMark(601.5, 600.2);
    const passedOver = overMark(600.2, 600.4);
    for (const [rig, mark, told] of [
      [exercised, 6_015_000, ['OPEN_PAST_DEADLINE resolve', 'OPEN_PAST_ORDERS trigger']],
      [passedOver, 6_002_000, []],
    ] as const) {
      intoEvening(rig);
      expect(rig.bodies('sessionSealed').at(-1)).toMatchObject({ mark, spot: rig.spot * 10_000 });
      const again = startedAt(9 * 60, rig, MONDAY);
      again.freeze(60);
      expect(again.positions()).toHaveLength(1);
      expect(pages(again)).toEqual(told);
    }
  });

  it.each([
    { before: 600.2, after: 600.4, told: [] },
    {
      before: 601.5,
      after: 590,
      told: ['OPEN_PAST_DEADLINE resolve', 'OPEN_PAST_DEADLINE trigger'],
    },
  ])('is kept once it is past: a restart minutes later goes by it ($before)', (each) => {
    const { before, after, told } = each;
    const rig = overMark(before, after);
    const mark = rig.day.marks.get(rig.session.date);
    expect(mark?.at).toBe(before * 10_000);
    expect(rig.bodies('markHeard')).toEqual([
      { kind: 'markHeard', spot: before * 10_000, underlying: 'SPY' },
    ]);
    const again = startedAt(MARK + 5, rig);
    expect(again.day.marks.get(again.session.date)).toEqual(mark);
    again.open();
    again.advance(40);
    expect(again.positions()).toHaveLength(1);
    expect(pages(again)).toEqual(told);
    expect(again.bodies('markHeard')).toHaveLength(1);
  });

  it('is no other once it is recorded, and none is before it is past', () => {
    const rig = withCalls();
    rig.goTo(MARK - 1);
    rig.advance(30);
    expect(rig.bodies('markHeard')).toEqual([]);
    rig.goTo(MARK + 1);
    const again = startedAt(MARK - 1, rig);
    again.spot = 610;
    again.open();
    again.advance(10);
    expect(again.day.marks.get(again.session.date)?.at).toBe(6_000_000);
  });

  it('is read from the seal of a journal that has no record of its own for it', () => {
    const rig = overMark(601.5, 600.2);
    intoEvening(rig);
    const records = rig.records().filter(({ body }) => body.kind !== 'markHeard');
    const market = newYorkInstant(rig.session.date, MARK + 70);
    const again = new DeskRig({ market, records, isOpen: false });
    again.freeze(3);
    expect(again.day.marks.get(rig.session.date)?.at).toBe(6_015_000);
    expect(again.bodies('markHeard')).toEqual([]);
  });

  it('is what the quotes up to it tell, though the chain was sealed before it, after a restart too', () => {
    const expireMinutes = MARK - 3;
    const rig = withCalls({ expireMinutes });
    rig.goTo(MARK - 9);
    rig.advance(5);
    rig.gateway.isMute = true;
    rig.spot = 601.5;
    for (const minutes of [MARK - 4, MARK - 3]) {
      rig.goTo(minutes);
      rig.advance(5);
    }
    expect(rig.bodies('sessionSealed')).toHaveLength(1);
    const market = newYorkInstant(rig.session.date, MARK - 2);
    // A journal of before has the price so far in such a seal.
    const older = rig.records().map((record) => {
      if (record.body.kind !== 'sessionSealed') return record;
      return { ...record, body: { ...record.body, mark: 6_015_000, underlying: 'SPY' } };
    });
    for (const records of [rig.records(), older]) {
      const again = new DeskRig({ market, records, isOpen: false, expireMinutes });
      again.gateway.isMute = true;
      again.spot = 600.2;
      again.step({ kind: 'clock', at: again.at });
      again.step({ kind: 'feed', at: again.at, connected: true, detail: 'test' });
      for (const minutes of [MARK - 1, MARK + 5]) {
        again.advance(5);
        again.goTo(minutes);
      }
      again.advance(5);
      expect(again.bodies('markHeard')).toMatchObject([{ spot: 6_002_000 }]);
    }
  });

  it('is forgotten once nothing that expired by it is held', () => {
    const rig = new DeskRig({ minutes: MARK - 1 });
    rig.goTo(MARK + 15);
    rig.goTo(MARK - 1, MONDAY);
    rig.open();
    rig.goTo(MARK + 15);
    expect([...rig.day.marks.keys()]).toEqual([MONDAY]);
  });

  it('is no other than the close where options are settled in cash', () => {
    const rig = new DeskRig({ minutes: MARK - 1, underlying: 'SPX' });
    rig.goTo(MARK);
    rig.advance(3);
    expect(rig.bodies('sessionSealed')).toHaveLength(1);
    expect(rig.bodies('sessionSealed')[0]).not.toHaveProperty('mark');
  });

  it.each([601.5, 600.6])(
    'tells which options leave shares that begin the next day at the close (mark %d)',
    (before) => {
      const rig = overMark(before, 600.2);
      intoEvening(rig);
      rig.goTo(18 * 60);
      const [position] = rig.positions();
      const leg = position?.legs[0];
      if (leg?.instrument.kind !== 'option') throw new Error('an option is held');
      rig.goTo(10 * 60, MONDAY);
      rig.open();
      const isExercised = before > 601;
      const settlement = {
        settlementId: 's-1',
        outcome: isExercised ? 'exercised' : 'expired',
        instrument: leg.instrument,
        quantity: 2,
        shares: isExercised ? 200 : 0,
        sharePrice: leg.instrument.strike,
        feesCents: 0,
        marketAt: rig.at.market,
      };
      rig.brokerSays({ kind: 'settlement', settlement } as never);
      rig.advance(3);
      expect(rig.desk.context.book.sharesHeld()).toBe(isExercised ? 200 : 0);
      expect(Math.abs(dayPnl(rig.desk.context).midCents ?? Number.NaN)).toBeLessThan(10_00);
    },
  );
});

describe('on a day that the broker ends sooner than the calendar', () => {
  const CLOSE = 13 * 60;
  const said = {
    session: null,
    opensAt: null,
    closesAt: '2026-11-20T13:00:00-05:00',
    stopsTradingAt: null,
    ticks: null,
    isClosingOnly: null,
  };

  function tell(rig: DeskRig, rules: Partial<MarketRules> = {}): void {
    const { date } = rig.session;
    rig.step({ kind: 'brokerRules', at: rig.at, date, rules: { ...said, ...rules } });
  }

  /** Past the close that the broker told, at a price of the underlying until it and another one since. */
  function overClose(before: number, after: number, rules: Partial<MarketRules> = {}): DeskRig {
    const rig = withCalls();
    tell(rig, rules);
    rig.goTo(CLOSE - 9);
    rig.advance(5);
    rig.gateway.isMute = true;
    rig.spot = before;
    rig.goTo(CLOSE - 1);
    rig.advance(5);
    rig.spot = after;
    rig.goTo(CLOSE + 5);
    rig.advance(5);
    return rig;
  }

  it.each([
    ['the close of the market', {}],
    ['a half day', { closesAt: null, session: 'half' }],
  ] as const)('the mark is that close, over a restart too (%s)', (_what, rules) => {
    const rig = overClose(601.5, 600.2, rules);
    expect(rig.bodies('markHeard')).toMatchObject([{ spot: 6_015_000 }]);
    rig.goTo(MARK + 5);
    rig.advance(5);
    expect(rig.day.marks.get(rig.session.date)?.at).toBe(6_015_000);
    expect(pages(rig)).toEqual(['OPEN_PAST_DEADLINE trigger']);
    const again = startedAt(MARK - 3, rig);
    again.open();
    tell(again, rules);
    again.advance(40);
    expect(again.day.marks.get(again.session.date)?.at).toBe(6_015_000);
    expect(pages(again).at(-1)).toBe('OPEN_PAST_DEADLINE trigger');
  });

  it.each([
    [
      'options that stop at the mark',
      { closesAt: null, stopsTradingAt: '2026-11-20T16:00:00-05:00' },
    ],
    ['a later close', { closesAt: '2026-11-20T17:00:00-05:00' }],
    ['a day that is closed', { closesAt: null, session: 'closed' }],
  ] as const)('the mark stays where it is: %s', (_what, rules) => {
    const rig = withCalls();
    tell(rig, rules);
    expect(rig.day.schedule.markAt).toBe(rig.session.exerciseMark);
  });

  it.each([
    [
      'options that stop before the mark',
      { closesAt: null, stopsTradingAt: '2026-11-20T15:50:00-05:00' },
      15 * 60 + 50,
    ],
    ['a close before that of any half day', { closesAt: '2026-11-20T11:00:00-05:00' }, CLOSE],
  ] as const)('the mark moves no further than it may: %s', (_what, rules, minutes) => {
    const rig = withCalls();
    tell(rig, rules);
    expect(rig.day.schedule.markAt).toBe(newYorkInstant(rig.session.date, minutes));
  });

  it('what was heard for the mark of the calendar is none of a close that is past', () => {
    const rig = withCalls();
    rig.goTo(MARK - 2);
    rig.advance(3);
    expect(rig.day.marks.has(rig.session.date)).toBe(true);
    tell(rig, { closesAt: '2026-11-20T15:30:00-05:00' });
    rig.goTo(MARK + 1);
    rig.advance(3);
    expect(rig.day.marks.has(rig.session.date)).toBe(false);
    expect(rig.bodies('markHeard')).toEqual([]);
  });
});
