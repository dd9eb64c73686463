import TastytradeClient from '@tastytrade/api';
import { afterEach, describe, expect, it } from 'vitest';
import { newYorkInstant } from '../../../src/engine/domain/session-calendar.ts';
import { sessionDate } from '../../../src/engine/domain/units.ts';
import { TastytradeServer } from './tastytrade-server.ts';
import { TastytradeVenue } from './tastytrade-venue.ts';

const SHORT = 'SPY   261120P00640000';
const LONG = 'SPY   261120P00635000';
const stops: (() => unknown)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

function newVenue(date = '2026-11-20', minutes = 10 * 60): TastytradeVenue {
  const venue = new TastytradeVenue(newYorkInstant(sessionDate(date), minutes) / 1_000);
  venue.quote(SHORT, 1.5, 1.6);
  venue.quote(LONG, 0.8, 0.9);
  return venue;
}

async function serve(venue = newVenue()): Promise<TastytradeServer> {
  const server = await TastytradeServer.start(venue);
  stops.push(() => server.stop());
  return server;
}

function spread(limit = '1.00', extra: object = {}) {
  return {
    'order-type': 'Limit',
    'time-in-force': 'Day',
    price: limit,
    'price-effect': 'Credit',
    'external-identifier': 'tag-1',
    legs: [
      { 'instrument-type': 'Equity Option', symbol: SHORT, quantity: 2, action: 'Sell to Open' },
      { 'instrument-type': 'Equity Option', symbol: LONG, quantity: 2, action: 'Buy to Open' },
    ],
    ...extra,
  };
}

/** A request as this engine makes it, with a login. */
async function ask(
  server: TastytradeServer,
  method: string,
  path: string,
  { body, headers = {} }: { body?: unknown; headers?: Record<string, string> } = {},
) {
  const { login } = server.venue;
  const grant = { grant_type: 'refresh_token', client_secret: login.clientSecret };
  const token = login.token(
    JSON.stringify({ ...grant, refresh_token: login.refreshToken }),
    'application/json',
  ).body as { access_token: string };
  const response = await fetch(server.restUrl + path, {
    method,
    headers: { authorization: `Bearer ${token.access_token}`, 'user-agent': 'test/1', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answered = (await response.json()) as Record<string, never>;
  return { status: response.status, ...answered } as { status: number; error?: { code: unknown } };
}

describe('the stub of tastytrade', () => {
  it('serves the official client: login, accounts, chain, an order through its life, the stream', async () => {
    const server = await serve();
    server.run(20);
    const { login, orders } = server.venue;
    const client = new TastytradeClient({
      baseUrl: server.restUrl,
      accountStreamerUrl: server.socketUrl,
      clientSecret: login.clientSecret,
      refreshToken: login.refreshToken,
      oauthScopes: ['read', 'trade'],
    });
    const accounts = await client.accountsAndCustomersService.getCustomerAccounts();
    expect(accounts).toMatchObject([{ account: { 'account-number': '5WT00001' } }]);
    const chain = await client.instrumentsService.getNestedOptionChain('SPY');
    expect(JSON.stringify(chain)).toContain(SHORT);
    const frames: Record<string, { status?: string }>[] = [];
    const filled = Promise.withResolvers<void>();
    client.accountStreamer.addMessageObserver((frame) => {
      frames.push(frame as Record<string, { status?: string }>);
      if (JSON.stringify(frame).includes('"status":"Filled"')) filled.resolve();
    });
    stops.push(() => client.accountStreamer.stop());
    await client.accountStreamer.start();
    await client.accountStreamer.subscribeToAccounts(['5WT00001']);
    const dry = await client.orderService.postOrderDryRun('5WT00001', spread());
    expect(dry).toMatchObject({ order: { status: 'Received', 'updated-at': 0 } });
    expect(dry.order.id).toBeUndefined();
    const placed = await client.orderService.createOrder('5WT00001', spread());
    expect(placed.order).toMatchObject({ status: 'Routed', 'external-identifier': 'tag-1' });
    await expect.poll(() => orders.headOf('tag-1')?.status).toBe('Live');
    const replaced = await client.orderService.replaceOrder('5WT00001', placed.order.id, {
      'order-type': 'Limit',
      'time-in-force': 'Day',
      price: '0.95',
      'price-effect': 'Credit',
    });
    expect(replaced['replaces-order-id']).toBe(String(placed.order.id));
    await expect.poll(() => orders.headOf('tag-1')?.id).toBe(replaced.id);
    orders.fill(replaced.id, 2);
    await filled.promise;
    const positions = await client.balancesAndPositionsService.getPositionsList('5WT00001');
    expect(positions).toMatchObject([
      { symbol: SHORT, 'quantity-direction': 'Short' },
      { symbol: LONG, 'quantity-direction': 'Long' },
    ]);
    const cash = await client.balancesAndPositionsService.getAccountBalanceValues('5WT00001');
    // 100,000 and 2 x 0.95 x 100, less $1 a contract opened and the passed-on fees, cents rounded up.
    expect(JSON.stringify(cash)).toContain('"cash-balance":"100185.49"');
    await expect(client.orderService.cancelOrder('5WT00001', replaced.id)).rejects.toThrow('422');
  });

  it('gives a complex order to the official client and takes it back', async () => {
    const server = await serve();
    const { login } = server.venue;
    const client = new TastytradeClient({
      baseUrl: server.restUrl,
      accountStreamerUrl: server.socketUrl,
      clientSecret: login.clientSecret,
      refreshToken: login.refreshToken,
      oauthScopes: ['trade'],
    });
    const placed = await client.orderService.createComplexOrder('5WT00001', {
      type: 'OTOCO',
      'trigger-order': spread(),
      orders: [spread('0.50'), spread('2.00')],
    });
    expect(placed['complex-order']).toMatchObject({ type: 'OTOCO', id: 7_001 });
    const gone = await client.orderService.cancelComplexOrder('5WT00001', 7_001);
    expect(gone).toMatchObject({ id: 7_001 });
  });

  it('logs in by JSON and by form, for a while, and only with the right secrets', async () => {
    const server = await serve();
    const { login, clock } = server.venue;
    const post = (body: string, type: string) =>
      fetch(`${server.restUrl}/oauth/token`, {
        method: 'POST',
        headers: { 'content-type': type, 'user-agent': 'test/1' },
        body,
      });
    const grant = {
      grant_type: 'refresh_token',
      client_secret: login.clientSecret,
      refresh_token: login.refreshToken,
    };
    const form = await post(
      new URLSearchParams(grant).toString(),
      'application/x-www-form-urlencoded',
    );
    const { access_token: token } = (await form.json()) as { access_token: string };
    const authorization = `Bearer ${token}`;
    expect(login.isValid(authorization)).toBe(true);
    clock.advance(900_000);
    expect(login.isValid(authorization)).toBe(false);
    const wrong = await post(JSON.stringify({ ...grant, refresh_token: 'x' }), 'application/json');
    expect([wrong.status, await wrong.json()]).toMatchObject([400, { error: 'invalid_grant' }]);
    const nobody = await fetch(`${server.restUrl}/customers/me/accounts`, {
      headers: { 'user-agent': '' },
    });
    expect(nobody.status).toBe(401);
  });

  it('refuses as the service does: versions, dates, throttled reads', async () => {
    const server = await serve();
    const { knobs } = server.venue;
    const path = '/accounts/5WT00001/orders';
    expect(await ask(server, 'GET', path)).toMatchObject({ status: 400 });
    const dated = `${path}?start-date=2026-11-20`;
    const version = (date: string) => ({ headers: { 'accept-version': date } });
    expect(await ask(server, 'GET', dated, version('20261012'))).toMatchObject({ status: 200 });
    expect(await ask(server, 'GET', dated, version('20200101'))).toMatchObject({
      status: 406,
      error: { code: 406 },
    });
    knobs.refusesVersionHeader = true;
    expect(await ask(server, 'GET', dated, version('20261012'))).toMatchObject({ status: 404 });
    const positions = '/accounts/5WT00001/positions';
    expect(await ask(server, 'GET', positions)).toMatchObject({ status: 200 });
    expect(await ask(server, 'GET', positions)).toMatchObject({ status: 429 });
  });

  it.each([
    ['five legs', { legs: Array.from({ length: 5 }, () => spread().legs[0]) }, 'validation_error'],
    ['a symbol twice', { legs: [spread().legs[0], spread().legs[0]] }, 'validation_error'],
    ['no price effect', { 'price-effect': undefined }, 'validation_error'],
    [
      'an unknown symbol',
      { legs: [{ ...spread().legs[0], symbol: 'SPY   261120P09990000' }] },
      'validation_error',
    ],
    ['market on two legs', { 'order-type': 'Market', price: undefined }, 'validation_error'],
    [
      'more than the account carries',
      { legs: spread().legs.map((leg) => ({ ...leg, quantity: 900 })) },
      'preflight_check_failure',
    ],
    [
      'a strict close of nothing',
      {
        legs: [{ ...spread().legs[0], action: 'Buy to Close' }],
        'advanced-instructions': { 'strict-position-effect-validation': true },
      },
      'preflight_check_failure',
    ],
  ])('refuses %s', async (_name, change, code) => {
    const server = await serve();
    const body = spread('1.00', change);
    const answer = await ask(server, 'POST', '/accounts/5WT00001/orders', { body });
    expect([answer.status, answer.error?.code]).toEqual([422, code]);
    expect(server.venue.orders.posts).toBe(0);
  });

  it('turns a close of nothing into an opening where nobody was strict', async () => {
    const server = await serve();
    const body = spread('1.00', { legs: [{ ...spread().legs[0], action: 'Buy to Close' }] });
    const answer = await ask(server, 'POST', '/accounts/5WT00001/orders', { body });
    expect(JSON.stringify(answer)).toContain('closing_with_no_position');
    expect(JSON.stringify(answer)).toContain('Buy to Open');
  });

  it.each([
    ['2026-11-20', 15 * 60 + 29, 201],
    ['2026-11-20', 15 * 60 + 30, 422],
    ['2026-11-27', 12 * 60 + 29, 201],
    ['2026-11-27', 12 * 60 + 30, 422],
    ['2026-03-09', 15 * 60 + 30, 422],
  ])('on %s at minute %i answers a short opening with %i', async (date, minutes, status) => {
    const server = await serve(newVenue(date, minutes));
    const symbol = server.venue.market.symbolOf('P', 640);
    const wing = server.venue.market.symbolOf('P', 635);
    const [short, long] = spread().legs;
    const body = spread('1.00', {
      legs: [
        { ...short, symbol },
        { ...long, symbol: wing },
      ],
    });
    const answer = await ask(server, 'POST', '/accounts/5WT00001/orders', { body });
    expect(answer.status).toBe(status);
  });

  it('obeys its control door: time, quotes, faults, streams', async () => {
    const server = await serve();
    server.venue.orders.knobs.fillsByQuote = true;
    const control = (body: object) =>
      fetch(`${server.restUrl}/control`, { method: 'POST', body: JSON.stringify(body) });
    await control({ fault: { match: '^POST /accounts', fault: 'gateway' } });
    const body = spread();
    await expect(ask(server, 'POST', '/accounts/5WT00001/orders', { body })).rejects.toThrow();
    expect(server.venue.orders.posts).toBe(1);
    await control({ advanceMillis: 100 });
    expect(server.venue.orders.headOf('tag-1')?.status).toBe('Live');
    await control({ quote: { symbol: SHORT, bid: 2, ask: 2.1 } });
    expect(server.venue.orders.byExternalId('tag-1')?.status).toBe('Filled');
  });
});
