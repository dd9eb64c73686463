import { describe, expect, it } from 'vitest';
import { numberIn, priceIn, readOrder } from '../../src/broker/alpaca/wire-order.ts';
import { balancesIn, positionsIn } from '../../src/broker/tastytrade/account-rows.ts';
import { parseTastyOrder } from '../../src/broker/tastytrade/tasty-order.ts';
import {
  heldOnWire,
  heldPosition,
  MOST_ON_THE_WIRE,
  numberOnWire,
} from '../../src/broker/wire-number.ts';
import { shareQuantity } from '../../src/engine/domain/share-quantity.ts';
import { amountCents, centsFromDollars, priceFromDollars } from '../../src/engine/domain/units.ts';

const HUGE = ['1e15', 1e15, '-10000000001', Number.MAX_VALUE, '1e999'];
const SYMBOL = 'SPY   260804P00640000';

describe('a number on the wire', () => {
  it('comes as a text or as a number, and may be missing', () => {
    expect(['1.5', '-2', 0, '0'].map(numberOnWire)).toEqual([1.5, -2, 0, 0]);
    for (const value of ['', 'n/a', Number.NaN, null, undefined, true, {}]) {
      expect(numberOnWire(value)).toBeUndefined();
    }
  });

  it('is reckoned with exactly up to the most that it may be', () => {
    expect(numberOnWire(String(MOST_ON_THE_WIRE))).toBe(MOST_ON_THE_WIRE);
    expect(centsFromDollars(MOST_ON_THE_WIRE)).toBe(MOST_ON_THE_WIRE * 100);
    expect(amountCents(priceFromDollars(MOST_ON_THE_WIRE), 90)).toBe(MOST_ON_THE_WIRE * 900_000);
  });

  it('may be larger of what is held, as of a coin of little worth, but not its cost', () => {
    expect(['12000000000.5', '-9e15', '1e16'].map(heldOnWire)).toEqual([
      12e9 + 0.5,
      -9e15,
      undefined,
    ]);
    const coins = { symbol: 'PEPEUSD', quantity: 12e9 };
    expect(heldPosition('PEPEUSD', 12e9, 0.000_1)).toEqual({ ...coins, averagePrice: 1 });
    expect(heldPosition('SHIBUSD', 62_993_671.891_671_404, undefined)).toEqual({
      symbol: 'SHIBUSD',
      quantity: shareQuantity(62_993_671.891_671_404),
    });
    expect(heldPosition('PEPEUSD', 12e9, 1)).toBeUndefined();
    expect(heldPosition('PEPEUSD', -12e9, undefined)).toBeUndefined();
    expect(amountCents(priceFromDollars(1), MOST_ON_THE_WIRE)).toBe(MOST_ON_THE_WIRE * 10_000);
    const row = { symbol: 'PEPE/USD', quantity: '12000000000.5', 'quantity-direction': 'Long' };
    const items = [{ ...row, 'average-open-price': '0.000004' }];
    expect(positionsIn(JSON.stringify({ data: { items } }))).toMatchObject([
      { symbol: 'PEPE/USD', quantity: 12e9 + 0.5 },
    ]);
  });

  describe.each(HUGE)('of %s cannot be read', (huge) => {
    it('at Alpaca: as a price, an amount, a quantity or a limit', () => {
      const fields = { price: huge, cash: huge };
      expect([priceIn(fields, 'price'), numberIn(fields, 'cash')]).toEqual([undefined, undefined]);
      const leg = { symbol: 'SPY', side: 'buy', filled_avg_price: huge, filled_qty: huge };
      const rest = { id: 'a', client_order_id: 'b', status: 'new', qty: huge, limit_price: huge };
      const row = { ...leg, ...rest };
      expect(readOrder(row)).toMatchObject({ units: 0, limit: undefined });
    });

    it('at tastytrade: as a price, an amount or a quantity', () => {
      const items = [{ symbol: 'SPY', quantity: huge, 'quantity-direction': 'Long' }];
      expect(positionsIn(JSON.stringify({ data: { items } }))).toBeUndefined();
      const data = { 'cash-balance': huge, 'derivative-buying-power': '1' };
      expect(balancesIn(JSON.stringify({ data }))).toBeUndefined();
      const fill = { 'fill-id': 1, quantity: 1, 'fill-price': huge };
      const leg = { symbol: SYMBOL, quantity: 1, action: 'Buy to Open', fills: [fill] };
      const rest = { price: huge, 'price-effect': 'Debit', 'stop-trigger': huge };
      const order = { id: 1, status: 'Filled', ...rest, legs: [leg] };
      expect(parseTastyOrder(order)).toMatchObject({ awaitsFills: true, stopTrigger: undefined });
      const many = { ...order, legs: [{ ...leg, quantity: huge }] };
      expect(parseTastyOrder(many)).toBeUndefined();
    });
  });
});
