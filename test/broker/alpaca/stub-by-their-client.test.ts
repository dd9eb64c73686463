/** Alpaca's own npm client against the stub: what it accepts of REST and stream is checked by code
 * that this project did not write. */

import type { trading } from '@alpacahq/alpaca-trade-api';
import { Alpaca, ApiError, streaming } from '@alpacahq/alpaca-trade-api';
import { afterEach, describe, expect, it } from 'vitest';
import { newYorkInstant } from '../../../src/engine/domain/session-calendar.ts';
import { sessionDate } from '../../../src/engine/domain/units.ts';
import { AlpacaServer } from '../../support/alpaca/alpaca-server.ts';
import { optionLeg } from '../../support/legs.ts';

const DATE = sessionDate('2026-08-04');
const [LONG_PUT, SHORT_PUT, SHORT_CALL, LONG_CALL] = [
  'SPY260804P00635000',
  'SPY260804P00640000',
  'SPY260804C00660000',
  'SPY260804C00665000',
];
const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function stub(secret = 'stub-secret') {
  const server = new AlpacaServer({ now: newYorkInstant(DATE, 600) });
  await server.listen();
  closing.push(() => server.close());
  const { market } = server.venue;
  market.list(
    [635, 640, 660, 665].flatMap((strike) =>
      (['put', 'call'] as const).flatMap((right) => {
        const { instrument } = optionLeg('buyToOpen', right, strike);
        return instrument.kind === 'option' ? [instrument] : [];
      }),
    ),
  );
  const client = new Alpaca({
    keyId: server.key,
    secret,
    retry: false,
    rateLimit: false,
    fetchApi: (input: string | URL | Request, init?: RequestInit) => {
      const { pathname, search } = new URL(input instanceof Request ? input.url : input);
      return fetch(server.url + pathname + search, init);
    },
  });
  return { server, client };
}

function condor(limitPrice: string, clientOrderId: string): trading.PostOrderRequest {
  const leg = (symbol: string | undefined, side: 'buy' | 'sell') => ({
    symbol: symbol ?? '',
    ratioQty: '1',
    side,
    positionIntent: `${side}_to_open` as const,
  });
  return {
    orderClass: 'mleg',
    qty: '2',
    type: 'limit',
    limitPrice,
    timeInForce: 'day',
    clientOrderId,
    legs: [
      leg(LONG_PUT, 'buy'),
      leg(SHORT_PUT, 'sell'),
      leg(SHORT_CALL, 'sell'),
      leg(LONG_CALL, 'buy'),
    ],
  } as trading.PostOrderRequest;
}

async function refusalOf(call: Promise<unknown>): Promise<unknown> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ApiError);
  return error;
}

describe("Alpaca's own client", () => {
  it('reads account, clock, calendar, contracts and chain page by page', async () => {
    const { server, client } = await stub();
    const account = await client.trading.account.getAccount();
    expect(account).toMatchObject({ accountNumber: 'PA3TESTSTUB1', cash: '100000.00' });
    expect((await client.trading.clock.legacyClock()).isOpen).toBe(true);
    const days = await client.trading.calendar.legacyCalendar({
      start: new Date('2026-11-25'),
      end: new Date('2026-11-28'),
    });
    expect(days.map(({ close }) => close)).toEqual(['16:00', '13:00']);
    server.venue.quote(SHORT_PUT ?? '', 150, 160);
    server.venue.quote(LONG_PUT ?? '', 80, 90);
    server.venue.market.withoutGreeks.add(LONG_PUT ?? '');
    const first = await client.marketData.options.optionChain({
      underlyingSymbol: 'SPY',
      limit: 1,
    });
    const { snapshots, nextPageToken } = await client.marketData.options.optionChain({
      underlyingSymbol: 'SPY',
      limit: 1,
      pageToken: first.nextPageToken ?? '',
    });
    expect(nextPageToken ?? undefined).toBeUndefined();
    const greeks = [first.snapshots, snapshots].map((page) => Object.values(page)[0]?.greeks);
    expect(greeks.filter((each) => each === undefined)).toHaveLength(1);
  });

  it('places, finds, amends and cancels an order of four legs', async () => {
    const { client } = await stub();
    const { orders } = client.trading;
    const placed = await orders.postOrder({ postOrderRequest: condor('-1.60', 'mine-1') });
    expect(placed).toMatchObject({ symbol: '', side: '', status: 'new' });
    expect(placed.legs).toHaveLength(4);
    const found = await orders.getOrderByClientOrderId({ clientOrderId: 'mine-1' });
    expect(found.id).toBe(placed.id);
    await refusalOf(orders.postOrder({ postOrderRequest: condor('-1.60', 'mine-1') }));
    const amended = await orders.patchOrderByOrderId({
      orderId: placed.id ?? '',
      patchOrderRequest: { limitPrice: '-1.50', clientOrderId: 'mine-2' },
    });
    expect(amended).toMatchObject({ replaces: placed.id, limitPrice: '-1.5' });
    await orders.deleteOrderByOrderID({ orderId: amended.id ?? '' });
    const all = await orders.getAllOrders({ status: 'all', nested: true });
    expect(all.map(({ status }) => status)).toEqual(['canceled', 'replaced']);
  });

  it('hears every fill on the stream, in binary frames, and finds it among the activities', async () => {
    const { server, client } = await stub();
    const stream = new streaming.TradingStream({
      credentials: { keyId: server.key, secret: server.secret },
      url: server.streamUrl,
    });
    closing.push(() => stream.disconnect());
    const updates: string[] = [];
    const filled = new Promise<void>((resolve) => {
      stream.onTradeUpdate(({ event, executionId, order }) => {
        updates.push(`${event} ${order.filledQty} ${executionId === undefined ? '-' : 'id'}`);
        if (event === 'fill') resolve();
      });
    });
    const listening = new Promise<void>((resolve) => {
      stream.onConnect(() => stream.subscribeTradeUpdates());
      stream.on(streaming.EVENT.SUBSCRIPTION, () => resolve());
    });
    stream.connect();
    await listening;
    await client.trading.orders.postOrder({ postOrderRequest: condor('-1.60', 'mine-1') });
    const order = server.venue.byClientId('mine-1');
    server.venue.fill(order, 1);
    server.venue.fill(order, 1);
    await filled;
    expect(updates).toEqual(['pending_new 0 -', 'new 0 -', 'partial_fill 1 id', 'fill 2 id']);
    const activities = await client.trading.accountActivities.getAccountActivitiesByActivityType({
      activityType: 'FILL',
    });
    expect(activities).toHaveLength(8);
    const positions = await client.trading.positions.getAllOpenPositions();
    expect(positions.map(({ qty }) => qty).toSorted()).toEqual(['-2', '-2', '2', '2']);
  });

  it('is told 401 for a wrong secret, 403 for an uncovered short and 429 beyond the limit', async () => {
    const { client } = await stub('another');
    expect(await refusalOf(client.trading.account.getAccount())).toMatchObject({ status: 401 });
    const { server, client: known } = await stub();
    const naked = known.trading.orders.limit({
      symbol: SHORT_PUT ?? '',
      qty: 1,
      side: 'sell',
      limitPrice: '1.50',
      positionIntent: 'sell_to_open',
    });
    expect(await refusalOf(naked)).toMatchObject({ status: 403 });
    for (let i = 0; i < 199; i += 1) server.rate.take(server.venue.now);
    expect(await refusalOf(known.trading.account.getAccount())).toMatchObject({ status: 429 });
  });

  it('closes and cancels many at once, each with its own answer', async () => {
    const { server, client } = await stub();
    const { venue } = server;
    for (const id of ['mine-1', 'mine-2']) {
      await client.trading.orders.postOrder({ postOrderRequest: condor('-1.60', id) });
    }
    venue.fill(venue.byClientId('mine-1'), 2);
    const cancelled = await client.trading.orders.deleteAllOrders();
    expect(cancelled).toMatchObject([{ status: 200 }]);
    const closed = await client.trading.positions.deleteAllOpenPositions({});
    // A long that covers a short is not given back before it.
    expect(closed.map(({ symbol, status }) => `${symbol} ${status}`)).toEqual([
      `${LONG_PUT} 403`,
      `${SHORT_PUT} 200`,
      `${SHORT_CALL} 200`,
      `${LONG_CALL} 403`,
    ]);
  });

  it('meets what the control door of the stub is told to do', async () => {
    const { server, client } = await stub();
    const control = async (body: object) => {
      const answer = await fetch(`${server.url}/control`, {
        method: 'POST',
        body: JSON.stringify(body),
      });
      expect(answer.status).toBe(200);
    };
    await control({ request: { target: 'POST /v2/orders', fault: 'dropAnswer' } });
    const { orders } = client.trading;
    const lost = orders.postOrder({ postOrderRequest: condor('-1.60', 'mine-1') });
    await expect(lost).rejects.toThrow();
    expect((await orders.getOrderByClientOrderId({ clientOrderId: 'mine-1' })).status).toBe('new');
    await control({ advanceTo: newYorkInstant(DATE, 15 * 60 + 30) });
    const late = orders.postOrder({ postOrderRequest: condor('-1.60', 'mine-2') });
    expect(await refusalOf(late)).toMatchObject({ status: 422 });
    await control({ advanceTo: newYorkInstant(DATE, 16 * 60 + 15) });
    expect(server.venue.byClientId('mine-1').status).toBe('expired');
  });
});
