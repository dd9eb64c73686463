import { describe, expect, it } from 'vitest';
import { TastytradeGateway } from '../../../src/broker/tastytrade/tastytrade-gateway.ts';
import type { YearBroker } from '../year-of-sessions.ts';
import { Year } from '../year-of-sessions.ts';
import { ACCOUNT } from './tasty-rig.ts';

const STATUS = { working: 'Live', filled: 'Filled', cancelled: 'Cancelled' } as const;

function tastytrade(): YearBroker {
  const history = { intents: [], brokerEvents: [] };
  return {
    gateway: new TastytradeGateway({ accountId: ACCOUNT, source: 'test', history }),
    orderText: ({ id, name, state, date }) => {
      const isFilled = state === 'filled';
      const filledAt = `${date}T14:00:00.5+00:00`;
      const fill = { 'fill-id': id, quantity: 1, 'fill-price': '1.0', 'filled-at': filledAt };
      const leg = {
        'instrument-type': 'Equity Option',
        symbol: `SPY   ${date.slice(2).replaceAll('-', '')}P00640000`,
        quantity: 1,
        'remaining-quantity': isFilled ? 0 : 1,
        action: 'Sell to Open',
        fills: isFilled ? [fill] : [],
      };
      const price = { price: '1.0', 'price-effect': 'Credit' };
      const rest = { 'external-identifier': name, status: STATUS[state], legs: [leg] };
      return JSON.stringify({ data: { order: { id, ...price, ...rest, 'updated-at': id } } });
    },
    frameOf: (text) => {
      const { data } = JSON.parse(text) as { data: { order: object } };
      return JSON.stringify({ type: 'Order', data: data.order });
    },
  };
}

describe('an engine that runs a year without a restart', () => {
  it('keeps of the orders of tastytrade what the last sessions need', () => {
    const year = new Year(tastytrade());
    const kept = year.run();
    expect(year.count('fill')).toBe(2);
    expect(year.count('cancelled')).toBe(1);
    expect(year.count('rejected')).toBe(1);
    expect(year.count('unknown')).toBe(1);
    expect(Math.max(...kept.slice(20))).toBeLessThan(150);
  });
});
