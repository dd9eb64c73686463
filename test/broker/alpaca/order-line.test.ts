import { describe, expect, it } from 'vitest';
import type { LineOrder, OrderLine } from '../../../src/broker/alpaca/order-line.ts';
import {
  addOrder,
  foldOrder,
  isOversized,
  lacksFills,
  newFills,
  newLine,
  newOrder,
  remainingUnits,
  touchedUnits,
  untouchedUnits,
} from '../../../src/broker/alpaca/order-line.ts';
import { hasEnded, readOrder } from '../../../src/broker/alpaca/wire-order.ts';
import { orderFees } from '../../../src/broker/fees.ts';
import { instrumentSymbol } from '../../../src/engine/domain/instrument.ts';
import type { OrderLeg } from '../../../src/engine/domain/order.ts';
import { epochMicros, price, priceFromDollars } from '../../../src/engine/domain/units.ts';
import { optionLeg } from '../../support/legs.ts';
import { AlpacaRig, LONG_CALL } from './alpaca-rig.ts';

const AT = epochMicros(1);
/** Twice as many of the one as of the other. */
const RATIO = [optionLeg('sellToOpen', 'put', 640), optionLeg('buyToOpen', 'put', 630, 2)];

/** A line with one order of so many units on its way. */
function lineOf(legs: readonly OrderLeg[], units: number) {
  const intent = new AlpacaRig({ isConnected: false }).intent(legs, 1, units);
  const line = newLine(intent);
  const order = newOrder(intent.intentId, units, intent.limit);
  line.orders.push(order);
  return { line, order };
}

interface Told {
  readonly status?: string;
  readonly filled?: number;
  readonly units?: number;
  readonly limit?: string;
  /** Contracts of each leg, at a dollar each. */
  readonly legs?: readonly number[];
}

/** Takes in what the broker says of the order of a line. */
function tell({ line, order }: { line: OrderLine; order: LineOrder }, told: Told): void {
  const { status = 'new', filled = 0, units = order.units, limit = '-1.00', legs = [] } = told;
  const wire = readOrder({
    id: 'order-1',
    client_order_id: order.clientId,
    order_class: 'mleg',
    symbol: '',
    status,
    qty: String(units),
    filled_qty: String(filled),
    limit_price: limit,
    legs: line.intent.legs.map(({ instrument, action, ratio }, index) => ({
      id: `leg-${index}`,
      symbol: instrumentSymbol(instrument).replaceAll(' ', ''),
      position_intent: action.startsWith('sell') ? 'sell_to_open' : 'buy_to_open',
      ratio_qty: String(ratio),
      filled_qty: String(legs[index] ?? 0),
      filled_avg_price: (legs[index] ?? 0) === 0 ? null : '1.00',
    })),
  });
  if (wire === undefined) throw new Error('it can be read');
  foldOrder(line, order, wire);
}

describe('what the broker says of an order', () => {
  it('lets totals grow alone: what was overtaken takes nothing back', () => {
    const told = lineOf(RATIO, 3);
    tell(told, { status: 'partially_filled', filled: 2, legs: [2, 4] });
    tell(told, { status: 'new', filled: 1, legs: [1, 2] });
    expect(told.order.filledUnits).toBe(2);
    expect(newFills(told.line, AT, undefined).map(({ quantity }) => quantity)).toEqual([2, 4]);
  });

  it.each([
    ['filled', true],
    ['canceled', true],
    ['expired', true],
    ['replaced', true],
    ['rejected', true],
    ['done_for_day', true],
    ['new', false],
    ['partially_filled', false],
    ['pending_cancel', false],
    ['a word of tomorrow', false],
  ])('"%s" is an end of it: %s', (status, isEnd) => {
    expect(hasEnded(status)).toBe(isEnd);
  });

  it('lacks fills where it filled and its total is less, unless it lost an execution', () => {
    const told = lineOf([LONG_CALL], 2);
    tell(told, { status: 'partially_filled', filled: 1, legs: [1] });
    expect(lacksFills(told.line)).toBe(false);
    tell(told, { status: 'filled', filled: 1, legs: [1] });
    expect(lacksFills(told.line)).toBe(true);
    told.order.bustedAt = AT;
    expect(lacksFills(told.line)).toBe(false);
    told.order.bustedAt = undefined;
    told.line.takenBack = 1;
    expect(lacksFills(told.line)).toBe(false);
  });

  it('lacks no fills that did not come over some reads, which are counted anew for another order', () => {
    const told = lineOf([LONG_CALL], 2);
    tell(told, { status: 'filled', filled: 1, legs: [1] });
    told.line.vainReads = 5;
    expect(lacksFills(told.line)).toBe(true);
    told.line.vainReads = 6;
    expect(lacksFills(told.line)).toBe(false);
    addOrder(told.line, newOrder(`${told.line.intentId}.1`, 1, told.order.limit));
    expect(lacksFills(told.line)).toBe(true);
  });

  it('leaves an end as it is', () => {
    const told = lineOf(RATIO, 3);
    tell(told, { status: 'canceled' });
    tell(told, { status: 'new' });
    expect(told.order.status).toBe('canceled');
  });
});

describe('what is left of an order', () => {
  it('counts a unit as touched as soon as one contract of it has filled', () => {
    const told = lineOf(RATIO, 3);
    tell(told, { filled: 0, legs: [0, 1] });
    expect(touchedUnits(told.line, told.order)).toBe(1);
    expect(untouchedUnits(told.line)).toBe(2);
    tell(told, { filled: 0, legs: [0, 3] });
    expect(untouchedUnits(told.line)).toBe(1);
    tell(told, { filled: 1, legs: [3, 3] });
    expect(untouchedUnits(told.line)).toBe(0);
    expect(remainingUnits(told.line)).toBe(2);
  });

  it('is too much where an order that lives and what filled before it come to more than was meant', () => {
    const told = lineOf(RATIO, 3);
    tell(told, { status: 'partially_filled', filled: 2, legs: [2, 4] });
    expect(isOversized(told.line)).toBe(false);
    tell(told, { status: 'replaced', filled: 2, legs: [2, 4] });
    const next = newOrder(`${told.line.intentId}.1`, 1, told.order.limit);
    told.line.orders.push(next);
    tell({ line: told.line, order: next }, { units: 1 });
    expect(isOversized(told.line)).toBe(false);
    tell({ line: told.line, order: next }, { units: 3 });
    expect(isOversized(told.line)).toBe(true);
    // As much of it as has filled is no less, and an end of it leaves what has filled alone.
    tell({ line: told.line, order: next }, { units: 2, filled: 1, legs: [1, 2] });
    expect(isOversized(told.line)).toBe(true);
    tell(
      { line: told.line, order: next },
      { status: 'canceled', units: 3, filled: 1, legs: [1, 2] },
    );
    expect(isOversized(told.line)).toBe(false);
  });
});

describe('the executions behind totals', () => {
  const symbol = instrumentSymbol(LONG_CALL.instrument);

  it('cost together what the order costs, however they come', () => {
    const told = lineOf([LONG_CALL], 9);
    const steps = [
      { total: 5, execution: { id: 'a', symbol, quantity: 1, price: price(10_000) } },
      { total: 7, execution: { id: 'b', symbol, quantity: 2, price: price(10_000) } },
      { total: 9, execution: undefined },
    ];
    for (const { total, execution } of steps) {
      tell(told, { filled: total, legs: [total] });
      told.line.fills.push(...newFills(told.line, AT, execution));
    }
    const { fills } = told.line;
    expect(fills.map(({ quantity }) => quantity)).toEqual([4, 1, 2, 2]);
    const fees = fills.reduce((sum, { feesCents }) => sum + feesCents, 0);
    expect(fees).toBe(orderFees('alpaca', [LONG_CALL], 9));
  });

  it('of parts of a share are those that were told, and leave nothing', () => {
    const shares = { kind: 'shares', symbol: 'SPY' } as const;
    const told = lineOf([{ instrument: shares, action: 'buyToOpen', ratio: 1 }], 0.8);
    const part = (id: string, quantity: number) => {
      return { id, symbol: 'SPY', quantity, price: price(10_000) };
    };
    tell(told, { status: 'partially_filled', filled: 0.1, legs: [0.1] });
    told.line.fills.push(...newFills(told.line, AT, part('a', 0.1)));
    expect(remainingUnits(told.line)).toBe(0.7);
    tell(told, { status: 'filled', filled: 0.8, legs: [0.8] });
    told.line.fills.push(...newFills(told.line, AT, part('b', 0.7)));
    expect(told.line.fills.map(({ fillId, quantity }) => [fillId, quantity])).toEqual([
      ['a', 0.1],
      ['b', 0.7],
    ]);
    expect(remainingUnits(told.line)).toBe(0);
  });

  it('are one by what was missed alone where the execution told is larger than what is new', () => {
    const told = lineOf([LONG_CALL], 5);
    tell(told, { filled: 3, legs: [3] });
    told.line.fills.push(...newFills(told.line, AT, undefined));
    tell(told, { filled: 4, legs: [4] });
    const late = { id: 'late', symbol, quantity: 3, price: priceFromDollars(1) };
    const fills = newFills(told.line, AT, late);
    expect(fills.map(({ quantity, fillId }) => [quantity, fillId === 'late'])).toEqual([
      [1, false],
    ]);
  });
});
