/**
 * What does an order at a real broker cost: how many requests, how long from approved to the socket,
 * and how long to the broker's answer beside a bare fetch to the same stub?
 *
 *     submit ─► body ─► [request handed to a kept connection] ─► stub ─► answer ─► accepted
 *
 * The stub answers on loopback at once, so the difference to the fetch is the engine's own.
 */
import { approve } from '../src/broker/approved-order.ts';
import type { GatewayEffect } from '../src/broker/order-gateway.ts';
import { TastytradeGateway } from '../src/broker/tastytrade/tastytrade-gateway.ts';
import { TASTYTRADE_PACE } from '../src/broker/tastytrade/tastytrade-pace.ts';
import { BrokerWireShell } from '../src/desk/threads/broker-wire-shell.ts';
import { newAccountPace } from '../src/desk/threads/request-turns-shell.ts';
import { OAuthSecrets } from '../src/desk/threads/wire-secrets-shell.ts';
import { systemClock } from '../src/engine/domain/clock.ts';
import type { OrderIntent } from '../src/engine/domain/order.ts';
import { newYorkInstant } from '../src/engine/domain/session-calendar.ts';
import { priceFromDollars, sessionDate } from '../src/engine/domain/units.ts';
import { condorLegs } from '../test/support/legs.ts';
import { TastytradeServer } from '../test/support/tastytrade/tastytrade-server.ts';
import { TastytradeVenue } from '../test/support/tastytrade/tastytrade-venue.ts';
import type { Bench, BenchContext, BenchReport } from './support/bench.ts';
import { check } from './support/bench.ts';
import type { Measure } from './support/paired.ts';
import { oneByOneAsync, paired, rowOf } from './support/paired.ts';
import { nanosNow } from './support/samples.ts';

const NAME = 'broker-orders';
const AGENT = 'deltaring/bench';
/** Enough that no order is refused for want of money. */
const CASH_DOLLARS = 1_000_000_000;
/** The broker's ceilings, each for a microsecond: a turn is taken, and never waited for. */
const UNHURRIED = TASTYTRADE_PACE.map((ceiling) => ({ ...ceiling, windowMicros: 1 }));
const PATH = '/accounts/5WT00001/orders';

/** The adapter and its shell before the stub, with the login in place. */
class OrderRoad {
  readonly server: TastytradeServer;
  readonly token: string;
  readonly #gateway = new TastytradeGateway({
    accountId: '5WT00001',
    source: AGENT,
    history: { intents: [], brokerEvents: [] },
  });
  readonly #shell: BrokerWireShell;
  #answered = Promise.withResolvers<void>();
  #orders = 0;

  private constructor(server: TastytradeServer) {
    this.server = server;
    const { login } = server.venue;
    const grant = { grant_type: 'refresh_token', client_secret: login.clientSecret };
    const body = JSON.stringify({ ...grant, refresh_token: login.refreshToken });
    const answer = login.token(body, 'application/json').body as { access_token: string };
    this.token = answer.access_token;
    const secrets = new OAuthSecrets(
      () => undefined,
      () => performance.now(),
    );
    secrets.onAnswer({ kind: 'access', token: this.token, millisLeft: 3_600_000 });
    this.#shell = new BrokerWireShell({
      wire: {
        restUrl: server.restUrl,
        socketUrl: server.socketUrl,
        headers: { 'user-agent': AGENT },
        login: { kind: 'oauth' },
        pace: newAccountPace(UNHURRIED),
      },
      secrets,
      onInput: (input) => this.#take(this.#gateway.onWire(input, systemClock.now())),
      jitter: () => 1,
    });
  }

  static async start(): Promise<OrderRoad> {
    const at = newYorkInstant(sessionDate('2026-08-04'), 600) / 1_000;
    const venue = new TastytradeVenue(at, '5WT00001', CASH_DOLLARS);
    return new OrderRoad(await TastytradeServer.start(venue));
  }

  async stop(): Promise<void> {
    this.#shell.stop();
    await this.server.stop();
  }

  /** Submits one condor. `sent` hears when its request is with the socket. */
  async order(sent: () => void = () => undefined): Promise<void> {
    this.#answered = Promise.withResolvers();
    this.#orders += 1;
    const effects = this.#gateway.submit(approved(this.#orders), systemClock.now());
    this.#take(effects);
    sent();
    await this.#answered.promise;
  }

  #take(effects: readonly GatewayEffect[]): void {
    for (const effect of effects) {
      if (effect.kind !== 'event') this.#shell.perform(effect);
      else {
        check(effect.event.kind === 'accepted', `each order is accepted, not ${effect.event.kind}`);
        this.#answered.resolve();
      }
    }
  }
}

function approved(count: number) {
  const intentId = `20260804-${String(count).padStart(6, '0')}`;
  const limit = priceFromDollars(1.25);
  const intent: OrderIntent = {
    intentId,
    purpose: 'open',
    strategy: 'iron_condor_30_delta',
    positionId: intentId,
    legs: condorLegs([590, 595, 605, 610]),
    quantity: 1,
    limit,
    worst: limit,
    principal: 'bench',
  };
  return approve(intent, { approved: true, checks: [], limitsVersion: 'bench' });
}

function toTheSocket(road: OrderRoad, times: number): Measure {
  return async (samples) => {
    for (let i = 0; i < times; i += 1) {
      const startedAt = nanosNow();
      await road.order(() => samples.record(nanosNow() - startedAt));
    }
  };
}

/** The bytes of the same order, by fetch and nothing else. */
function bareFetch({ server, token }: OrderRoad): () => Promise<void> {
  const body = JSON.stringify({
    'order-type': 'Limit',
    'time-in-force': 'Day',
    price: '1.25',
    'price-effect': 'Credit',
    'external-identifier': 'bare',
    legs: ['P00590', 'P00595', 'C00605', 'C00610'].map((strike, index) => ({
      'instrument-type': 'Equity Option',
      symbol: `SPY   260804${strike}000`,
      quantity: 1,
      action: index === 0 || index === 3 ? 'Buy to Open' : 'Sell to Open',
    })),
  });
  const headers = {
    authorization: `Bearer ${token}`,
    'user-agent': AGENT,
    'content-type': 'application/json',
  };
  return async () => {
    const response = await fetch(server.restUrl + PATH, { method: 'POST', headers, body });
    const answer = (await response.json()) as { data?: { order?: { id?: number } } };
    check(answer.data?.order?.id !== undefined, 'the bare order is taken as well');
  };
}

async function run(context: BenchContext): Promise<BenchReport> {
  const times = context.count(120);
  const road = await OrderRoad.start();
  try {
    const socket = await paired(context, { ours: toTheSocket(road, times) });
    const { seen, orders } = road.server.venue;
    const requests = seen.length / orders.posts;
    check(requests === 1, 'an order is one request');
    const answer = await paired(context, {
      ours: oneByOneAsync(() => road.order(), times),
      peer: oneByOneAsync(bareFetch(road), times),
    });
    const names = { bench: NAME, unit: 'us' } as const;
    const each = { p50: requests, p99: requests, p999: requests };
    return {
      rows: [
        { bench: NAME, metric: 'tastytrade: requests an order', unit: 'requests', ...each },
        rowOf({ ...names, metric: 'tastytrade: approved to the socket' }, socket),
        rowOf(
          { ...names, metric: "tastytrade: approved to the broker's answer", peer: 'fetch' },
          answer,
        ),
      ],
      checks: ['every order was accepted, by one POST each'],
      notes: ['Four-leg condor; stub of the broker on loopback in the same process, no TLS.'],
    };
  } finally {
    await road.stop();
  }
}

export const bench: Bench = {
  name: NAME,
  question: 'How many requests, and how long from an approved order to a real broker?',
  run,
};
