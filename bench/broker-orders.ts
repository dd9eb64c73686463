/**
 * What does an order at a real broker cost: how many requests, how long from approved to the socket,
 * and how long to the broker's answer beside a bare fetch to the same stub?
 *
 *     submit ─► body ─► turn ─► [request handed to a kept connection] ─► stub ─► answer ─► accepted
 *
 * The stubs answer on loopback at once, so the difference to the fetch is the engine's own.
 */
import { approve } from '../src/broker/approved-order.ts';
import type { GatewayEffect } from '../src/broker/order-gateway.ts';
import { BrokerWireShell } from '../src/desk/threads/broker-wire-shell.ts';
import { systemClock } from '../src/engine/domain/clock.ts';
import type { OrderIntent } from '../src/engine/domain/order.ts';
import { priceFromDollars } from '../src/engine/domain/units.ts';
import { condorLegs } from '../test/support/legs.ts';
import type { Bench, BenchContext, BenchReport, Row } from './support/bench.ts';
import { check } from './support/bench.ts';
import type { BrokerStub } from './support/broker-stubs.ts';
import { alpacaStub, fetchOrder, tastytradeStub } from './support/broker-stubs.ts';
import type { Measure } from './support/paired.ts';
import { oneByOneAsync, paired, rowOf } from './support/paired.ts';
import { nanosNow } from './support/samples.ts';

const NAME = 'broker-orders';

/** An adapter and its shell before a stub, with the login in place. */
class OrderRoad {
  readonly stub: BrokerStub;
  readonly #shell: BrokerWireShell;
  #answered = Promise.withResolvers<void>();
  #orders = 0;

  constructor(stub: BrokerStub) {
    this.stub = stub;
    const { wire, secrets, gateway } = stub;
    this.#shell = new BrokerWireShell({
      wire,
      secrets,
      onInput: (input) => this.#take(gateway.onWire(input, systemClock.now())),
      jitter: () => 1,
      isKilled: () => false,
    });
  }

  async stop(): Promise<void> {
    this.#shell.stop();
    await this.stub.stop();
  }

  /** Submits one condor. `sent` hears when its request is with the socket. */
  async order(sent: () => void = () => undefined): Promise<void> {
    this.#answered = Promise.withResolvers();
    this.#orders += 1;
    this.#take(this.stub.gateway.submit(approved(this.#orders), systemClock.now()));
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

async function rowsOf(context: BenchContext, stub: BrokerStub): Promise<readonly Row[]> {
  const times = context.count(120);
  const road = new OrderRoad(stub);
  try {
    const socket = await paired(context, { ours: toTheSocket(road, times) });
    const { requests, orders } = stub.counts();
    const each = requests / orders;
    check(each === 1, `an order at ${stub.name} is one request, not ${each}`);
    const answer = await paired(context, {
      ours: oneByOneAsync(() => road.order(), times),
      peer: oneByOneAsync(() => fetchOrder(stub.bareOrder()), times),
    });
    const names = { bench: NAME, unit: 'us' } as const;
    const metric = `${stub.name}: approved to the`;
    return [
      {
        bench: NAME,
        metric: `${stub.name}: requests an order`,
        unit: 'requests',
        p50: each,
        p99: each,
        p999: each,
      },
      rowOf({ ...names, metric: `${metric} socket` }, socket),
      rowOf({ ...names, metric: `${metric} broker's answer`, peer: 'fetch' }, answer),
    ];
  } finally {
    await road.stop();
  }
}

async function run(context: BenchContext): Promise<BenchReport> {
  const rows: Row[] = [];
  for (const start of [tastytradeStub, alpacaStub])
    rows.push(...(await rowsOf(context, await start())));
  return {
    rows,
    checks: ['every order was accepted, by one POST each'],
    notes: ['Four-leg condor; stubs of the brokers on loopback in the same process, no TLS.'],
  };
}

export const bench: Bench = {
  name: NAME,
  question: 'How many requests, and how long from an approved order to a real broker?',
  run,
};
