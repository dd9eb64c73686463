import { describe, expect, it } from 'vitest';
import type { BrokerEvent } from '../../../src/broker/order-gateway.ts';
import { instrumentSymbol, parseOccSymbol } from '../../../src/engine/domain/instrument.ts';
import { newYorkInstant } from '../../../src/engine/domain/session-calendar.ts';
import type { EpochMicros, SessionDate } from '../../../src/engine/domain/units.ts';
import { cents, price, sessionDate } from '../../../src/engine/domain/units.ts';
import { TastytradeVenue } from '../../support/tastytrade/tastytrade-venue.ts';
import { ACCOUNT, newVenue, TASTY_DATE, TastyRig } from './tasty-rig.ts';

/** A call that was worth something at the end of its day, and is gone from the account since. */
const SYMBOL = 'SPY   260804C00600000';
const SETTLED_AT = 637.5;
const MINUTE = 60_000;
const READ = /^GET .*\/transactions/;

/** The venue a while after a day of the account on which a contract settled. */
function venueAfter(
  symbol: string,
  { day, now, minutes }: { day: SessionDate; now: SessionDate; minutes: number },
): TastytradeVenue {
  const venue = new TastytradeVenue(newYorkInstant(day, 16 * 60 + 20) / 1_000, ACCOUNT);
  venue.account.lots.set(symbol, { quantity: 1, average: 3 });
  venue.endSession(SETTLED_AT);
  venue.clock.advance(newYorkInstant(now, minutes) / 1_000 - venue.clock.millis);
  return venue;
}

/** An engine whose journal holds that the operator took the contract over, two hours before it settled
 * unless it is said when. */
function ownerOf(symbol: string, venue: TastytradeVenue, since?: EpochMicros): TastyRig {
  const instrument = parseOccSymbol(symbol);
  if (instrument === undefined) throw new Error('the symbol is one of an option');
  const what = { fillId: 'adopted-1', intentId: 'external', instrument, quantity: 1 } as const;
  const money = { price: price(30_000), feesCents: cents(0) };
  const marketAt = since ?? newYorkInstant(instrument.expiry, 14 * 60);
  const fill = { ...what, ...money, action: 'buyToOpen', marketAt } as const;
  const history = { intents: [], brokerEvents: [{ kind: 'fill', fill } as const] };
  return new TastyRig({ venue, history });
}

function evening(): TastyRig {
  const day = TASTY_DATE;
  return ownerOf(SYMBOL, venueAfter(SYMBOL, { day, now: day, minutes: 16 * 60 + 30 }));
}

function settledIn(events: readonly BrokerEvent[]): string[] {
  return events.flatMap((event) => {
    return event.kind === 'settlement' ? [instrumentSymbol(event.settlement.instrument)] : [];
  });
}

function reads({ venue }: TastyRig): number {
  return venue.seen.filter((line) => READ.test(line)).length;
}

describe('settlements at tastytrade', () => {
  it('are read to the last page of a busy account', () => {
    const rig = evening();
    const [row] = rig.venue.account.transactions;
    for (let other = 0; other < 450; other += 1) {
      rig.venue.account.transactions.push({ ...row, id: 20_000 + other, symbol: 'QQQ' });
    }
    expect(settledIn([...rig.connect(), ...rig.pass(MINUTE)])).toEqual([SYMBOL]);
    expect(reads(rig)).toBe(3);
  });

  it('are looked for every two minutes, and not at every beat', () => {
    const rig = evening();
    rig.connect();
    const before = reads(rig);
    rig.pass(20 * MINUTE, 500);
    expect(reads(rig) - before).toBe(10);
  });

  it('are looked for again after an answer that failed', () => {
    const rig = evening();
    rig.venue.faults.add(READ, 'gateway', 1);
    rig.venue.faults.add(READ, 'lost', 1);
    expect(settledIn(rig.connect())).toEqual([]);
    expect(settledIn(rig.pass(6 * MINUTE, 500))).toEqual([SYMBOL]);
  });

  it.each(['gateway', 'nonsense'] as const)(
    'of the day before are looked for again within minutes where the read of a start met "%s"',
    (fault) => {
      const now = sessionDate('2026-08-05');
      const at = { day: TASTY_DATE, now, minutes: 9 * 60 + 40 };
      const rig = ownerOf(SYMBOL, venueAfter(SYMBOL, at));
      rig.venue.faults.add(READ, fault, 1);
      expect(settledIn(rig.connect())).toEqual([]);
      expect(settledIn(rig.pass(3 * MINUTE, 500))).toEqual([SYMBOL]);
    },
  );

  describe('of a part that was assigned early', () => {
    const later = 'SPY   260807C00630000';

    /** Nine in the morning: of two calls that somebody is short of one was assigned overnight. */
    function assignedOvernight(): TastytradeVenue {
      const venue = newVenue(9 * 60);
      const short = { quantity: -1, average: 3 };
      venue.account.lots.set(later, short);
      venue.account.settle(later, 640);
      venue.account.lots.set(later, short);
      venue.account.showPositions();
      venue.clock.advance(MINUTE);
      return venue;
    }

    it('are not told of what is first seen after it', () => {
      const rig = new TastyRig({ venue: assignedOvernight() });
      expect(settledIn([...rig.connect(), ...rig.pass(10 * MINUTE, 10_000)])).toEqual([]);
      rig.venue.account.settle(later, 640);
      expect(settledIn(rig.pass(10 * MINUTE, 10_000))).toEqual([later]);
    });

    it('are not told of what the operator took over after it', () => {
      const venue = assignedOvernight();
      const takenOver = new TastyRig({ venue }).at().market;
      expect(settledIn(ownerOf(later, venue, takenOver).connect())).toEqual([]);
    });

    it('are told of what was held before it', () => {
      const venue = assignedOvernight();
      const before = newYorkInstant(sessionDate('2026-08-03'), 15 * 60);
      expect(settledIn(ownerOf(later, venue, before).connect())).toEqual([later]);
    });
  });

  it('of what was first seen after the exercise mark of its last day are told', () => {
    const rig = evening();
    const { market } = rig.at();
    expect(settledIn(ownerOf(SYMBOL, rig.venue, market).connect())).toEqual([SYMBOL]);
  });

  it('of a Friday before a holiday are told on the Tuesday', () => {
    const symbol = 'SPY   260904C00600000';
    const [day, now] = [sessionDate('2026-09-04'), sessionDate('2026-09-08')];
    const rig = ownerOf(symbol, venueAfter(symbol, { day, now, minutes: 9 * 60 + 40 }));
    expect(settledIn(rig.connect())).toEqual([symbol]);
  });
});
