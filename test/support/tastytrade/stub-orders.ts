/** The stub's orders: taken, routed, traded, replaced, cancelled, and told to the stream. */
import type { StubAccount } from './stub-account.ts';
import type { Draft } from './stub-checks.ts';
import {
  closesNothing,
  effectsOf,
  limitIn,
  readDraft,
  refusalOf,
  waitingFor,
} from './stub-checks.ts';
import type { StubClock } from './stub-clock.ts';
import type { StubMarket } from './stub-market.ts';
import { isTriggered, naturalOf, pricesOf } from './stub-matching.ts';
import type { StubOrder, StubStatus } from './stub-order.ts';
import { filledOf, isWorking, remainingOf, TERMINAL, unitsOf, written } from './stub-order.ts';
import { failure, OddNumbers, type StubReply, success } from './stub-wire.ts';

/** How the stub behaves; all as the service does on a good day. */
export interface OrderKnobs {
  /** Milliseconds from one status to the next on the way to Live. */
  stepMillis: number;
  cancelMillis: number;
  replaceMillis: number;
  /** Trades by itself against the quotes it is given. */
  fillsByQuote: boolean;
  /** Tells a multi-leg fill leg by leg, the first with the final status. */
  legByLeg: boolean;
  /** Each frame twice, and after it an older one. */
  repeats: boolean;
  /** Frames in batches. */
  batches: boolean;
  /** Prices between its multiples are taken, and die at routing. */
  tickDollars: number;
  /** A replacement orders the whole again, whatever has filled. */
  replacesWhole: boolean;
  /** Why the exchange refuses a replacement once the old order is gone; undefined: it takes each. */
  refusesReplacement: string | undefined;
  /** An order that is to be cancelled fills first. */
  fillWinsCancel: boolean;
  /** So many cancels are taken, and nothing comes of them. */
  losesCancels: number;
  /** The account may give no stop orders. */
  refusesStops: boolean;
  /** What a dry run warns of, and holds against an order, besides. */
  dryRunWarnings: readonly { readonly code: string; readonly message: string }[];
  dryRunErrors: readonly { readonly code: string; readonly message: string }[];
}

const OFF_TICK = 'Price is not a valid increment';

export class StubOrders {
  readonly knobs: OrderKnobs = {
    stepMillis: 10,
    cancelMillis: 20,
    replaceMillis: 20,
    fillsByQuote: false,
    legByLeg: true,
    repeats: false,
    batches: false,
    tickDollars: 0.01,
    replacesWhole: false,
    refusesReplacement: undefined,
    fillWinsCancel: false,
    losesCancels: 0,
    refusesStops: false,
    dryRunWarnings: [],
    dryRunErrors: [],
  };
  readonly all = new Map<number, StubOrder>();
  /** Those that have not ended, oldest first. */
  readonly unended = new Set<StubOrder>();
  /** Counts what changed of any of them: whoever changes one by hand counts too. */
  changes = 0;
  /** POSTs of orders that arrived, dry runs apart. */
  posts = 0;
  dryRuns = 0;
  /** Hears that an order has ended, a moment later. */
  onEnd: (order: StubOrder) => void = () => undefined;
  readonly odd = new OddNumbers();
  readonly #clock: StubClock;
  readonly #market: StubMarket;
  readonly #account: StubAccount;
  readonly #tell: (frame: object) => void;
  #nextId = 301_000;
  #nextFill = 1;

  constructor(parts: {
    readonly clock: StubClock;
    readonly market: StubMarket;
    readonly account: StubAccount;
    readonly tell: (frame: object) => void;
  }) {
    this.#clock = parts.clock;
    this.#market = parts.market;
    this.#account = parts.account;
    this.#tell = parts.tell;
  }

  /** A POST, or a dry run of one. */
  place(context: string, body: Record<string, unknown>, isDryRun: boolean): StubReply {
    const draft = readDraft(body);
    if ('status' in draft) return draft;
    const refusal = refusalOf(draft, this.#market, this.#account);
    if (refusal !== undefined) return refusal;
    if (this.knobs.refusesStops && draft.stop !== undefined) {
      return failure(422, 'order_type_not_allowed', 'Stop orders are not enabled');
    }
    const warnings = [...this.#flip(draft, isDryRun), ...waitingFor(draft, this.#market)];
    if (isDryRun) {
      this.dryRuns += 1;
      const { id: _id, ...order } = this.write(this.#make(draft, 'Received', 0)) as { id: number };
      return success(
        context,
        {
          order: { ...order, 'updated-at': 0 },
          ...effectsOf(draft, this.#account),
          warnings: [...warnings, ...this.knobs.dryRunWarnings],
          errors: this.knobs.dryRunErrors,
        },
        201,
      );
    }
    this.posts += 1;
    const order = this.#make(draft, 'Routed');
    this.#enter(order);
    this.#route(order);
    return success(
      context,
      { order: this.write(order), ...effectsOf(draft, this.#account), warnings },
      201,
    );
  }

  /** One of several that are placed together: it waits until it is released. */
  hold(
    body: Record<string, unknown>,
    complexTag: string,
    complexId: number,
  ): StubOrder | StubReply {
    const draft = readDraft(body);
    if ('status' in draft) return draft;
    const order: StubOrder = { ...this.#make(draft, 'Contingent'), complexTag, complexId };
    this.#enter(order);
    this.tell(order);
    return order;
  }

  release(order: StubOrder): void {
    if (order.status !== 'Contingent') return;
    order.status = 'Routed';
    this.changes += 1;
    this.#route(order);
  }

  end(order: StubOrder, status: 'Cancelled'): void {
    if (!TERMINAL.has(order.status)) this.#set(order, status);
  }

  /** An order that somebody else gave: the risk desk's. It trades at once. */
  foreign(
    legs: readonly { symbol: string; action: string; quantity: number }[],
    limit: number,
  ): StubOrder {
    const draft: Draft = {
      orderType: 'Limit',
      timeInForce: 'Day',
      limit,
      stop: undefined,
      externalId: undefined,
      isStrict: false,
      legs: legs.map((leg) => ({ ...leg, type: 'Equity Option', fills: [] })),
    };
    const order = this.#make(draft, 'Live');
    this.#enter(order);
    this.tell(order);
    return order;
  }

  cancel(context: string, id: number): StubReply {
    const order = this.all.get(id);
    if (order === undefined) return failure(404, 'record_not_found', "Couldn't find that order");
    if (TERMINAL.has(order.status)) {
      return failure(422, 'cannot_update_order', 'Order is not in a cancellable state');
    }
    if (this.knobs.fillWinsCancel) {
      this.fill(id, unitsOf(order));
      return failure(422, 'cannot_update_order', 'Order is not in a cancellable state');
    }
    if (this.knobs.losesCancels > 0) {
      this.knobs.losesCancels -= 1;
      return success(context, this.write({ ...order, status: 'Cancel Requested' }));
    }
    this.#set(order, 'Cancel Requested');
    this.#clock.after(this.knobs.cancelMillis, () => {
      if (!TERMINAL.has(order.status)) this.#set(order, 'Cancelled');
    });
    return success(context, this.write(order));
  }

  /** Another order in the place of one that works. */
  replace(context: string, id: number, body: Record<string, unknown>): StubReply {
    const old = this.all.get(id);
    if (old === undefined) return failure(404, 'record_not_found', "Couldn't find that order");
    if (old.status !== 'Live') {
      return failure(422, 'cannot_update_order', 'Order is not in an updatable state');
    }
    const limit = limitIn(body) ?? old.limit;
    const { replacesWhole } = this.knobs;
    const legs = old.legs.map((leg) => {
      return { ...leg, quantity: replacesWhole ? leg.quantity : remainingOf(leg), fills: [] };
    });
    const made: StubOrder = {
      ...this.#make({ ...old, limit, legs }, 'Contingent'),
      replaces: old.id,
      root: old.root,
    };
    this.#enter(made);
    old.replacedBy = made.id;
    this.#set(old, 'Replace Requested');
    this.tell(made);
    const filled = filledOf(old);
    this.#clock.after(this.knobs.replaceMillis, () => this.#swap(old, made, filled));
    return success(context, this.write(made));
  }

  /** Trades so many units of an order that works, at its limit. */
  fill(id: number, units: number): void {
    const order = this.all.get(id);
    if (order === undefined || !isWorking(order)) return;
    const all = unitsOf(order);
    const left = Math.min(...order.legs.map((leg) => (remainingOf(leg) * all) / leg.quantity));
    const traded = Math.min(units, left);
    if (traded <= 0) return;
    for (const [index, price] of pricesOf(order, this.#market).entries()) {
      const leg = order.legs[index];
      if (leg === undefined) continue;
      const quantity = (traded * leg.quantity) / all;
      leg.fills.push({ id: `${this.#nextFill++}_STUB`, quantity, price, at: this.#clock.iso() });
      const signed = leg.action.startsWith('Buy') ? quantity : -quantity;
      const feeKey = `${order.root} ${index}`;
      const opening = leg.action.endsWith('to Open');
      this.#account.move({ symbol: leg.symbol, signed, price, opening, feeKey });
    }
    this.changes += 1;
    const isWhole = order.legs.every((leg) => remainingOf(leg) === 0);
    if (isWhole) this.#finish(order, 'Filled');
    else order.updatedAt = this.#clock.millis;
    this.#tellFill(order);
  }

  /** New quotes came: what they cross trades, as far as they reach. */
  match(): void {
    if (!this.knobs.fillsByQuote) return;
    for (const order of this.unended) {
      const mayTrade = isWorking(order) && isTriggered(order, this.#market);
      const natural = mayTrade ? naturalOf(order, this.#market) : undefined;
      if (natural === undefined || order.limit === undefined) continue;
      if (natural.net >= order.limit - 1e-9) this.fill(order.id, natural.units);
    }
  }

  /** The session ended. */
  expire(): void {
    for (const order of this.unended) this.#set(order, 'Expired');
  }

  list(): object[] {
    return [...this.all.values()].map((order) => this.write(order));
  }

  one(context: string, id: number): StubReply {
    const order = this.all.get(id);
    return order === undefined
      ? failure(404, 'record_not_found', "Couldn't find that order")
      : success(context, this.write(order));
  }

  byExternalId(externalId: string): StubOrder | undefined {
    return [...this.all.values()].find((order) => order.externalId === externalId);
  }

  /** The order of a chain that works now. */
  headOf(externalId: string): StubOrder | undefined {
    const root = this.byExternalId(externalId)?.root;
    return [...this.all.values()].findLast((order) => order.root === root && isWorking(order));
  }

  tell(order: StubOrder, legsShown?: number): void {
    const data = written(order, this.#account.number, this.odd, legsShown);
    this.#send({ type: 'Order', data, timestamp: this.#clock.millis });
  }

  #send(frame: object): void {
    const framed = this.knobs.batches ? { results: [frame] } : frame;
    this.#tell(framed);
    if (this.knobs.repeats) this.#tell(structuredClone(framed));
  }

  write(order: StubOrder): object {
    return written(order, this.#account.number, this.odd);
  }

  #make(draft: Omit<Draft, 'isStrict'>, status: StubStatus, id = this.#nextId++): StubOrder {
    const { orderType, timeInForce, limit, stop, externalId, legs } = draft;
    const fixed = { id, orderType, timeInForce, limit, stop, externalId, legs, root: id };
    const { millis } = this.#clock;
    return { ...fixed, status, updatedAt: millis, receivedAt: this.#clock.iso() };
  }

  #enter(order: StubOrder): void {
    this.all.set(order.id, order);
    this.unended.add(order);
    this.changes += 1;
  }

  /** Without the strict instruction a close of what is gone becomes an opening, with a warning. */
  #flip({ legs }: Draft, isDryRun: boolean): object[] {
    const flipped = legs.filter((leg) => closesNothing(leg, this.#account));
    for (const leg of isDryRun ? [] : flipped)
      leg.action = leg.action.replace('to Close', 'to Open');
    if (flipped.length === 0) return [];
    return [{ code: 'closing_with_no_position', message: 'You have no position to close' }];
  }

  #route(order: StubOrder): void {
    const { stepMillis } = this.knobs;
    this.#clock.after(0, () => this.tell(order));
    this.#clock.after(stepMillis, () => this.#advance(order, 'Routed', 'In Flight'));
    this.#clock.after(stepMillis * 2, () => {
      if (order.status !== 'In Flight') return;
      const isOffTick = order.limit !== undefined && !isOnTick(order.limit, this.knobs.tickDollars);
      if (isOffTick) {
        order.rejectReason = OFF_TICK;
        this.#set(order, 'Rejected');
      } else {
        this.#set(order, 'Live');
        this.match();
      }
    });
  }

  #advance(order: StubOrder, from: StubStatus, to: StubStatus): void {
    if (order.status === from) this.#set(order, to);
  }

  /** A fill of the old order while it is replaced ends the replacement, and the old one works on. */
  #swap(old: StubOrder, made: StubOrder, filledBefore: number): void {
    if (TERMINAL.has(made.status)) {
      if (!TERMINAL.has(old.status)) this.#set(old, 'Live');
      return;
    }
    if (filledOf(old) > filledBefore) {
      this.#set(made, 'Cancelled');
      if (!TERMINAL.has(old.status)) this.#set(old, 'Live');
      return;
    }
    if (!TERMINAL.has(old.status)) this.#set(old, 'Cancelled');
    if (made.status !== 'Contingent') return;
    const { refusesReplacement: reason } = this.knobs;
    if (reason !== undefined) {
      made.rejectReason = reason;
      this.#set(made, 'Rejected');
      return;
    }
    this.#set(made, 'Live');
    this.match();
  }

  #set(order: StubOrder, status: StubStatus): void {
    this.changes += 1;
    if (TERMINAL.has(status)) this.#finish(order, status);
    else {
      order.status = status;
      order.updatedAt = this.#clock.millis;
    }
    this.tell(order);
  }

  #finish(order: StubOrder, status: StubStatus): void {
    order.status = status;
    order.updatedAt = this.#clock.millis;
    order.terminalAt = this.#clock.iso();
    this.unended.delete(order);
    this.#clock.after(0, () => this.onEnd(order));
  }

  #tellFill(order: StubOrder): void {
    if (this.knobs.legByLeg && order.legs.length > 1) this.tell(order, 1);
    this.tell(order);
    for (const { symbol } of order.legs) this.#tellPosition(symbol);
    if (!this.knobs.repeats) return;
    const older = { ...order, status: 'Live' as const, updatedAt: order.updatedAt - 5 };
    const { terminalAt: _end, ...stale } = older;
    this.tell(stale, 0);
  }

  /** A position that is gone is told once more, with no direction. */
  #tellPosition(symbol: string): void {
    const held = this.#account.held(symbol);
    const direction = held > 0 ? 'Long' : 'Short';
    const data = {
      'account-number': this.#account.number,
      symbol,
      quantity: this.odd.quantity(Math.abs(held)),
      'quantity-direction': held === 0 ? 'Zero' : direction,
    };
    this.#send({ type: 'CurrentPosition', data, timestamp: this.#clock.millis });
  }
}

function isOnTick(dollars: number, tick: number): boolean {
  return Math.abs(Math.round(dollars / tick) - dollars / tick) < 1e-6;
}
