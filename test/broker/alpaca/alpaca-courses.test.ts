/** Seeded runs of orders, faults, cut streams and restarts: whatever happened on the way, the adapter ends
 * with the broker's own books, and told each execution once. */

import { describe, expect, it } from 'vitest';
import { intentIdOf } from '../../../src/broker/alpaca/order-line.ts';
import type { ApprovedOrder } from '../../../src/broker/approved-order.ts';
import { SeededRandom } from '../../../src/desk/simulation/seeded-random.ts';
import { instrumentSymbol } from '../../../src/engine/domain/instrument.ts';
import { legSign } from '../../../src/engine/domain/order.ts';
import type { RequestFault, StreamFault } from '../../support/alpaca/stub-faults.ts';
import { isOpen } from '../../support/alpaca/stub-order.ts';
import {
  AlpacaRig,
  closingLegs,
  fillsOf,
  LONG_CALL,
  LONG_PUT,
  SHORT_PUT,
  witness,
} from './alpaca-rig.ts';

const RUNS = 16;
const STEPS = 60;
const SHORT_SYMBOL = 'SPY260804P00640000';
const CALL_SYMBOL = 'SPY260804C00660000';
const REQUEST_FAULTS: readonly RequestFault[] = [
  'dropRequest',
  'dropAnswer',
  'hang',
  'error503After',
  'error500',
  'html502',
  'nonsense',
];
const STREAM_FAULTS: readonly StreamFault[] = ['twice', 'late', 'lost'];
const TARGETS = ['POST', 'PATCH', 'DELETE', 'GET /v2/orders', 'GET /v2/positions'];

const ENDS: ReadonlySet<string> = new Set(['cancelled', 'expired', 'rejected']);

class Course {
  readonly #random: SeededRandom;
  readonly #orders: ApprovedOrder[] = [];
  rig = new AlpacaRig();

  constructor(seed: number) {
    this.#random = new SeededRandom(seed, 0);
    this.rig.venue.knobs.mlegFills = this.#pick(['parent', 'legs', 'both'] as const);
  }

  #pick<T>(values: readonly T[]): T {
    return values[this.#below(values.length)] as T;
  }

  #below(count: number): number {
    return Math.min(count - 1, Math.floor(this.#random.between(0, count)));
  }

  step(): void {
    const acts = [
      () => this.#open(),
      () => this.#open(),
      () => this.#close(),
      () => this.#close(),
      () => this.#close(),
      () => this.#reprice(),
      () => this.#reprice(),
      () => this.#trade(),
      () => this.#trade(),
      () => this.#cancel(),
      () => this.#reprice(),
      () => this.#reprice(),
      () => this.rig.wires.faults.onRequest(this.#pick(TARGETS), this.#pick(REQUEST_FAULTS)),
      () => this.rig.wires.faults.onStream(this.#pick(STREAM_FAULTS)),
      () => this.#amendLater(),
      () => this.#find(),
      () => (this.rig.wires.isStreamFirst = !this.rig.wires.isStreamFirst),
      () => (this.rig.wires.isStreamUp ? this.rig.disconnect() : this.rig.connect()),
      () => this.#restart(),
    ];
    this.#pick(acts)();
    this.rig.pass(this.#pick([0.1, 0.1, 0.3, 2]));
  }

  /** The wires are well again, and time passes. */
  settle(): void {
    const { faults } = this.rig.wires;
    this.#amendLater();
    this.rig.venue.knobs.amendsLater = false;
    for (let left = faults.clear(); left > 0; left = faults.clear()) this.rig.pass(1);
    if (!this.rig.wires.isStreamUp) this.rig.connect();
    this.rig.pass(12);
    for (const { intent } of this.#orders) this.rig.find(intent.intentId);
    this.rig.pass(12);
  }

  #open(): void {
    const legs = this.#pick([[SHORT_PUT, LONG_PUT], [LONG_CALL]]);
    const limit = legs.length > 1 ? 1 : -1.25;
    this.#send(witness(this.rig.intent(legs, limit, 1 + this.#below(3))));
  }

  /** Takes off some of what is held. */
  #close(): void {
    const { account } = this.rig.venue;
    const [spreads, calls] = [-account.quantity(SHORT_SYMBOL), account.quantity(CALL_SYMBOL)];
    const isSpread = spreads > 0 && (calls <= 0 || this.#below(2) === 0);
    const held = isSpread ? spreads : calls;
    if (held <= 0) return;
    const legs = closingLegs(isSpread ? [SHORT_PUT, LONG_PUT] : [LONG_CALL]);
    const units = 1 + this.#below(held);
    this.#send(witness(this.rig.intent(legs, isSpread ? -0.3 : 1, units, '20260804-000001')));
  }

  #send(order: ApprovedOrder): void {
    this.#orders.push(order);
    this.rig.submit(order);
  }

  #trade(): void {
    const { venue } = this.rig;
    const order = this.#pick(venue.orders.filter((each) => isOpen(each)));
    if (order === undefined || ['accepted', 'pending_new'].includes(order.status)) return;
    venue.fill(order, 1 + this.#below(order.units - order.filled));
  }

  #cancel(): void {
    const order = this.#pick(this.#orders);
    if (order !== undefined) {
      this.rig.call((gateway, at) => gateway.cancel(order.intent.intentId, at));
    }
  }

  /** What was amended is taken or refused now; from here on an amendment is answered before, or not. */
  #amendLater(): void {
    const { venue } = this.rig;
    for (const order of venue.orders) {
      if (order.status === 'pending_new') venue.settleAmend(order, this.#pick([true, false]));
    }
    venue.knobs.amendsLater = this.#pick([true, false]);
  }

  /** Moves the limit of an order, mostly of one that works. */
  #reprice(): void {
    const open = new Set(
      this.rig.venue.orders.filter(isOpen).map(({ clientOrderId }) => intentIdOf(clientOrderId)),
    );
    const working = this.#orders.filter(({ intent }) => open.has(intent.intentId));
    const order = this.#pick(working.length > 0 && this.#below(5) > 0 ? working : this.#orders);
    const ticks = this.#below(3) / 100;
    if (order !== undefined) this.rig.reprice(order, order.intent.limit / 10_000 - ticks, 0.1);
  }

  #find(): void {
    const order = this.#pick(this.#orders);
    if (order !== undefined) {
      this.rig.call((gateway, at) => gateway.findByIntent(order.intent.intentId, at));
    }
  }

  #restart(): void {
    const { faults, isStreamFirst } = this.rig.wires;
    this.rig = this.rig.restarted(this.#pick([true, false]));
    this.rig.wires.faults.takeOver(faults);
    this.rig.wires.isStreamFirst = isStreamFirst;
  }
}

/** What the told executions leave held, each counted once. */
function toldPositions(rig: AlpacaRig): Record<string, number> {
  const held: Record<string, number> = {};
  const seen = new Set<string>();
  for (const { fillId, instrument, action, quantity } of fillsOf(rig.events)) {
    if (seen.has(fillId)) continue;
    seen.add(fillId);
    const symbol = instrumentSymbol(instrument).replaceAll(' ', '');
    held[symbol] = (held[symbol] ?? 0) + legSign(action) * quantity;
  }
  return Object.fromEntries(Object.entries(held).filter(([, quantity]) => quantity !== 0));
}

/** An order that works was not told to have ended, and one that ended was. */
function checkEnds(rig: AlpacaRig): void {
  for (const { intentId, quantity } of rig.intents) {
    const own = rig.venue.orders.filter(({ clientOrderId }) => clientOrderId.startsWith(intentId));
    const told = rig.events.flatMap((event) =>
      'intentId' in event && event.intentId === intentId ? [event.kind] : [],
    );
    const last = told.findLast((kind) => ENDS.has(kind) || kind === 'reopened');
    const isEnded = last !== undefined && last !== 'reopened';
    const isFilled = own.reduce((sum, order) => sum + order.filled, 0) === quantity;
    if (own.some(isOpen)) expect({ intentId, isEnded }).toEqual({ intentId, isEnded: false });
    else if (own.length > 0)
      expect({ intentId, over: isEnded || isFilled }).toEqual({ intentId, over: true });
  }
}

function check(rig: AlpacaRig): void {
  const { venue } = rig;
  expect(toldPositions(rig)).toEqual(Object.fromEntries(venue.account.held()));
  const { workingOrders, positions } = rig.snapshot();
  expect(positions).toHaveLength(venue.account.held().size);
  const open = venue.orders.filter(isOpen);
  expect(workingOrders.map(({ brokerOrderId }) => brokerOrderId).toSorted()).toEqual(
    open.map(({ id }) => id).toSorted(),
  );
  const left = new Map(open.map((order) => [order.id, order.units - order.filled]));
  for (const { brokerOrderId, remaining } of workingOrders) {
    expect(remaining).toBe(left.get(brokerOrderId));
  }
  checkEnds(rig);
  // No intent traded more than it asked for, whatever was changed and sent anew.
  for (const intent of rig.intents) {
    const own = venue.orders.filter(({ clientOrderId }) =>
      clientOrderId.startsWith(intent.intentId),
    );
    const filled = own.reduce((sum, order) => sum + order.filled, 0);
    const possible = own.filter(isOpen).reduce((sum, order) => sum + order.units - order.filled, 0);
    expect(filled + possible).toBeLessThanOrEqual(intent.quantity);
  }
}

describe('any course of things at Alpaca', () => {
  it.each(Array.from({ length: RUNS }, (_, seed) => seed + 1))(
    'ends with the books of the broker (seed %d)',
    (seed) => {
      const course = new Course(seed);
      for (let step = 0; step < STEPS; step += 1) course.step();
      course.settle();
      check(course.rig);
    },
  );
});
