/** Alpaca as an order gateway: requests over REST, news over the account stream. */

import { dateOfDayNumber, dayNumberOfDate } from '../../engine/domain/civil-date.ts';
import type { At } from '../../engine/domain/clock.ts';
import type { OrderIntent } from '../../engine/domain/order.ts';
import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import type { EpochMicros, SessionDate } from '../../engine/domain/units.ts';
import type { ApprovedOrder } from '../approved-order.ts';
import type {
  AccountSnapshot,
  BrokerCapabilities,
  GatewayEffect,
  OrderGateway,
  WireInput,
} from '../order-gateway.ts';
import { noDryRun } from '../order-gateway.ts';
import { StreamWitness } from '../stream-witness.ts';
import { WireRequests } from '../wire-requests.ts';
import { AccountRounds } from './account-round.ts';
import { alpacaCapabilities } from './alpaca-capabilities.ts';
import { cancel, reprice, sendChange, submit } from './changing.ts';
import type { OrderHistory } from './order-lines.ts';
import { OrderLines } from './order-lines.ts';
import { find, readDue } from './order-reading.ts';
import type { AlpacaWorld } from './order-world.ts';
import { Settlements } from './settlements.ts';
import { TradeStream } from './trade-stream.ts';

export interface AlpacaGatewayOptions {
  /** The account number that the keys must be of. */
  readonly accountId: string;
  readonly underlying: string;
  /** What the journal holds of this account. */
  readonly history: OrderHistory;
  readonly at: At;
}

/** An outcome that nobody knows by then is none. */
const KEPT_DAYS = 10;
const LIMITS = { readMillis: 5_000, changeMillis: 5_000 };
const NOTHING: readonly GatewayEffect[] = [];

/**
 * A state machine without I/O, and without the keys: the shell adds them. Its memory between runs is
 * the journal, and what the broker lists. Lives on the core thread.
 */
export class AlpacaGateway implements OrderGateway {
  readonly capabilities: BrokerCapabilities;
  readonly accountId: string;
  readonly #world: AlpacaWorld;
  readonly #rounds: AccountRounds;
  readonly #settlements: Settlements;
  readonly #stream: TradeStream;

  constructor({ accountId, underlying, history, at }: AlpacaGatewayOptions) {
    this.accountId = accountId;
    this.capabilities = alpacaCapabilities(underlying);
    const out: GatewayEffect[] = [];
    this.#world = {
      accountId,
      capabilities: this.capabilities,
      lines: new OrderLines(history),
      requests: new WireRequests(LIMITS),
      out,
      due: new Map(),
      at,
      session: undefined,
      changes: 0,
      isQuiet: false,
      source: undefined,
      witness: new StreamWitness(),
      goOn: (line) => sendChange(this.#world, line),
      catchUp: () => this.#rounds.hurry(),
    };
    this.#rounds = new AccountRounds(this.#world, () => this.#settlements.hurry());
    this.#settlements = new Settlements(this.#world, history);
    this.#stream = new TradeStream(this.#world, () => {
      this.#rounds.hurry();
      this.#settlements.hurry();
    });
  }

  submit(order: ApprovedOrder, at: At): readonly GatewayEffect[] {
    return this.#do(at, () => submit(this.#world, order));
  }

  cancel(intentId: string, at: At): readonly GatewayEffect[] {
    return this.#do(at, () => cancel(this.#world, intentId));
  }

  reprice(order: ApprovedOrder, at: At): readonly GatewayEffect[] {
    return this.#do(at, () => reprice(this.#world, order));
  }

  findByIntent(intentId: string, at: At): readonly GatewayEffect[] {
    return this.#do(at, () => find(this.#world, intentId));
  }

  dryRun(intent: OrderIntent): readonly GatewayEffect[] {
    return noDryRun(intent, this.capabilities);
  }

  /** The broker has a market of its own. */
  onQuote(): readonly GatewayEffect[] {
    return NOTHING;
  }

  onBatchEnd(): readonly GatewayEffect[] {
    return NOTHING;
  }

  forgetQuotes(): void {}

  onWire(input: WireInput, at: At): readonly GatewayEffect[] {
    return this.#do(at, () => this.#take(input));
  }

  onClock(at: At, session: SessionTimes): readonly GatewayEffect[] {
    return this.#do(at, () => {
      const world = this.#world;
      if (world.session?.date !== session.date) this.#beginSession(session.date);
      world.session = session;
      this.#stream.onClock();
      readDue(world);
      this.#rounds.onClock();
      this.#settlements.onClock();
      const unheard = world.witness.judge(world.at);
      world.out.push(...unheard.map((event) => ({ kind: 'event', event }) as const));
    });
  }

  /** Nothing here waits for a moment of the market: the clock's own beat is enough. */
  nextWake(): EpochMicros | undefined {
    return undefined;
  }

  snapshot(at: At): AccountSnapshot | undefined {
    return this.#rounds.isBlind(at) ? undefined : this.#rounds.snapshot;
  }

  lookAgain(at: At): void {
    this.#rounds.lookAgain(at);
  }

  /** Entries that are kept of orders and settlements: bounded, however many sessions pass. */
  get remembered(): number {
    const { lines, due, witness } = this.#world;
    return lines.size + due.size + witness.size + this.#settlements.size;
  }

  /** What was forgotten is not read again either, by a list that was asked for before: it would come back
   * as somebody else's. */
  #beginSession(date: SessionDate): void {
    const oldest = dateOfDayNumber(dayNumberOfDate(date) - KEPT_DAYS);
    for (const id of this.#world.lines.beginSession(date, oldest)) this.#world.due.delete(id);
    this.#world.witness.keep((intentId) => this.#world.lines.get(intentId) !== undefined);
    this.#rounds.hurry();
  }

  #take(input: WireInput): void {
    switch (input.kind) {
      case 'httpResponse':
      case 'httpFailed':
        this.#world.requests.onAnswer(input, this.#world.at);
        return;
      case 'socketOpen':
        this.#stream.onOpen();
        return;
      case 'socketFrame':
        this.#stream.onFrame(input.text);
        return;
      case 'socketClosed':
        this.#stream.onClosed(input.reason);
    }
  }

  #do(at: At, act: () => void): readonly GatewayEffect[] {
    const world = this.#world;
    world.at = { market: at.market, wall: at.wall };
    act();
    return world.out.length === 0 ? NOTHING : world.out.splice(0);
  }
}
