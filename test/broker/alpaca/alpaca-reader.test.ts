/** The account reader against the stub: each question, and what Alpaca cannot answer. */

import { describe, expect, it } from 'vitest';
import type { Reading, ReadResult } from '../../../src/broker/account-reader.ts';
import { failed } from '../../../src/broker/account-reader.ts';
import { alpacaReader } from '../../../src/broker/alpaca/alpaca-reader.ts';
import { serve } from '../../support/alpaca/stub-routes.ts';
import { READ_WALL } from '../../support/reading.ts';
import { AlpacaRig, LONG_CALL, LONG_PUT, SHORT_PUT, witness } from './alpaca-rig.ts';

const READER = alpacaReader('PA3TESTSTUB1');

/** A venue, and a driver of readings on it; `status` instead of its answers where given. */
function account(status?: number) {
  const rig = new AlpacaRig();
  const paths: string[] = [];
  const run = <T>(reading: Reading<T>): ReadResult<T> => {
    let turn = reading.next();
    while (turn.done !== true) {
      const step = turn.value;
      if (step.kind !== 'http') throw new Error('this reader asks over HTTP only');
      const { method, path, body } = step;
      paths.push(`${step.service ?? 'trading'} ${path}`);
      const answer = serve(rig.venue, { method, path, body });
      const given = status === undefined ? answer : { status, body: 'secret words' };
      turn = reading.next({ kind: 'answer', ...given, wall: READ_WALL });
    }
    return turn.value;
  };
  const value = <T>(reading: Reading<T>): T => {
    const result = run(reading);
    if (result.kind !== 'read') throw new Error(`not read: ${JSON.stringify(result)}`);
    expect(result).toMatchObject({ source: 'alpaca', wall: READ_WALL });
    return result.value;
  };
  return { rig, run, value, paths };
}

describe('the account', () => {
  it('is told with its level, its money in cents and what it held when the day began', () => {
    const { value } = account();
    expect(value(READER.accounts({})).accounts).toMatchObject([
      { accountId: 'PA3TESTSTUB1', type: 'Margin', optionsLevel: '3', isTraded: true },
    ]);
    expect(value(READER.balances({}))).toMatchObject({
      netLiquidatingValueCents: 10_000_000,
      cashCents: 10_000_000,
      optionBuyingPowerCents: 10_000_000,
      startOfDayCents: 10_000_000,
    });
    const { points } = value(READER.netLiqHistory({ back: '1m' }));
    expect(points).toMatchObject([{ netLiquidatingValueCents: 10_000_000 }]);
  });

  it('shows positions, orders and what was booked in the words of an order ticket', () => {
    const { rig, value } = account();
    const spread = witness(rig.intent([SHORT_PUT, LONG_PUT], 1, 2));
    rig.place(spread);
    rig.trade(spread.intent.intentId, 2);
    const resting = witness(rig.intent([LONG_CALL], -1.25, 1));
    rig.place(resting);
    const { positions } = value(READER.positions({}));
    expect(positions).toMatchObject([
      { symbol: 'SPY   260804P00640000', kind: 'option', underlying: 'SPY', quantity: -2 },
      { symbol: 'SPY   260804P00635000', quantity: 2, averagePrice: 1 },
    ]);
    expect(value(READER.liveOrders({})).orders).toMatchObject([
      {
        clientOrderId: resting.intent.intentId,
        status: 'working',
        limitPrice: -1.25,
        legs: [{ symbol: 'SPY   260804C00660000', action: 'Buy to Open', quantity: 1 }],
      },
    ]);
    const { orders } = value(READER.orderHistory({ limit: 10 }));
    expect(orders[1]).toMatchObject({
      status: 'filled',
      quantity: 2,
      filledQuantity: 2,
      limitPrice: 1,
      averageFillPrice: 1,
    });
    const booked = value(READER.transactions({ limit: 1, from: '2026-08-04', to: '2026-08-04' }));
    expect(booked.transactions).toMatchObject([
      { type: 'trade', action: 'Buy', quantity: 2, price: 1, netCents: -20_000 },
    ]);
  });

  it('keeps private watchlists, and says that there are no others', () => {
    const { run, value } = account();
    const { watchlist } = value(READER.writeWatchlist({ name: 'core', symbols: ['SPY', 'QQQ'] }));
    expect(watchlist).toEqual({ name: 'core', kind: 'private', symbols: ['SPY', 'QQQ'] });
    value(READER.writeWatchlist({ name: 'core', symbols: ['SPY'] }));
    const { watchlists } = value(READER.watchlists({ kind: 'private' }));
    expect(watchlists).toEqual([{ name: 'core', kind: 'private', symbols: ['SPY'] }]);
    expect(value(READER.deleteWatchlist({ name: 'core' }))).toEqual({ deleted: 'core' });
    expect(run(READER.deleteWatchlist({ name: 'core' }))).toMatchObject({ kind: 'notFound' });
    expect(value(READER.watchlists({ kind: 'private' })).watchlists).toEqual([]);
    expect(run(READER.watchlists({ kind: 'public' }))).toMatchObject({ kind: 'unsupported' });
  });
});

describe('the market', () => {
  it('is quoted by two services of the data host; what neither knows is left out', () => {
    const { rig, value, paths } = account();
    rig.venue.quote('SPY260804P00640000', undefined, 15);
    rig.venue.quote('SPY', 64_000, 64_002);
    const symbols = ['SPY   260804P00640000', 'SPY   260804P00635000', 'SPY'];
    const { quotes } = value(READER.quotes({ symbols }));
    expect(quotes).toMatchObject([
      { symbol: 'SPY   260804P00640000', bid: null, ask: 0.15 },
      { symbol: 'SPY', bid: 640, ask: 640.02 },
    ]);
    expect(paths.every((path) => path.startsWith('data '))).toBe(true);
  });

  it('has symbols by their whole name, and no metrics: what to use instead is said', () => {
    const { run, value } = account();
    expect(value(READER.symbols({ text: 'spy', limit: 5 })).symbols).toMatchObject([
      { symbol: 'SPY', hasOptions: true },
    ]);
    expect(run(READER.symbols({ text: 'spider', limit: 5 }))).toMatchObject({ kind: 'notFound' });
    expect(run(READER.metrics({ symbols: ['SPY'] }))).toMatchObject({
      kind: 'unsupported',
      instead: expect.stringContaining('get_option_chain'),
    });
  });
});

describe('an answer that is none', () => {
  it.each([
    [401, 'Alpaca does not take these keys', false],
    [429, "the broker's limit of requests is reached", true],
    [500, 'Alpaca answered 500', true],
    [200, 'Alpaca answered what is no JSON', true],
  ] as const)('of status %d is a failure in our words alone', (status, reason, retryable) => {
    const { run } = account(status);
    for (const reading of [
      READER.balances({}),
      READER.transactions({ limit: 1 }),
      READER.orderHistory({ limit: 1 }),
      READER.quotes({ symbols: ['SPY'] }),
      READER.watchlists({ kind: 'private' }),
    ]) {
      expect(run(reading as Reading<unknown>)).toEqual(failed(reason, retryable));
    }
  });
});
