/**
 * The life of orders against a model of the venue: what happens there and what the desk is told of it
 * are two things. Orders arrive or are lost, fill, end and are busted; the desk hears of it at once,
 * twice, late or never, and its stream breaks. Whatever the story, nothing is sent twice, nothing that
 * may live stops counting, and once the snapshots are honest the books come to agree.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type {
  AccountSnapshot,
  BrokerEvent,
  OrderStanding,
} from '../../../src/broker/order-gateway.ts';
import type { OrderRecord } from '../../../src/desk/orders/order-book.ts';
import { filledUnits, isFinal } from '../../../src/desk/orders/order-book.ts';
import { instrumentSymbol } from '../../../src/engine/domain/instrument.ts';
import type { Fill } from '../../../src/engine/domain/order.ts';
import { legSign } from '../../../src/engine/domain/order.ts';
import { cents, price } from '../../../src/engine/domain/units.ts';
import { CONDOR, DeskRig } from '../../support/desk-rig.ts';
import { OUT_OF_REACH } from '../../support/story-acts.ts';

const RUNS = 40;
const MOST_MOVES = 30;
/** Time for a search to prove absence and for two snapshots to be believed. */
const SETTLE_SECONDS = 40;

/** How much the desk hears of something that happens. */
type Told = 'once' | 'twice' | 'never';

interface VenueOrder {
  readonly order: OrderRecord;
  standing: OrderStanding | 'lost';
  fills: Fill[];
}

class Venue {
  readonly rig: DeskRig;
  readonly orders = new Map<string, VenueOrder>();
  #executions = 0;

  constructor() {
    this.rig = new DeskRig({
      brokerName: 'tastytrade',
      limits: OUT_OF_REACH,
    });
    const { gateway } = this.rig;
    gateway.isMute = true;
    gateway.editSnapshot = (snapshot) => ({ ...snapshot, ...this.picture() });
    gateway.answerSearch = (intentId) => this.restate(intentId);
  }

  /** The account as it truly is. */
  picture(): Partial<AccountSnapshot> {
    const all = [...this.orders.values()];
    const fills = all.flatMap(({ fills: executed }) => executed);
    const held = new Map<string, number>();
    for (const { instrument, action, quantity } of fills) {
      const symbol = instrumentSymbol(instrument);
      held.set(symbol, (held.get(symbol) ?? 0) + legSign(action) * quantity);
    }
    return {
      positions: [...held]
        .filter(([, q]) => q !== 0)
        .map(([symbol, quantity]) => ({ symbol, quantity })),
      workingOrders: all.flatMap(({ order, standing, fills: executed }) =>
        standing === 'working'
          ? [
              {
                ...this.#names(order),
                legs: order.intent.legs,
                remaining: this.#left(order, executed),
                limit: order.limit,
              },
            ]
          : [],
      ),
      endedOrders: all.flatMap(({ order, standing, fills: executed }) =>
        standing === 'working' || standing === 'lost'
          ? []
          : [{ intentId: order.intent.intentId, standing, remaining: this.#left(order, executed) }],
      ),
      fills,
      fillsSince: this.rig.session.open,
    };
  }

  #names({ intent: { intentId } }: OrderRecord) {
    return { intentId, brokerOrderId: `V-${intentId}` };
  }

  #left(order: OrderRecord, fills: readonly Fill[]): number {
    return order.intent.quantity - filledUnits({ ...order, fills: [...fills] });
  }

  restate(intentId: string): readonly BrokerEvent[] {
    const found = this.orders.get(intentId);
    if (found === undefined || found.standing === 'lost') {
      const search = { outcome: 'absent', takenAt: this.rig.at, evidence: 'all read' } as const;
      return [{ kind: 'searched', intentId, search }];
    }
    const { standing } = found;
    const search = { outcome: 'found', standing, evidence: 'listed' } as const;
    return [...this.story(found), { kind: 'searched', intentId, search }];
  }

  story({ order, standing, fills }: VenueOrder): BrokerEvent[] {
    const { intentId, brokerOrderId } = this.#names(order);
    if (standing === 'rejected') return [{ kind: 'rejected', intentId, reason: 'no' }];
    const events: BrokerEvent[] = [{ kind: 'accepted', intentId, brokerOrderId }];
    events.push(...fills.map((fill) => ({ kind: 'fill', fill }) as const));
    if (standing === 'cancelled') events.push({ kind: 'cancelled', intentId, remaining: 0 });
    return events;
  }

  /** Previews and confirms a condor where the desk lets it; the venue gets it, refuses it, or not. */
  place(fate: 'working' | 'rejected' | 'lost', told: Told): void {
    const { rig } = this;
    const tokenSha256 = rig.newToken();
    const request = { ...CONDOR, width: 2 + (this.orders.size % 4), quantity: 2 } as const;
    const answer = rig.ask({ kind: 'previewStrategy', request, tokenSha256 });
    if ('denied' in answer) return;
    rig.send({ kind: 'confirm', tokenSha256 });
    const order = rig.orders().at(-1);
    if (order?.tokenSha256 !== tokenSha256) return;
    const made: VenueOrder = { order, standing: fate, fills: [] };
    this.orders.set(order.intent.intentId, made);
    if (fate !== 'lost') this.tell(told, this.story(made));
  }

  tell(told: Told, events: readonly BrokerEvent[]): void {
    for (let i = told === 'never' ? 0 : told === 'once' ? 1 : 2; i > 0; i -= 1) {
      this.rig.brokerSays(...events);
    }
  }

  working(): VenueOrder | undefined {
    return [...this.orders.values()].find(({ standing }) => standing === 'working');
  }

  /** One unit of the oldest working order trades. */
  fill(told: Told): void {
    const found = this.working();
    if (found === undefined) return;
    const { intent } = found.order;
    const fills = intent.legs.map(({ instrument, action, ratio }): Fill => {
      this.#executions += 1;
      return {
        fillId: `x${this.#executions}`,
        intentId: intent.intentId,
        instrument,
        action,
        quantity: ratio,
        price: price(5_000),
        feesCents: cents(100),
        marketAt: this.rig.at.market,
      };
    });
    found.fills.push(...fills);
    if (this.#left(found.order, found.fills) === 0) found.standing = 'filled';
    this.tell(
      told,
      fills.map((fill) => ({ kind: 'fill', fill }) as const),
    );
  }

  cancel(told: Told): void {
    const found = this.working();
    if (found === undefined) return;
    found.standing = 'cancelled';
    const { intentId } = found.order.intent;
    this.tell(told, [{ kind: 'cancelled', intentId, remaining: 1 }]);
  }

  /** The answer to a send is lost: the desk hears that nothing is known. */
  forget(): void {
    const open = this.rig.orders().find((order) => !isFinal(order));
    if (open === undefined) return;
    const { intentId } = open.intent;
    this.rig.brokerSays({ kind: 'unknown', intentId, reason: 'timed out' });
  }

  stream(connected: boolean): void {
    this.rig.brokerSays({ kind: 'connection', connected, detail: connected ? 'back' : 'gone' });
  }
}

function promisesHold(venue: Venue): void {
  const { rig } = venue;
  expect(new Set(rig.submitted).size).toBe(rig.submitted.length);
  const sent = rig.bodies('orderSent').map(({ intentId }) => intentId);
  expect(sent).toEqual(rig.submitted);
  for (const { order, standing, fills } of venue.orders.values()) {
    const lives = standing === 'working' || standing === 'filled';
    if (order.status === 'absentPresumed') expect(lives).toBe(false);
    if (order.status === 'rejected') expect(standing).toBe('rejected');
    const known = order.fills.map(({ fillId }) => fillId);
    expect(new Set(known).size).toBe(known.length);
    const standingFills = new Set(fills.map(({ fillId }) => fillId));
    for (const fillId of known) expect(standingFills.has(fillId)).toBe(true);
  }
}

function booksAgree(venue: Venue): void {
  const { rig } = venue;
  const held = new Map(
    venue.picture().positions?.map(({ symbol, quantity }) => [symbol, quantity]),
  );
  expect(new Map(rig.desk.context.book.held())).toEqual(held);
  for (const { order, standing } of venue.orders.values()) {
    expect(order.status).toBe(standing === 'lost' ? 'absentPresumed' : standing);
  }
  expect(rig.day.reconciled).toBe(true);
}

type Move = (venue: Venue) => void;

const told = fc.constantFrom<Told>('once', 'twice', 'never');
const place = fc.tuple(fc.constantFrom('working', 'working', 'rejected', 'lost'), told).map(
  ([fate, how]): Move =>
    (venue) =>
      venue.place(fate, how),
);
const fill = told.map(
  (how): Move =>
    (venue) =>
      venue.fill(how),
);
const cancel = told.map(
  (how): Move =>
    (venue) =>
      venue.cancel(how),
);
const forget = fc.constant<Move>((venue) => venue.forget());
const stream = fc.boolean().map(
  (up): Move =>
    (venue) =>
      venue.stream(up),
);
const wait = fc.integer({ min: 1, max: 12 }).map(
  (seconds): Move =>
    (venue) =>
      venue.rig.advance(seconds),
);
/** As often as their names stand here. */
const MOVES = [place, place, fill, fill, fill, cancel, forget, stream, wait, wait];

class StoryMove implements fc.Command<object, Venue> {
  readonly #move: Move;
  constructor(given: Move) {
    this.#move = given;
  }
  check(): boolean {
    return true;
  }
  run(_model: object, venue: Venue): void {
    this.#move(venue);
    promisesHold(venue);
  }
  toString(): string {
    return this.#move.toString();
  }
}

describe('the life of orders', () => {
  it('keeps its promises through any story, and comes to agree with the venue', () => {
    const seen = { orders: 0, healed: 0, absent: 0, late: 0 };
    fc.assert(
      fc.property(
        fc.commands(
          MOVES.map((move) => move.map((given) => new StoryMove(given))),
          { maxCommands: MOST_MOVES, size: 'max' },
        ),
        (commands) => {
          const venue = new Venue();
          venue.place('working', 'once');
          fc.modelRun(() => ({ model: {}, real: venue }), commands);
          venue.stream(true);
          for (const { order } of venue.orders.values()) {
            if (order.status === 'sending')
              venue.rig.brokerSays({
                kind: 'unknown',
                intentId: order.intent.intentId,
                reason: 'timed out',
              });
          }
          venue.rig.advance(SETTLE_SECONDS);
          promisesHold(venue);
          booksAgree(venue);
          const told = venue.rig.bodies('brokerEvent');
          seen.orders += venue.orders.size;
          seen.healed += told.filter(({ event }) => event['source'] === 'snapshot').length;
          seen.absent += venue.rig.bodies('orderResolved').filter(({ outcome }) => outcome).length;
          seen.late += venue.rig.alerts().filter((code) => code === 'ORDER_UNKNOWN').length;
        },
      ),
      { numRuns: RUNS },
    );
    expect(seen.orders).toBeGreaterThan(2 * RUNS);
    expect(seen.healed).toBeGreaterThan(RUNS / 2);
    expect(seen.absent).toBeGreaterThan(RUNS / 10);
    expect(seen.late).toBeGreaterThan(RUNS / 4);
  });
});
