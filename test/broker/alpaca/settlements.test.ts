import { describe, expect, it } from 'vitest';
import { readSettlement } from '../../../src/broker/alpaca/settlements.ts';
import type { BrokerEvent } from '../../../src/broker/order-gateway.ts';
import { instrumentSymbol } from '../../../src/engine/domain/instrument.ts';
import { sessionTimes } from '../../../src/engine/domain/session-calendar.ts';
import { epochMicros, priceFromDollars, sessionDate } from '../../../src/engine/domain/units.ts';
import { optionLeg } from '../../support/legs.ts';
import { AlpacaRig, LONG_CALL, witness } from './alpaca-rig.ts';

const SYMBOL = 'SPY260804P00630000';
const NOW = epochMicros(1);

function booked(id: string, date: string, change: object = {}) {
  const what = { activity_type: 'OPEXP', symbol: SYMBOL, qty: '-1', net_amount: '0' };
  return { id, date, ...what, ...change };
}

function settledIn(events: readonly BrokerEvent[]): string[] {
  return events.flatMap((event) => {
    if (event.kind !== 'settlement') return [];
    const { settlementId, instrument } = event.settlement;
    return [`${settlementId} ${instrumentSymbol(instrument)}`];
  });
}

describe('what Alpaca books of an option', () => {
  it.each([
    ['OPASN', 'SPY260804P00630000', '2', ['assigned', -2, 200]],
    ['OPASN', 'SPY260804C00630000', '2', ['assigned', -2, -200]],
    ['OPEXC', 'SPY260804P00630000', '-2', ['exercised', 2, -200]],
    ['OPEXC', 'SPY260804C00630000', '-2', ['exercised', 2, 200]],
    ['OPEXP', 'SPY260804C00630000', '-2', ['expired', 2, 0]],
    ['OPEXP', 'SPY260804C00630000', '2', ['expired', -2, 0]],
  ])('as %s of %s, %s contracts', (kind, symbol, qty, expected) => {
    const read = readSettlement(
      booked('1', '2026-08-04', { activity_type: kind, symbol, qty }),
      NOW,
    );
    expect([read?.outcome, read?.quantity, read?.shares]).toEqual(expected);
  });

  it('in cash is paid to a long and by a short, and moves no shares', () => {
    const cash = { activity_type: 'OPCSH', symbol: 'SPXW260804C06400000' };
    const long = readSettlement(
      booked('1', '2026-08-04', { ...cash, qty: '-2', net_amount: '1500' }),
      NOW,
    );
    expect(long).toMatchObject({ outcome: 'exercised', quantity: 2, shares: 0 });
    expect(long?.cashPerShare).toBe(priceFromDollars(7.5));
    const short = readSettlement(
      booked('1', '2026-08-04', { ...cash, qty: '2', net_amount: '-1500' }),
      NOW,
    );
    expect(short).toMatchObject({ outcome: 'assigned', quantity: -2, shares: 0 });
    expect(short?.cashPerShare).toBe(priceFromDollars(7.5));
  });

  it.each(['OPCSH', 'OPEXP', 'OPASN', 'OPEXC'])('as %s of no contract settles nothing', (kind) => {
    for (const qty of ['0', '-0', 0, '0.000000001']) {
      const row = booked('1', '2026-08-04', { activity_type: kind, qty, net_amount: '1250' });
      expect(readSettlement(row, NOW)).toBeUndefined();
    }
  });

  it('counts at the mark of its own day, whenever it is booked', () => {
    const mark = sessionTimes(sessionDate('2026-08-04'))?.exerciseMark;
    expect(readSettlement(booked('1', '2026-08-05'), NOW)?.marketAt).toBe(mark);
  });
});

describe('the activities of an account', () => {
  it('are looked at every five minutes, and not at every beat', () => {
    const rig = new AlpacaRig();
    const reads = () => rig.sent('GET /v2/account/activities').length;
    const before = reads();
    rig.pass(905);
    expect(reads() - before).toBe(3);
  });

  it('are looked at as soon as a contract has left the account', () => {
    const rig = new AlpacaRig({ minutes: 15 * 60 + 11 });
    const long = witness(rig.intent([optionLeg('buyToOpen', 'call', 670)], -0.05, 1));
    rig.place(long);
    rig.trade(long.intent.intentId, 1);
    rig.venue.quote('SPY', 63_799, 63_801);
    const isHeld = () => rig.gateway.snapshot(rig.at())?.positions.length === 1;
    rig.pass(5);
    expect(isHeld()).toBe(true);
    const events: BrokerEvent[] = [];
    while (isHeld()) events.push(...rig.pass(1));
    events.push(...rig.pass(2));
    expect(settledIn(events)).toHaveLength(1);
  });

  it('may hold one of no contract, before which no run ends', () => {
    const rig = new AlpacaRig();
    const none = booked('1', '2026-08-04', {
      activity_type: 'OPCSH',
      qty: '0',
      net_amount: '12.50',
    });
    rig.venue.account.activities.push(none, booked('2', '2026-08-04'));
    expect(settledIn(rig.pass(310))).toEqual(['2 SPY   260804P00630000']);
    const again = rig.restarted();
    expect(again.snapshot().asOf.market).toBeGreaterThan(0);
  });

  it('are read to their last page', () => {
    const rig = new AlpacaRig();
    const ids = Array.from({ length: 230 }, (_, index) => `2026::${1_000 + index}`);
    rig.venue.account.activities.push(...ids.map((id) => booked(id, '2026-08-04')));
    expect(settledIn(rig.pass(301))).toHaveLength(230);
    expect(settledIn(rig.pass(301))).toEqual([]);
  });

  it('of before the journal began belong to somebody else’s positions', () => {
    const rig = new AlpacaRig();
    const order = witness(rig.intent([LONG_CALL], -1, 1));
    rig.place(order);
    const days = ['2026-07-31', '2026-08-03', '2026-08-04'];
    rig.venue.account.activities.push(...days.map((day) => booked(`${day}::a`, day)));
    const told = ['2026-08-04::a SPY   260804P00630000'];
    expect(settledIn(rig.pass(301))).toEqual(told);
    const again = new AlpacaRig({
      venue: rig.venue,
      history: { intents: [order.intent], brokerEvents: [] },
    });
    expect(settledIn(again.events)).toEqual(told);
  });
});
