import { describe, expect, it } from 'vitest';
import type { BrokerEvent } from '../../../src/broker/order-gateway.ts';
import { askedOf } from '../../../src/desk/orders/flatten-progress.ts';
import type { Instrument } from '../../../src/engine/domain/instrument.ts';
import { instrumentSymbol, parseOccSymbol } from '../../../src/engine/domain/instrument.ts';
import type { LegAction } from '../../../src/engine/domain/order.ts';
import { addMicros, cents, MICROS_PER_SECOND, price } from '../../../src/engine/domain/units.ts';
import { CONSOLE, DeskRig } from '../../support/desk-rig.ts';

const CALL: Instrument = parseOccSymbol('SPY   261120C00615000')!;

function isBid(rig: DeskRig, bid: number | undefined): void {
  rig.edit = (sides, right, strike) => {
    return right === 'call' && strike > 612 ? { bid, ask: 0.03 } : sides;
  };
}

type Execution = Extract<BrokerEvent, { kind: 'fill' }>;

/** An execution at another screen, told `lateSeconds` after it happened. */
function bought(rig: DeskRig, quantity: number, lateSeconds = 0): Execution {
  return traded(rig, 'buyToOpen', quantity, lateSeconds);
}

function sold(rig: DeskRig, quantity: number, lateSeconds = 0): Execution {
  return traded(rig, 'sellToClose', quantity, lateSeconds);
}

function traded(rig: DeskRig, action: LegAction, quantity: number, lateSeconds = 0): Execution {
  const marketAt = addMicros(rig.at.market, -lateSeconds * MICROS_PER_SECOND);
  const money = { price: price(200), feesCents: cents(0), marketAt };
  const id = `${action}-${quantity}-${lateSeconds}`;
  const ids = { fillId: id, intentId: `external-${id}` };
  return { kind: 'fill', fill: { ...ids, ...money, instrument: CALL, action, quantity } };
}

/** Somebody's call that nobody bids for, left to expire by a flatten of the morning. */
function left(): DeskRig {
  const rig = new DeskRig();
  rig.gateway.editSnapshot = () => undefined;
  isBid(rig, undefined);
  rig.brokerSays(bought(rig, 1));
  rig.advance(2);
  rig.ask({ kind: 'flattenNow' }, CONSOLE);
  rig.advance(5);
  expect(rig.orders()).toEqual([]);
  rig.goTo(13 * 60);
  return rig;
}

/** The broker's next pictures hold what this book holds. */
function agrees(rig: DeskRig): void {
  rig.gateway.editSnapshot = (snapshot) => {
    const held = [...rig.desk.context.book.held()];
    const positions = held.map(([symbol, quantity]) => ({ symbol, quantity }));
    return { ...snapshot, positions, fillsSince: snapshot.asOf.market };
  };
}

/** What was sent, and its broker says nothing of. */
function sent(rig: DeskRig): string[] {
  const ours = rig.orders().filter(({ intent }) => intent.strategy !== 'external');
  return ours.flatMap(({ intent }) => {
    const { purpose, quantity, legs } = intent;
    return legs.map(({ instrument }) => `${purpose} ${quantity} ${instrumentSymbol(instrument)}`);
  });
}

const ONE = ['flatten 1 SPY   261120C00615000'];
const ALL = ['flatten 11 SPY   261120C00615000'];

describe('what others open of a contract that a flatten left to expire', () => {
  it('is theirs: no more is sold than was held when everything was asked to be closed', () => {
    for (const isRestarted of [false, true]) {
      const before = left();
      before.brokerSays(bought(before, 10));
      const rig = isRestarted ? before.restart() : before;
      rig.gateway.isMute = true;
      rig.gateway.editSnapshot = () => undefined;
      isBid(rig, 0.02);
      rig.advance(6);
      expect(sent(rig)).toEqual(ONE);
    }
  });

  it('is none of it once that was sold, and holds nothing down then', () => {
    const rig = left();
    rig.brokerSays(bought(rig, 10));
    rig.gateway.isMute = true;
    isBid(rig, 0.02);
    rig.advance(3);
    const { intentId } = rig.orders()[0]!.intent;
    const sold = { action: 'sellToClose', quantity: 1, intentId, fillId: 'ours' } as const;
    const money = { instrument: CALL, price: price(200), feesCents: cents(0) };
    rig.brokerSays(
      { kind: 'accepted', intentId, brokerOrderId: 'b-1' },
      { kind: 'fill', fill: { ...sold, ...money, marketAt: rig.at.market } },
    );
    agrees(rig);
    rig.advance(30);
    expect(sent(rig)).toEqual(ONE);
    expect(rig.positions()).toMatchObject([{ quantity: 10 }]);
    expect(rig.day.flattening.size).toBe(0);
    expect(rig.day.status.causes).not.toContain('flattening');
    expect(rig.alerts()).toContain('FLATTEN_DONE');
  });

  it('and close again takes nothing from what was asked for', () => {
    for (const closed of [10, 6]) {
      const before = left();
      before.brokerSays(bought(before, 10));
      before.advance(60);
      before.brokerSays(sold(before, closed));
      before.advance(3);
      expect(before.alerts()).not.toContain('FLATTEN_DONE');
      for (const rig of [before.restart(), before]) {
        rig.gateway.isMute = true;
        rig.gateway.editSnapshot = () => undefined;
        isBid(rig, 0.02);
        rig.advance(6);
        expect(sent(rig)).toEqual(ONE);
      }
    }
  });

  it('and close counts as it happened, in whatever turn it is told', () => {
    const rows = [
      [40, 20, ONE],
      [20, 40, []],
    ] as const;
    for (const [boughtAgo, soldAgo, orders] of rows) {
      for (const isReversed of [false, true]) {
        const rig = left();
        const told = [bought(rig, 1, boughtAgo), sold(rig, 1, soldAgo)];
        rig.brokerSays(...(isReversed ? told.toReversed() : told));
        rig.gateway.isMute = true;
        agrees(rig);
        isBid(rig, 0.02);
        rig.advance(6);
        expect(sent(rig)).toEqual(orders);
        expect(rig.alerts().includes('FLATTEN_DONE')).toBe(orders.length === 0);
      }
    }
  });

  it('and close again is theirs still where the broker takes that back', () => {
    const rig = left();
    rig.brokerSays(bought(rig, 10));
    const sale = sold(rig, 10);
    const { intentId, fillId } = sale.fill;
    const legs = [{ instrument: CALL, action: 'sellToClose', ratio: 1 }] as const;
    const order = { intentId, brokerOrderId: 'B-9', legs, remaining: 10, limit: price(200) };
    rig.gateway.editSnapshot = (snapshot) => ({ ...snapshot, workingOrders: [order] });
    rig.advance(4);
    rig.gateway.editSnapshot = () => undefined;
    rig.brokerSays(sale, { kind: 'busted', intentId, fillId, reason: 'erroneous' });
    expect(rig.positions()).toMatchObject([{ quantity: 11 }]);
    rig.gateway.isMute = true;
    isBid(rig, 0.02);
    rig.advance(6);
    expect(sent(rig)).toEqual(ONE);
  });

  it('is taken in by the next flatten, and where it had been bought before the first', () => {
    const again = left();
    again.brokerSays(bought(again, 10));
    const early = left();
    early.brokerSays(bought(early, 10, 3 * 60 * 60));
    for (const rig of [again, early]) {
      rig.gateway.isMute = true;
      if (rig === again) rig.ask({ kind: 'flattenNow' }, CONSOLE);
      isBid(rig, 0.02);
      rig.advance(6);
      expect(sent(rig)).toEqual(ALL);
    }
  });
});

describe('short shares of somebody else', () => {
  it('that are covered in part during a flatten leave the rest asked for, whatever the broker calls that', () => {
    const rig = new DeskRig();
    rig.gateway.editSnapshot = () => undefined;
    rig.gateway.isMute = true;
    const instrument = { kind: 'shares', symbol: 'SPY' } as const;
    const trade = (fillId: string, action: LegAction, quantity: number): Execution => {
      const money = { price: price(6_000_000), feesCents: cents(0), marketAt: rig.at.market };
      const ids = { fillId, intentId: `external-${fillId}` };
      return { kind: 'fill', fill: { ...ids, ...money, instrument, action, quantity } };
    };
    rig.brokerSays(trade('short', 'sellToOpen', 200));
    rig.advance(2);
    rig.ask({ kind: 'flattenNow' }, CONSOLE);
    rig.advance(1);
    rig.brokerSays(trade('cover', 'buyToOpen', 100));
    const [position] = rig.positions();
    expect(askedOf(rig.desk.context, position!)).toBe(100);
    rig.advance(1);
    rig.brokerSays(trade('more', 'sellToOpen', 50));
    expect(askedOf(rig.desk.context, rig.positions()[0]!)).toBe(100);
  });
});
