import { describe, expect, it } from 'vitest';
import type { BrokerEvent } from '../../../src/broker/order-gateway.ts';
import { PaperBroker } from '../../../src/broker/paper/paper-broker.ts';
import type { OptionContract } from '../../../src/engine/domain/instrument.ts';
import type { Fill } from '../../../src/engine/domain/order.ts';
import {
  addMicros,
  cents,
  centsFromDollars,
  MICROS_PER_DAY,
  price,
  priceFromDollars,
  sessionDate,
} from '../../../src/engine/domain/units.ts';
import { DeskRig, LOTTO, valueIn } from '../../support/desk-rig.ts';
import { CALM_KNOBS } from '../../support/rig-broker.ts';

const limits = {
  maxDailyLossCents: centsFromDollars(5_000),
  maxTradeLossCents: centsFromDollars(3_000),
  maxOpenRiskCents: centsFromDollars(9_000),
  portfolioDeltaCap: 500,
};

/** Four contracts of which closes of so many rest, one after another. */
function asking(...units: readonly (number | undefined)[]) {
  const rig = new DeskRig({ limits, minutes: 14 * 60 + 30 });
  const { positionId } = rig.openPosition({ ...LOTTO, quantity: 4 });
  rig.size = 0;
  rig.quotes();
  for (const each of units) valueIn(rig.confirm(rig.previewClose(positionId, each).tokenSha256));
  return { rig, positionId };
}

/** Contracts that are still to go, by what was asked for, and whether all of it is. */
function toGo(rig: DeskRig) {
  return [...rig.day.askedCloses.values()].map(({ isOfAll, legs }) => {
    return { isOfAll, legs: [...legs.values()].map((leg) => leg.toGo) };
  });
}

describe('what is still to go of a position', () => {
  it('is what its closes take', () => {
    expect(toGo(asking(1).rig)).toEqual([{ isOfAll: false, legs: [1] }]);
    expect(toGo(asking(1, 2).rig)).toEqual([{ isOfAll: false, legs: [3] }]);
  });

  it('is all once that was asked for, and that stands', () => {
    expect(toGo(asking(undefined).rig)).toEqual([{ isOfAll: true, legs: [4] }]);
    expect(toGo(asking(1, undefined).rig)).toEqual([{ isOfAll: true, legs: [4] }]);
  });

  it('follows from the records', () => {
    for (const units of [[1, 2], [1, undefined], [3]]) {
      const { rig } = asking(...units);
      expect(toGo(rig.restart(undefined, { isOpen: false }))).toEqual(toGo(rig));
    }
  });

  it('is recorded of a close of all, and of no other', () => {
    const { rig } = asking(1, undefined);
    const closes = rig.bodies('intentRecorded').filter(({ intent }) => intent.purpose === 'close');
    expect(closes.map(({ closesAll }) => closesAll)).toEqual([undefined, true]);
  });

  it('is told by no record of another session', () => {
    const { rig } = asking(1);
    const market = addMicros(rig.at.market, 3 * MICROS_PER_DAY);
    const later = rig.restart(undefined, { market, isOpen: false });
    expect(toGo(later)).toEqual([]);
  });
});

describe('what a trader asked to be closed is the contracts held then', () => {
  const option: OptionContract = {
    kind: 'option',
    root: 'SPY',
    right: 'call',
    expiry: sessionDate('2026-11-20'),
    strike: priceFromDollars(604),
  };

  function fill(rig: DeskRig, intentId: string, change: Partial<Fill>): BrokerEvent {
    const facts = { instrument: option, price: price(5_000), feesCents: cents(0) };
    const of = { intentId, action: 'buyToOpen', quantity: 1, fillId: `${intentId}-1` } as const;
    return { kind: 'fill', fill: { ...facts, ...of, marketAt: rig.at.market, ...change } };
  }

  /** A close that works at a broker that says nothing else. */
  function closing(rig: DeskRig, positionId: string, units?: number): string {
    rig.gateway.isMute = true;
    rig.gateway.editSnapshot = () => undefined;
    rig.send({ kind: 'confirm', tokenSha256: rig.previewClose(positionId, units).tokenSha256 });
    const { intentId } = rig.orders().at(-1)!.intent;
    rig.brokerSays({ kind: 'accepted', intentId, brokerOrderId: 'b-1' });
    return intentId;
  }

  /** Five calls that somebody bought elsewhere, and a close of them, or of some, that works. */
  function external(units?: number) {
    const rig = new DeskRig({ limits });
    rig.brokerSays(fill(rig, 'app-1', { quantity: 5 }));
    const positionId = rig.positions()[0]?.positionId ?? '';
    const intentId = closing(rig, positionId, units);
    const closes = (quantity: number) =>
      rig.brokerSays(fill(rig, intentId, { action: 'sellToClose', quantity }));
    return { rig, positionId, closes };
  }

  /** The same records in a new run, at a broker that says nothing. */
  function restarted(rig: DeskRig): DeskRig {
    const broker = () =>
      new PaperBroker({
        accountId: 'PAPER-1',
        seed: 7,
        knobs: CALM_KNOBS,
        history: { intents: [], brokerEvents: [] },
      });
    const again = rig.restart(undefined, { isOpen: false, broker });
    again.gateway.isMute = true;
    again.open();
    again.advance(30);
    return again;
  }

  it('and over once those are gone, after a restart too, where more is bought', () => {
    for (const units of [undefined, 2]) {
      const { rig, closes } = external(units);
      closes(units ?? 5);
      rig.brokerSays(fill(rig, 'app-2', { quantity: 2 }));
      rig.advance(30);
      expect(rig.day.askedCloses.size).toBe(0);
      const again = restarted(rig);
      expect(again.day.askedCloses.size).toBe(0);
      expect(again.orders()).toHaveLength(1);
    }
  });

  it('and not what is bought while it works', () => {
    for (const units of [undefined, 2]) {
      const { rig, closes } = external(units);
      rig.brokerSays(fill(rig, 'app-2', { quantity: 3 }));
      rig.advance(10);
      closes(units ?? 5);
      rig.advance(30);
      expect(rig.positions()).toMatchObject([{ quantity: units === undefined ? 3 : 6 }]);
      expect(rig.orders()).toHaveLength(1);
    }
  });

  it('and not again, in a run and after a restart, what the broker takes back of it later', () => {
    const { rig, positionId, closes } = external();
    closes(5);
    const { intentId } = rig.orders()[0]!.intent;
    rig.brokerSays({ kind: 'busted', intentId, fillId: `${intentId}-1`, reason: 'erroneous' });
    const search = { outcome: 'found', standing: 'filled', evidence: 'x' } as const;
    rig.brokerSays({ kind: 'searched', intentId, search });
    rig.advance(30);
    expect(rig.positions().map((each) => each.positionId)).toEqual([positionId]);
    expect(rig.orders()).toHaveLength(1);
    expect(restarted(rig).orders()).toHaveLength(1);
  });

  it('and again, while it goes on, what the broker takes back of it', () => {
    const { rig, positionId, closes } = external(4);
    closes(1);
    const legs = () => [...(rig.day.askedCloses.get(positionId)?.legs.values() ?? [])];
    expect(legs()).toMatchObject([{ toGo: 3, held: 4 }]);
    const { intentId } = rig.orders()[0]!.intent;
    rig.brokerSays({ kind: 'busted', intentId, fillId: `${intentId}-1`, reason: 'erroneous' });
    expect(legs()).toMatchObject([{ toGo: 4, held: 5 }]);
  });

  /** An opening of six of which three have filled, and the fills that follow. */
  function halfOpened() {
    const rig = new DeskRig({ limits, minutes: 14 * 60 + 30 });
    const { tokenSha256 } = rig.preview({ ...LOTTO, quantity: 6 });
    rig.size = 0;
    rig.quotes();
    rig.send({ kind: 'confirm', tokenSha256 });
    const { intentId, positionId, legs } = rig.orders()[0]!.intent;
    const { instrument } = legs[0]!;
    const fills = (fillId: string, quantity: number) =>
      rig.brokerSays(fill(rig, intentId, { fillId, instrument, quantity }));
    fills('o-1', 3);
    const ends = () => rig.brokerSays({ kind: 'cancelled', intentId, remaining: 1 });
    const sells = (by: string, quantity: number) =>
      rig.brokerSays(fill(rig, by, { action: 'sellToClose', instrument, quantity }));
    return { rig, positionId, fills, ends, sells };
  }

  it('and of some units not what its opening fills behind it', () => {
    const { rig, positionId, fills } = halfOpened();
    closing(rig, positionId, 1);
    fills('o-2', 2);
    rig.advance(10);
    const closes = rig.orders().filter(({ intent }) => intent.purpose !== 'open');
    expect(closes.map(({ intent }) => intent.quantity)).toEqual([1]);
  });

  it('and where all is to go that too', () => {
    const { rig, positionId, fills } = halfOpened();
    closing(rig, positionId);
    fills('o-2', 2);
    rig.advance(10);
    const closes = rig.orders().filter(({ intent }) => intent.purpose !== 'open');
    expect(closes.map(({ intent }) => intent.quantity)).toEqual([3, 2]);
  });

  it('and where all is to go that too once nothing is held, until the opening has ended', () => {
    const { rig, positionId, fills, ends, sells } = halfOpened();
    sells(closing(rig, positionId), 3);
    expect(rig.positions()).toEqual([]);
    fills('o-2', 2);
    rig.advance(5);
    const next = rig.orders().at(-1)?.intent;
    expect(next).toMatchObject({ purpose: 'exit', quantity: 2 });
    rig.brokerSays({ kind: 'accepted', intentId: next?.intentId ?? '', brokerOrderId: 'b-2' });
    sells(next?.intentId ?? '', 2);
    expect(rig.day.askedCloses.size).toBe(1);
    ends();
    expect(rig.day.askedCloses.size).toBe(0);
  });
});
