import { describe, expect, it } from 'vitest';
import { AlpacaGateway } from '../../../src/broker/alpaca/alpaca-gateway.ts';
import { newYorkInstant } from '../../../src/engine/domain/session-calendar.ts';
import { sessionDate } from '../../../src/engine/domain/units.ts';
import { uuid } from '../../support/alpaca/stub-order.ts';
import type { YearBroker } from '../year-of-sessions.ts';
import { Year } from '../year-of-sessions.ts';

const STATUS = { working: 'new', filled: 'filled', cancelled: 'canceled' } as const;

function alpaca(): YearBroker {
  const start = newYorkInstant(sessionDate('2026-08-04'), 0);
  return {
    gateway: new AlpacaGateway({
      accountId: 'PA3TESTSTUB1',
      underlying: 'SPY',
      history: { intents: [], brokerEvents: [] },
      at: { market: start, wall: start },
    }),
    orderText: ({ id, name, state, date }) =>
      JSON.stringify({
        id: uuid(id),
        client_order_id: name,
        symbol: `SPY${date.slice(2).replaceAll('-', '')}P00640000`,
        asset_class: 'us_option',
        order_class: 'simple',
        type: 'limit',
        side: 'sell',
        position_intent: 'sell_to_open',
        qty: '1',
        filled_qty: state === 'filled' ? '1' : '0',
        filled_avg_price: state === 'filled' ? '1' : null,
        limit_price: '1',
        status: STATUS[state],
        submitted_at: `${date}T14:00:00.000000Z`,
        legs: null,
      }),
    frameOf: (text) => {
      const order: unknown = JSON.parse(text);
      return JSON.stringify({ stream: 'trade_updates', data: { event: 'order', order } });
    },
  };
}

describe('an engine that runs a year without a restart', () => {
  it('keeps of the orders of Alpaca what the last session needs', () => {
    const year = new Year(alpaca());
    const kept = year.run();
    expect(year.count('fill')).toBe(2);
    expect(year.count('cancelled')).toBe(1);
    expect(year.count('rejected')).toBe(1);
    expect(year.count('unknown')).toBe(1);
    expect(Math.max(...kept.slice(20))).toBeLessThan(60);
  });
});
