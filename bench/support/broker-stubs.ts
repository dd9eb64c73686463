/** The brokers' stubs on loopback as a bench meets them: the adapter and what it needs, and the same
 * order as a bare request. */
import { AlpacaGateway } from '../../src/broker/alpaca/alpaca-gateway.ts';
import { ALPACA_PACE } from '../../src/broker/alpaca/alpaca-pace.ts';
import type { OrderGateway } from '../../src/broker/order-gateway.ts';
import type { PacePlan } from '../../src/broker/request-pacer.ts';
import { TastytradeGateway } from '../../src/broker/tastytrade/tastytrade-gateway.ts';
import { TASTYTRADE_PACE } from '../../src/broker/tastytrade/tastytrade-pace.ts';
import type { BrokerWire } from '../../src/desk/threads/broker-wire.ts';
import type { AccountPace } from '../../src/desk/threads/request-turns-shell.ts';
import { newAccountPace } from '../../src/desk/threads/request-turns-shell.ts';
import type { WireSecrets } from '../../src/desk/threads/wire-secrets-shell.ts';
import { keySecrets, OAuthSecrets } from '../../src/desk/threads/wire-secrets-shell.ts';
import { newYorkInstant } from '../../src/engine/domain/session-calendar.ts';
import type { EpochMicros } from '../../src/engine/domain/units.ts';
import { sessionDate } from '../../src/engine/domain/units.ts';
import { AlpacaServer } from '../../test/support/alpaca/alpaca-server.ts';
import { StubRateLimit } from '../../test/support/alpaca/stub-routes.ts';
import { TastytradeServer } from '../../test/support/tastytrade/tastytrade-server.ts';
import { TastytradeVenue } from '../../test/support/tastytrade/tastytrade-venue.ts';
import { check } from './bench.ts';

const AT = newYorkInstant(sessionDate('2026-08-04'), 600);
const AGENT = { 'user-agent': 'deltaring/bench' };
const JSON_TYPE = { 'content-type': 'application/json' };
const ACCOUNT = '5WT00001';
/** Enough that no order is refused for want of money. */
const CASH_DOLLARS = 1_000_000_000;
const HISTORY = { intents: [], brokerEvents: [] };
/** The same condor at both. */
const STRIKES = ['P00590', 'P00595', 'C00605', 'C00610'];

/** An order as it is posted to the broker, with nothing behind it. */
export interface BareOrder {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface BrokerStub {
  readonly name: string;
  readonly gateway: OrderGateway;
  readonly wire: BrokerWire;
  readonly secrets: WireSecrets;
  /** Requests that arrived, and orders among them. */
  counts(): { readonly requests: number; readonly orders: number };
  /** One condor as its request: another one each time. */
  bareOrder(): BareOrder;
  stop(): Promise<void>;
}

/** The broker's ceilings, each for a microsecond: a turn is taken, and never waited for. */
function unhurried(plan: PacePlan): AccountPace {
  return newAccountPace(plan.map((ceiling) => ({ ...ceiling, windowMicros: 1 })));
}

/** Sends it by fetch alone, and reads its answer. */
export async function fetchOrder({ url, headers, body }: BareOrder): Promise<void> {
  const response = await fetch(url, { method: 'POST', headers, body });
  check(response.ok, 'the bare order is taken as well');
  await response.json();
}

export async function tastytradeStub(): Promise<BrokerStub> {
  const venue = new TastytradeVenue(AT / 1_000, ACCOUNT, CASH_DOLLARS);
  const server = await TastytradeServer.start(venue);
  const { login } = venue;
  const grant = { grant_type: 'refresh_token', client_secret: login.clientSecret };
  const asked = JSON.stringify({ ...grant, refresh_token: login.refreshToken });
  const { access_token: token } = login.token(asked, 'application/json').body as {
    access_token: string;
  };
  const secrets = new OAuthSecrets(
    () => undefined,
    () => performance.now(),
  );
  const millisLeft = 3_600_000;
  secrets.onAnswer({ kind: 'access', token, millisLeft, millisToRenewal: millisLeft });
  const order = JSON.stringify({
    'order-type': 'Limit',
    'time-in-force': 'Day',
    price: '1.25',
    'price-effect': 'Credit',
    'external-identifier': 'bare',
    legs: STRIKES.map((strike, index) => ({
      'instrument-type': 'Equity Option',
      symbol: `SPY   260804${strike}000`,
      quantity: 1,
      action: index === 0 || index === 3 ? 'Buy to Open' : 'Sell to Open',
    })),
  });
  const headers = { ...AGENT, ...JSON_TYPE, authorization: `Bearer ${token}` };
  return {
    name: 'tastytrade',
    gateway: new TastytradeGateway({ accountId: ACCOUNT, source: 'bench', history: HISTORY }),
    wire: {
      restUrl: server.restUrl,
      socketUrl: server.socketUrl,
      headers: AGENT,
      login: { kind: 'oauth' },
      pace: unhurried(TASTYTRADE_PACE),
    },
    secrets,
    counts: () => ({ requests: venue.seen.length, orders: venue.orders.posts }),
    bareOrder: () => ({
      url: `${server.restUrl}/accounts/${ACCOUNT}/orders`,
      headers,
      body: order,
    }),
    stop: () => server.stop(),
  };
}

/** Its clock stands at `at`. */
export async function alpacaStub(at: EpochMicros = AT): Promise<BrokerStub> {
  const server = new AlpacaServer({ now: at });
  const { venue, key: keyId, secret: secretKey } = server;
  server.rate = new StubRateLimit(Number.POSITIVE_INFINITY);
  venue.account.cashCents = CASH_DOLLARS * 100;
  venue.market.listsEverything = true;
  await server.listen();
  const login = { kind: 'keys', keyId, secretKey } as const;
  const headers = {
    ...AGENT,
    ...JSON_TYPE,
    'apca-api-key-id': keyId,
    'apca-api-secret-key': secretKey,
  };
  const legs = STRIKES.map((strike, index) => {
    const side = index === 0 || index === 3 ? 'buy' : 'sell';
    return {
      symbol: `SPY260804${strike}000`,
      ratio_qty: '1',
      side,
      position_intent: `${side}_to_open`,
    };
  });
  let bare = 0;
  return {
    name: 'alpaca',
    gateway: new AlpacaGateway({
      accountId: venue.account.number,
      underlying: 'SPY',
      history: HISTORY,
      at: { market: at, wall: at },
    }),
    wire: {
      restUrl: server.url,
      socketUrl: `${server.url.replace(/^http/, 'ws')}/stream`,
      headers: AGENT,
      login,
      pace: unhurried(ALPACA_PACE),
    },
    secrets: keySecrets(login),
    counts: () => ({ requests: server.requests.length, orders: venue.orders.length }),
    bareOrder: () => {
      bare += 1;
      const fixed = { order_class: 'mleg', type: 'limit', time_in_force: 'day', qty: '1' };
      const order = { ...fixed, limit_price: '-1.25', client_order_id: `bare-${bare}`, legs };
      return { url: `${server.url}/v2/orders`, headers, body: JSON.stringify(order) };
    },
    stop: () => server.close(),
  };
}
