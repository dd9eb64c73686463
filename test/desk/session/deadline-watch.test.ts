import { describe, expect, it } from 'vitest';
import type { StrategyRequest } from '../../../src/desk/engine-api-requests.ts';
import type { AuditRecord } from '../../../src/engine/domain/audit-record.ts';
import { instrumentSymbol } from '../../../src/engine/domain/instrument.ts';
import { newYorkInstant } from '../../../src/engine/domain/session-calendar.ts';
import { cents, price, sessionDate } from '../../../src/engine/domain/units.ts';
import type { RigOptions } from '../../support/desk-rig.ts';
import { CONDOR, CONSOLE, DeskRig, LOTTO } from '../../support/desk-rig.ts';

const MONDAY = '2026-11-23';
const DEADLINE = 15 * 60 + 50;

/** What was told of the deadline, with what it did to the incident. */
function told(rig: DeskRig) {
  return rig.effects.flatMap((effect) => {
    if (effect.kind !== 'alert') return [];
    const { code, severity, action, text } = effect;
    const isOurs = code === 'OPEN_PAST_DEADLINE' || code === 'LEFT_TO_EXPIRE';
    return isOurs ? [{ code, severity, action, text }] : [];
  });
}

/** A condor whose shorts nobody offers, so that it cannot be closed. */
function stuckCondor(): DeskRig {
  const rig = new DeskRig({ minutes: 14 * 60 });
  rig.openPosition();
  rig.edit = ({ bid }) => ({ bid, ask: undefined });
  rig.quotes();
  return rig;
}

describe('the deadline', () => {
  it('pages what is still open once, with what becomes of it', () => {
    const rig = stuckCondor();
    const [position] = rig.positions();
    rig.goTo(DEADLINE - 1 / 60);
    expect(told(rig)).toEqual([]);
    rig.advance(20);
    const [alert, ...more] = told(rig);
    expect(more).toEqual([]);
    expect(alert).toMatchObject({ code: 'OPEN_PAST_DEADLINE', severity: 'critical' });
    expect(alert?.text).toBe(
      `${position?.positionId} is still open past the deadline of 15:50:00: no order to close it is on its way`,
    );
  });

  it('of the next session is told of what is held over both, in one run or in two', () => {
    const rig = new DeskRig({ minutes: 14 * 60, brokerName: 'tastytrade' });
    const fillId = 'theirs-1';
    const instrument = { kind: 'shares', symbol: 'SPY' } as const;
    const of = { fillId, intentId: 'external-9', instrument, action: 'buyToOpen' } as const;
    const worth = { quantity: 100, price: price(6_000_000), feesCents: cents(0) };
    rig.brokerSays({ kind: 'fill', fill: { ...of, ...worth, marketAt: rig.at.market } });
    rig.gateway.refuse = () => ({ reason: 'try later' });
    rig.goTo(DEADLINE);
    rig.advance(5);
    const actions = (each: DeskRig) => told(each).map(({ action }) => action);
    expect(actions(rig)).toEqual(['trigger']);
    const market = newYorkInstant(sessionDate(MONDAY), 10 * 60);
    const again = rig.restart(rig.records(), { market });
    again.gateway.refuse = rig.gateway.refuse;
    rig.goTo(17 * 60 + 31);
    rig.goTo(10 * 60, MONDAY);
    expect(actions(rig)).toEqual(['trigger', 'resolve']);
    for (const each of [rig, again]) {
      each.goTo(DEADLINE, MONDAY);
      each.advance(5);
      expect(actions(each).slice(-2)).toEqual(['resolve', 'trigger']);
    }
  });

  it('ends the incident once the position is closed', () => {
    const rig = stuckCondor();
    rig.goTo(DEADLINE);
    rig.edit = (sides) => sides;
    rig.advance(20);
    expect(rig.positions()).toEqual([]);
    expect(told(rig).map(({ action }) => action)).toEqual(['trigger', 'resolve']);
  });

  it('ends the incident once longs that nobody bids for are left, and tells of them once in the money', () => {
    const rig = stuckCondor();
    const actions = () => {
      const ofDeadline = told(rig).filter(({ code }) => code === 'OPEN_PAST_DEADLINE');
      return ofDeadline.map(({ action }) => action);
    };
    rig.goTo(DEADLINE);
    expect(actions()).toEqual(['trigger']);
    rig.edit = (sides, _right, strike) => {
      return Math.abs(strike - 600) > 3 ? { bid: undefined, ask: 0.03 } : sides;
    };
    rig.advance(20);
    const quantities = rig.positions()[0]?.legs.map(({ quantity }) => quantity);
    expect(quantities).toEqual([1, 1]);
    expect(actions()).toEqual(['trigger', 'resolve']);
    for (const spot of [610, 600, 610, 600]) {
      rig.spot = spot;
      rig.advance(3);
    }
    expect(actions()).toEqual(['trigger', 'resolve', 'trigger']);
  });

  it('says of a long that nobody bids for that it is left to expire, and pages nobody', () => {
    const rig = new DeskRig({ minutes: 14 * 60 + 5 });
    rig.openPosition(LOTTO);
    rig.edit = ({ ask }) => ({ bid: undefined, ask });
    rig.goTo(DEADLINE);
    rig.advance(20);
    expect(told(rig).map(({ code, severity }) => [code, severity])).toEqual([
      ['LEFT_TO_EXPIRE', 'info'],
    ]);
  });

  it('has nothing to tell where everything is flat, and leaves a flatten to tell of itself', () => {
    const flat = new DeskRig({ minutes: 14 * 60 });
    flat.goTo(DEADLINE);
    expect(told(flat)).toEqual([]);
    const flattening = stuckCondor();
    const console = { principal: 'operator', authority: 'console' } as const;
    flattening.ask({ kind: 'flattenNow' }, console);
    flattening.goTo(DEADLINE);
    flattening.advance(5);
    expect(told(flattening)).toEqual([]);
    expect(flattening.alerts()).toContain('FLATTEN_INCOMPLETE');
  });

  it('pages what a flatten has an order for that does not fill, and its end', () => {
    const rig = new DeskRig({ minutes: 14 * 60 });
    const { positionId } = rig.openPosition();
    rig.edit = ({ bid, ask }) => ({ bid, ask: ask === undefined ? undefined : ask + 20 });
    rig.quotes();
    rig.ask({ kind: 'flattenNow' }, { principal: 'operator', authority: 'console' });
    rig.goTo(DEADLINE - 1 / 60);
    expect(told(rig)).toEqual([]);
    rig.advance(20);
    expect(told(rig)).toMatchObject([{ code: 'OPEN_PAST_DEADLINE', severity: 'critical' }]);
    expect(told(rig)[0]?.text).toContain(`${positionId} is still open past the deadline`);
    rig.edit = (sides) => sides;
    rig.advance(10);
    expect(rig.positions()).toEqual([]);
    expect(told(rig).map(({ action }) => action)).toEqual(['trigger', 'resolve']);
  });
});

describe('what was told of a position', () => {
  it('is over once the position is gone, in the run that told it or in the next', () => {
    const rig = stuckCondor();
    rig.ask({ kind: 'flattenNow' }, CONSOLE);
    const [position] = rig.positions();
    const actions = (of: DeskRig) =>
      of.effects.flatMap((effect) => {
        const isOurs = effect.kind === 'alert' && effect.code === 'FLATTEN_INCOMPLETE';
        return isOurs ? [`${effect.action} ${effect.subject}`] : [];
      });
    rig.advance(5);
    expect(actions(rig)).toEqual([`trigger ${position?.positionId}`]);
    const again = rig.restart();
    again.advance(5);
    expect(actions(again)).not.toContain(`resolve ${position?.positionId}`);
    for (const each of [rig, again]) {
      each.edit = (sides) => sides;
      each.advance(20);
      expect(each.positions()).toEqual([]);
      expect(actions(each).at(-1)).toBe(`resolve ${position?.positionId}`);
    }
  });
});

/** What was told of options in a chain that has expired. */
const unwatched = (rig: DeskRig) =>
  rig.effects.filter((effect) => effect.kind === 'alert' && effect.code === 'OPEN_PAST_ORDERS');

/** The broker settles all of a rig's options; a share a contract's unit comes of those that `become` some. */
function settleAll(rig: DeskRig, become: (right: string, quantity: number) => number): void {
  for (const { instrument, quantity } of rig.positions()[0]?.legs ?? []) {
    if (instrument.kind !== 'option') continue;
    const shares = become(instrument.right, quantity);
    const outcome = shares === 0 ? 'expired' : 'assigned';
    const paid = { shares, sharePrice: instrument.strike, feesCents: cents(0) };
    const settlementId = instrumentSymbol(instrument);
    const facts = { settlementId, instrument, quantity, marketAt: rig.at.market, ...paid };
    rig.brokerSays({ kind: 'settlement', settlement: { ...facts, outcome } });
  }
}

describe('a machine that sleeps over the expiry', () => {
  /** A condor is open when the machine falls asleep; the broker tells nothing of its own. */
  function asleep(request: StrategyRequest, minutes = 15 * 60 + 30): DeskRig {
    const rig = new DeskRig({ minutes: 14 * 60 + 5, brokerName: 'tastytrade' });
    rig.openPosition(request);
    rig.gateway.isMute = true;
    rig.goTo(minutes);
    return rig;
  }

  const wake = (rig: DeskRig, minutes: number): void => {
    rig.sleepTo(minutes);
    rig.freeze(3);
  };

  it.each([16 * 60 + 20, 18 * 60])(
    'wakes at minute %i and pages what is still open, once',
    (minutes) => {
      const rig = asleep(CONDOR);
      wake(rig, minutes);
      expect(unwatched(rig)).toMatchObject([{ severity: 'critical', action: 'trigger' }]);
      expect(rig.alerts()).not.toContain('OPEN_PAST_DEADLINE');
    },
  );

  it('wakes in the next session and pages what expired, unless its settlement is told at once', () => {
    for (const isSettled of [false, true]) {
      const rig = asleep(CONDOR, 14 * 60 + 6);
      rig.sleepTo(9 * 60, MONDAY);
      if (isSettled) settleAll(rig, () => 0);
      rig.freeze(60);
      const text = expect.stringContaining('expired on 2026-11-20, and its settlement is not told');
      expect(unwatched(rig)).toMatchObject(isSettled ? [] : [{ severity: 'critical', text }]);
    }
  });

  it('wakes after the evening is over and pages a long of which nothing is known', () => {
    const rig = asleep(LOTTO, 14 * 60 + 6);
    wake(rig, 18 * 60);
    expect(unwatched(rig)).toEqual([]);
    rig.freeze(30);
    expect(unwatched(rig)).toHaveLength(1);
  });

  it('knows no close of that session, and so not from before whether a long is worthless', () => {
    const rig = asleep(LOTTO);
    rig.edit = ({ ask }) => ({ bid: undefined, ask });
    wake(rig, 16 * 60 + 20);
    expect(rig.bodies('sessionSealed').at(-1)).not.toHaveProperty('spot');
    expect(unwatched(rig)).toEqual([]);
    rig.spot = 620;
    rig.advance(3);
    expect(unwatched(rig)).toHaveLength(1);
  });

  it('is no other page where the deadline was told of, nor where longs are worthless', () => {
    const told = stuckCondor();
    told.gateway.isMute = true;
    told.goTo(DEADLINE);
    told.goTo(16 * 60 + 15);
    told.advance(60);
    expect(told.day.sealed).toBe(true);
    expect(unwatched(told)).toEqual([]);
    const worthless = asleep(LOTTO, 16 * 60 + 14);
    worthless.goTo(16 * 60 + 15);
    worthless.advance(60);
    expect(worthless.positions()).toHaveLength(1);
    expect(unwatched(worthless)).toEqual([]);
  });
});

describe('a start after the chain has expired', () => {
  /** The engine is gone in the afternoon, with a condor open, and comes back. */
  function backAt(minutes: number, options: RigOptions = {}): DeskRig {
    const rig = new DeskRig({ minutes: 14 * 60 });
    rig.openPosition();
    const again = new DeskRig({
      market: newYorkInstant(rig.session.date, minutes),
      records: rig.records(),
      isOpen: false,
      brokerName: 'tastytrade',
      ...options,
    });
    again.gateway.isMute = true;
    again.step({ kind: 'listing', at: again.at, listing: again.listing() });
    again.freeze(3);
    return again;
  }

  it('pages what is still open once, and what can be done about it', () => {
    const rig = backAt(16 * 60 + 20);
    const [position] = rig.positions();
    expect(unwatched(rig)).toMatchObject([{ severity: 'critical', action: 'trigger' }]);
    expect(unwatched(rig)[0]).toHaveProperty(
      'text',
      `${position?.positionId} is still open and its chain has expired (16:15:00): nothing here watches or closes it. tastytrade takes no more orders in it. Ask its trade desk to close it or not to exercise it, or hedge what it may become`,
    );
    expect(rig.alerts()).not.toContain('OPEN_PAST_DEADLINE');
  });

  it('says until when it trades at the broker where a setting has ended the chain before', () => {
    const expireMinutes = 15 * 60 + 30;
    const rig = backAt(15 * 60 + 31, { expireMinutes });
    expect(unwatched(rig)).toHaveLength(1);
    expect(unwatched(rig)[0]).toHaveProperty(
      'text',
      expect.stringMatching(
        /\(15:30:00\).* It trades at tastytrade until 16:15:00: close it there$/,
      ),
    );
    const capabilities = { orderCutoffMinutes: expireMinutes };
    const late = backAt(15 * 60 + 31, { expireMinutes, capabilities });
    expect(unwatched(late)[0]).toHaveProperty('text', expect.stringContaining('no more orders'));
  });

  it('ends the incident once the broker has settled it', () => {
    const rig = backAt(16 * 60 + 20);
    settleAll(rig, () => 0);
    rig.freeze(1);
    expect(rig.positions()).toEqual([]);
    expect(unwatched(rig)).toMatchObject([{ action: 'trigger' }, { action: 'resolve' }]);
  });

  it('says at its end of shares that came of it', () => {
    const rig = backAt(16 * 60 + 20);
    const [position] = rig.positions();
    settleAll(rig, (right, quantity) => (right === 'call' && quantity < 0 ? -100 : 0));
    rig.freeze(1);
    const text = `${position?.positionId} is gone; -100 shares of SPY are held`;
    expect(unwatched(rig).at(-1)).toMatchObject({ action: 'resolve', text });
  });

  it('hears the underlying, and tells nothing where everything is flat', () => {
    const rig = new DeskRig({ minutes: 16 * 60 + 20, isOpen: false });
    rig.freeze(5);
    const heard = rig.effects.filter(({ kind }) => kind === 'subscribe');
    expect(heard).toEqual([{ kind: 'subscribe', symbols: ['SPY'] }]);
    expect(rig.alerts()).not.toContain('OPEN_PAST_ORDERS');
  });

  /** A long call out of the money is held, and the engine comes back once its chain has expired. */
  function backWithLong(minutes: number, options: RigOptions = {}): DeskRig {
    const rig = new DeskRig({ minutes: 14 * 60 + 5 });
    rig.openPosition(LOTTO);
    const market = newYorkInstant(rig.session.date, minutes);
    const again = new DeskRig({ market, records: rig.records(), isOpen: false, ...options });
    again.gateway.isMute = true;
    again.step({ kind: 'clock', at: again.at });
    return again;
  }

  it.each([
    { date: '2026-11-20', minutes: 18 * 60 },
    { date: MONDAY, minutes: 9 * 60 },
  ])('pages what expired in a session before, once ($date, minute $minutes)', (start) => {
    const market = newYorkInstant(sessionDate(start.date), start.minutes);
    const rig = backAt(15 * 60, { market });
    expect(unwatched(rig)).toEqual([]);
    rig.freeze(60);
    expect(unwatched(rig)).toMatchObject([{ severity: 'critical', action: 'trigger' }]);
    settleAll(rig, () => 0);
    rig.freeze(1);
    expect(unwatched(rig).at(-1)).toMatchObject({ action: 'resolve' });
  });

  it('calls nobody in the next sessions for longs that their own close left worthless', () => {
    const rig = new DeskRig({ minutes: 14 * 60 + 5 });
    rig.openPosition(LOTTO);
    rig.edit = ({ ask }) => ({ bid: undefined, ask });
    rig.goTo(15 * 60 + 52);
    rig.advance(5);
    rig.gateway.isMute = true;
    rig.goTo(16 * 60 - 1);
    rig.goTo(16 * 60 + 14);
    rig.goTo(16 * 60 + 15);
    const startOn = (date: string, records: readonly AuditRecord[]): DeskRig => {
      const market = newYorkInstant(sessionDate(date), 9 * 60);
      const again = new DeskRig({ market, records, isOpen: false });
      again.gateway.isMute = true;
      again.freeze(60);
      return again;
    };
    const monday = startOn(MONDAY, rig.records());
    monday.spot = 620;
    monday.open();
    for (const minutes of [15 * 60, 15 * 60 + 52, 16 * 60 + 15, 17 * 60 + 31, 18 * 60]) {
      monday.goTo(minutes, MONDAY);
      monday.advance(2);
    }
    expect(monday.session.date).toBe('2026-11-24');
    for (const each of [monday, startOn('2026-11-24', monday.records())]) {
      expect(each.positions()).toHaveLength(1);
      expect([...unwatched(each), ...told(each)]).toEqual([]);
    }
  });

  it('tells nothing of its own deadline of what expired in a session before', () => {
    const market = newYorkInstant(sessionDate(MONDAY), 9 * 60);
    const rig = backAt(15 * 60, { market });
    rig.freeze(60);
    rig.open();
    rig.goTo(DEADLINE);
    rig.advance(5);
    expect(unwatched(rig)).toMatchObject([{ action: 'trigger' }]);
    expect(told(rig)).toEqual([]);
  });

  it('calls nobody for longs that are worth nothing, once a price clear of them is known', () => {
    const rig = backWithLong(16 * 60 + 20);
    rig.spot = 590;
    rig.step({ kind: 'feed', at: rig.at, connected: true, detail: 'test' });
    rig.freeze(20);
    rig.advance(60);
    rig.spot = 620;
    rig.advance(60);
    expect(rig.positions()).toHaveLength(1);
    expect(unwatched(rig)).toEqual([]);
  });

  it('pages longs that are in the money, and those of which no price is heard for half a minute', () => {
    const known = backWithLong(16 * 60 + 20);
    known.step({ kind: 'feed', at: known.at, connected: true, detail: 'test' });
    known.spot = 620;
    known.advance(3);
    expect(unwatched(known)).toHaveLength(1);
    const deaf = backWithLong(16 * 60 + 20);
    deaf.freeze(29);
    expect(unwatched(deaf)).toEqual([]);
    deaf.freeze(1);
    expect(unwatched(deaf)).toHaveLength(1);
  });

  it('pages longs that come into the money while they trade still', () => {
    const rig = backWithLong(15 * 60 + 31, { expireMinutes: 15 * 60 + 30 });
    rig.step({ kind: 'feed', at: rig.at, connected: true, detail: 'test' });
    rig.advance(60);
    expect(unwatched(rig)).toEqual([]);
    rig.spot = 620;
    rig.advance(5);
    expect(unwatched(rig)).toHaveLength(1);
  });

  it('pages longs that came into the money by the close of a session whose chain ended early', () => {
    const rig = backWithLong(15 * 60 + 31, { expireMinutes: 15 * 60 + 30 });
    rig.step({ kind: 'feed', at: rig.at, connected: true, detail: 'test' });
    rig.advance(5);
    const late = backWithLong(16 * 60 + 16, {
      expireMinutes: 15 * 60 + 30,
      records: rig.records(),
    });
    late.step({ kind: 'feed', at: late.at, connected: true, detail: 'test' });
    late.spot = 620;
    late.advance(3);
    expect(unwatched(late)).toHaveLength(1);
  });

  it('tells nothing before the expiry: the position is watched as ever', () => {
    const rig = backAt(15 * 60);
    expect(unwatched(rig)).toEqual([]);
    expect(rig.day.chainOpen).toBe(true);
  });
});
