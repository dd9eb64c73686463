/**
 * tastytrade as an order gateway. Built from the broker's public facts; it has met no live account
 * (what could not be verified stands in the README). A state machine without I/O: what it is told
 * are answers, frames and time; secrets are the shell's.
 *
 * One POST in the life of an intent, tagged with the intent's id. What an answer does not prove is
 * UNKNOWN and is looked for in the broker's lists. A replace makes another order at this broker: the
 * intent keeps its identity over the chain (`order-chain.ts`). The stream tells first; lists confirm.
 */

import { dateOfDayNumber, dayNumberOfDate } from '../../engine/domain/civil-date.ts';
import type { At } from '../../engine/domain/clock.ts';
import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { Fill, OrderIntent } from '../../engine/domain/order.ts';
import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import { newYorkDate } from '../../engine/domain/session-calendar.ts';
import type { EpochMicros, SessionDate } from '../../engine/domain/units.ts';
import type { ApprovedOrder } from '../approved-order.ts';
import { searchedSince } from '../intent-date.ts';
import type {
  AccountSnapshot,
  BrokerCapabilities,
  BrokerEvent,
  DryRunAnswer,
  GatewayEffect,
  OrderGateway,
  RefusalKind,
  WireInput,
} from '../order-gateway.ts';
import { externalName, sendOutcome } from '../order-gateway.ts';
import type { OrderFacts } from '../stream-witness.ts';
import { StreamWitness } from '../stream-witness.ts';
import { ToldSettlements } from '../told-settlements.ts';
import type { WireAnswer } from '../wire-requests.ts';
import { WireRequests } from '../wire-requests.ts';
import type { PollParts } from './account-poll.ts';
import { AccountPoll } from './account-poll.ts';
import type { Notification } from './account-stream.ts';
import { AccountStream } from './account-stream.ts';
import { dryRunIn } from './dry-run.ts';
import { dataIn, refusalIn, saidIn } from './envelope.ts';
import { HeldContracts } from './held-contracts.ts';
import { FATAL_WARNINGS, orderBody, unwritable } from './order-body.ts';
import { lastEnded } from './order-chain.ts';
import { OrderChanges } from './order-changes.ts';
import { OrderLedger } from './order-ledger.ts';
import { OrderLists } from './order-lists.ts';
import { orderFacts, orderIn, ordersIn, told } from './order-news.ts';
import { OrderSearcher } from './order-searcher.ts';
import { refusalKind } from './refusal-kind.ts';
import { SettlementWatch } from './settlement-watch.ts';
import type { TastyOrder } from './tasty-order.ts';

/** Longer than a settlement is looked for. */
const KEPT_DAYS = 10;
const LIMITS = { readMillis: 10_000, changeMillis: 8_000 };

export const TASTYTRADE_CAPABILITIES: BrokerCapabilities = {
  name: 'tastytrade',
  dedupe: 'none',
  maxLegs: 4,
  multiLegMarketOrders: false,
  preview: 'broker',
  nativeStops: true,
  outlivesEngine: true,
  rateLimitRefuses: false,
  openingCutoffMinutes: 15 * 60 + 25,
  flattenStartMinutes: 15 * 60 + 40,
  flattenDeadlineMinutes: 15 * 60 + 50,
};

/** Dry runs under way at a time: one more would be answered too late to be of use. */
const MOST_DRY_RUNS = 8;
const NOTHING: readonly GatewayEffect[] = [];

export interface TastytradeOptions {
  readonly accountId: string;
  /** Name and version of the program, written into orders and the hello. */
  readonly source: string;
  /** Whether stops of single long options may rest there. */
  readonly nativeStops?: boolean;
  /** What the journal holds of this account. */
  readonly history: {
    readonly intents: readonly OrderIntent[];
    readonly brokerEvents: readonly BrokerEvent[];
  };
}

/** Executions of somebody else's orders that stand by the journal. */
function foreignFills(told: readonly BrokerEvent[]): readonly Fill[] {
  const busted = new Set(told.flatMap((event) => (event.kind === 'busted' ? [event.fillId] : [])));
  const fills = told.flatMap((event) => (event.kind === 'fill' ? [event.fill] : []));
  return fills.filter(({ intentId, fillId }) => {
    return intentId.startsWith(externalName('')) && !busted.has(fillId);
  });
}

function dryRunTold(intentId: string, dryRun: DryRunAnswer): readonly GatewayEffect[] {
  return told([{ kind: 'dryRun', intentId, dryRun }]);
}

export class TastytradeGateway implements OrderGateway {
  readonly capabilities: BrokerCapabilities;
  readonly accountId: string;
  readonly #source: string;
  readonly #requests = new WireRequests<readonly GatewayEffect[]>(LIMITS);
  readonly #ledger: OrderLedger;
  readonly #stream: AccountStream;
  readonly #poll: AccountPoll;
  readonly #changes: OrderChanges;
  readonly #search: OrderSearcher;
  readonly #settlements: SettlementWatch;
  readonly #held: HeldContracts;
  readonly #witness = new StreamWitness();
  #dryRuns = 0;
  readonly #toldSettlements: ToldSettlements;
  /** Orders that the broker refused outright: it keeps no record of them. */
  readonly #refusals = new Map<string, string>();
  #session: SessionDate | undefined;

  constructor({ accountId, source, nativeStops = true, history }: TastytradeOptions) {
    this.accountId = accountId;
    this.capabilities = { ...TASTYTRADE_CAPABILITIES, nativeStops };
    this.#source = source;
    const ledger = new OrderLedger(history.intents);
    for (const event of history.brokerEvents) {
      if (event.kind === 'replaced') ledger.addLimit(event.intentId, event.limit);
      else if (event.kind === 'accepted' && event.warning !== undefined) {
        ledger.addWarning(event.intentId, event.warning);
      }
    }
    for (const fill of foreignFills(history.brokerEvents)) ledger.addFill(fill);
    const requests = this.#requests;
    const isKnown = (id: string, tag = '') =>
      ledger.order(id) !== undefined || ledger.intent(tag) !== undefined;
    const lists = new OrderLists(requests, accountId, isKnown);
    const takeAnswer = (orders: readonly TastyOrder[], at: At) => this.#takeAll(orders, at);
    const take: PollParts['take'] = (orders, at) => this.#takeAll(orders, at, 'snapshot');
    this.#ledger = ledger;
    this.#stream = new AccountStream(accountId, source);
    const reread = (at: At): void => this.#poll.noteChange(at);
    const changes = new OrderChanges({ accountId, requests, ledger, take: takeAnswer, reread });
    const onListed: PollParts['onListed'] = (orders, askedAt, at) => {
      this.#witness.list(this.#listedFacts(orders), askedAt, at);
      return changes.onListed(orders, askedAt, at);
    };
    this.#changes = changes;
    const held = new HeldContracts(history.brokerEvents);
    this.#held = held;
    const onHeld: PollParts['onHeld'] = (positions, at) => {
      if (held.note(positions, at.market)) this.#settlements.hurry(at);
    };
    this.#poll = new AccountPoll({ accountId, requests, ledger, lists, take, onHeld, onListed });
    this.#search = new OrderSearcher({ ledger, lists, take });
    this.#toldSettlements = new ToldSettlements(history.brokerEvents);
    const ordered = () => ledger.orderedSymbols(({ instrument }) => instrumentSymbol(instrument));
    this.#settlements = new SettlementWatch({
      accountId,
      requests,
      told: this.#toldSettlements,
      symbols: () => new Set([...ordered(), ...held.symbols()]),
      isForeign: (settlement) => {
        return held.isBefore(settlement) && !ordered().has(instrumentSymbol(settlement.instrument));
      },
    });
  }

  submit(order: ApprovedOrder, at: At): readonly GatewayEffect[] {
    const { intent } = order;
    const { intentId } = intent;
    this.#ledger.addIntent(intent);
    const flaw = this.#flawOf(intent);
    if (flaw !== undefined) return this.#refuse(intentId, `not sent: ${flaw}`);
    const turn = intent.purpose === 'open' ? 'entry' : 'exit';
    const path = `/accounts/${this.accountId}/orders`;
    const body = orderBody(intent, this.#source);
    const request = { turn, method: 'POST', path, body } as const;
    return [
      this.#requests.ask(request, at, (answer, when) => this.#onSubmitted(intentId, answer, when)),
    ];
  }

  #flawOf(intent: OrderIntent): string | undefined {
    const isHeld = intent.stopTrigger === undefined || this.capabilities.nativeStops;
    return isHeld ? unwritable(intent) : 'no stop orders are to rest at this broker';
  }

  cancel(intentId: string, at: At): readonly GatewayEffect[] {
    return this.#changes.cancel(intentId, at);
  }

  reprice({ intent }: ApprovedOrder, at: At): readonly GatewayEffect[] {
    return this.#changes.reprice(intent, at);
  }

  findByIntent(intentId: string, at: At): readonly GatewayEffect[] {
    const reason = this.#refusals.get(intentId);
    const since = searchedSince(intentId, newYorkDate(at.market));
    if (reason === undefined) return this.#search.begin(intentId, since, at);
    const search = { outcome: 'found', standing: 'rejected', evidence: reason } as const;
    return told([
      { kind: 'rejected', intentId, reason },
      { kind: 'searched', intentId, search },
    ]);
  }

  /** Asked at the worst price: what an order needs there, it needs at most. */
  dryRun(intent: OrderIntent, at: At): readonly GatewayEffect[] {
    const { intentId, legs, worst } = intent;
    const flaw = unwritable(intent);
    if (flaw !== undefined) return dryRunTold(intentId, { outcome: 'refused', reason: flaw });
    if (this.#dryRuns >= MOST_DRY_RUNS) {
      const reason = 'too many dry runs are under way';
      return dryRunTold(intentId, { outcome: 'failed', reason });
    }
    this.#dryRuns += 1;
    const path = `/accounts/${this.accountId}/orders/dry-run`;
    const body = orderBody({ ...intent, limit: worst }, this.#source);
    const request = { turn: 'read', method: 'POST', path, body } as const;
    return [
      this.#requests.ask(request, at, (answer) => {
        this.#dryRuns -= 1;
        return dryRunTold(intentId, dryRunIn(answer, legs.length));
      }),
    ];
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
    switch (input.kind) {
      case 'httpResponse':
      case 'httpFailed':
        return this.#requests.onAnswer(input, at) ?? NOTHING;
      case 'socketOpen':
        return this.#stream.onOpen(at);
      case 'socketClosed':
        this.#witness.end();
        return [
          ...told([{ kind: 'connection', connected: false, detail: input.reason }]),
          ...this.#stream.onClosed(),
        ];
      case 'socketFrame':
        return this.#onFrame(input.text, at);
    }
  }

  onClock(at: At, session: SessionTimes): readonly GatewayEffect[] {
    if (session.date !== this.#session) this.#beginSession(session.date);
    return [
      ...this.#stream.onClock(at),
      ...this.#poll.onClock(at, session),
      ...this.#settlements.onClock(at),
      ...told(this.#witness.judge(at)),
    ];
  }

  /** Everything here is paced by the clock input, which comes many times a second. */
  nextWake(): EpochMicros | undefined {
    return undefined;
  }

  snapshot(at: At): AccountSnapshot | undefined {
    return this.#poll.isBlind(at) ? undefined : this.#poll.snapshot;
  }

  lookAgain(at: At): void {
    this.#poll.lookAgain(at);
  }

  /** Entries that are kept of orders and settlements: bounded, however many sessions pass. */
  get remembered(): number {
    const told = this.#refusals.size + this.#toldSettlements.size + this.#held.size;
    return told + this.#ledger.size + this.#changes.size + this.#witness.size;
  }

  /** Nothing can come any more of what is older than the broker's longest look-back. */
  #beginSession(date: SessionDate): void {
    this.#session = date;
    const firstKept = dateOfDayNumber(dayNumberOfDate(date) - KEPT_DAYS);
    this.#held.forgetBefore(firstKept);
    const oldest = firstKept.replaceAll('-', '');
    for (const intentId of this.#refusals.keys()) {
      if (intentId < oldest) this.#refusals.delete(intentId);
    }
    this.#changes.forget(this.#ledger.beginSession(oldest), oldest);
    this.#witness.keep((intentId) => this.#ledger.chain(intentId) !== undefined);
  }

  #refuse(intentId: string, reason: string, refusal?: RefusalKind): readonly GatewayEffect[] {
    this.#refusals.set(intentId, reason);
    return told([{ kind: 'rejected', intentId, reason, refusal }]);
  }

  #onSubmitted(intentId: string, answer: WireAnswer, at: At): readonly GatewayEffect[] {
    const outcome = sendOutcome(answer, this.capabilities);
    if (outcome === 'rejected') {
      this.#changes.onEnd(intentId);
      const why =
        answer.kind === 'httpFailed' ? answer.reason : refusalIn(answer.status, answer.body);
      return this.#refuse(intentId, why, refusalKind(answer));
    }
    const data = answer.kind === 'httpResponse' ? dataIn(answer.body) : undefined;
    const order = outcome === 'accepted' ? orderIn(data) : undefined;
    if (order !== undefined) {
      const fatal = saidIn(data, 'warnings').find(({ code }) => FATAL_WARNINGS.has(code));
      if (fatal !== undefined) this.#ledger.addWarning(intentId, `${fatal.code} ${fatal.message}`);
      return [
        ...told(this.#ledger.take(order, at.wall, intentId)),
        ...this.#changes.onNews(intentId, at),
      ];
    }
    // The stream may have told of the order before its answer was lost.
    if (this.#ledger.chain(intentId) !== undefined) {
      return this.#changes.onNews(intentId, at);
    }
    const reason =
      answer.kind === 'httpFailed'
        ? answer.reason
        : `status ${answer.status}, and no order in the answer`;
    return told([{ kind: 'unknown', intentId, reason }]);
  }

  #onFrame(text: string, at: At): readonly GatewayEffect[] {
    const { effects, notifications, hasBegun } = this.#stream.onFrame(text, at);
    const out = [...effects];
    if (hasBegun) {
      this.#witness.begin(at);
      this.#poll.beginAnew(at);
      this.#settlements.beginAnew(at);
      out.push(...told([{ kind: 'connection', connected: true, detail: 'the stream is live' }]));
    }
    for (const notification of notifications) out.push(...this.#onNotification(notification, at));
    return out;
  }

  #onNotification({ type, data }: Notification, at: At): readonly GatewayEffect[] {
    if (type === 'CurrentPosition' || type === 'AccountBalance') {
      this.#poll.noteChange(at);
      return NOTHING;
    }
    const orders = ordersIn(type, data);
    if (orders.length === 0) return NOTHING;
    const before = this.#ledger.version;
    const effects = this.#takeAll(orders, at);
    for (const facts of this.#factsOf(orders)) this.#witness.hear(facts);
    if (this.#ledger.version !== before) this.#poll.noteChange(at);
    return effects;
  }

  /** What is said of own orders. */
  #factsOf(orders: readonly TastyOrder[]): readonly OrderFacts[] {
    return orders.flatMap((order) => {
      const intentId = this.#ledger.nameOf(order);
      return this.#ledger.intent(intentId) === undefined ? [] : [orderFacts(intentId, order)];
    });
  }

  #listedFacts(orders: readonly TastyOrder[]): readonly OrderFacts[] {
    return this.#factsOf(orders).map((facts) => {
      const chain = this.#ledger.chain(facts.intentId);
      const isOver = chain !== undefined && chain.standing !== 'working';
      const isEnd = isOver && lastEnded(chain.orders)?.id === facts.orderId;
      return isEnd ? facts : { ...facts, hasEnded: false };
    });
  }

  /** `source`: set where a list told them. */
  #takeAll(orders: readonly TastyOrder[], at: At, source?: 'snapshot'): readonly GatewayEffect[] {
    return orders.flatMap((order) => {
      const events = told(this.#ledger.take(order, at.wall), source);
      return [...events, ...this.#changes.onNews(this.#ledger.nameOf(order), at)];
    });
  }
}
