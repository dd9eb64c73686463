/**
 * The core thread's desk, shell and paper broker in this process, on the sample chain and a clock
 * that moves when it is told to. Everything is the product's own but the threads around it: what the
 * journal or the faces would hear lands in queues here.
 */
import { createHash } from 'node:crypto';
import type { JournalRequest } from '../../src/audit/journal-protocol.ts';
import { ByteRingReader, ByteRingWriter, createByteRing } from '../../src/audit/spsc-byte-ring.ts';
import type { OrderGateway } from '../../src/broker/order-gateway.ts';
import type { PaperHistory } from '../../src/broker/paper/history.ts';
import { PaperBroker } from '../../src/broker/paper/paper-broker.ts';
import { Desk } from '../../src/desk/desk.ts';
import type { AuditStart } from '../../src/desk/desk-config.ts';
import type { Caller, TradeCard } from '../../src/desk/engine-api.ts';
import type { StrategyRequest } from '../../src/desk/engine-api-requests.ts';
import type { Command } from '../../src/desk/inputs.ts';
import { summarizeJournal } from '../../src/desk/journal-summary.ts';
import type { OrderRecord } from '../../src/desk/orders/order-book.ts';
import { OrderTraces } from '../../src/desk/orders/order-trace.ts';
import type { FromCore } from '../../src/desk/threads/core-protocol.ts';
import type { CoreWorld } from '../../src/desk/threads/core-shell.ts';
import { CoreShell } from '../../src/desk/threads/core-shell.ts';
import { createChainBuffer } from '../../src/engine/chain/chain-layout.ts';
import { ChainWriter } from '../../src/engine/chain/chain-writer.ts';
import type { AuditRecord } from '../../src/engine/domain/audit-record.ts';
import type { At } from '../../src/engine/domain/clock.ts';
import { addMicros, centsFromDollars, MICROS_PER_SECOND } from '../../src/engine/domain/units.ts';
import { createRingBuffer } from '../../src/engine/ring/ring-layout.ts';
import { RingWriter } from '../../src/engine/ring/ring-writer.ts';
import { Counters, createCountersBuffer } from '../../src/ops/counters.ts';
import { limitsFrom } from '../../src/risk/limits.ts';
import { check } from './bench.ts';
import type { SampleChain } from './sample-chain.ts';
import { nudged, sampleChain } from './sample-chain.ts';

const RECORDER_BYTES = 1 << 22;
const SEED = 7;
export const ACCOUNT_ID = 'BENCH-1';
const PLENTY = 1_000_000;
/** Beats until a condor is opened, and the most that ten of them take. */
const BEAT_MICROS = 500_000;
const MOST_BEATS = 400;
/** Longer than any latency of the paper broker. */
const BROKER_ANSWERS_MICROS = MICROS_PER_SECOND / 4;

export const TRADER: Caller = { principal: 'bench', authority: 'open' };
export const OPERATOR: Caller = { principal: 'bench', authority: 'console' };

/** A condor that the sample chain allows. */
export const CONDOR = {
  strategy: 'iron_condor_30_delta',
  width: 5,
  shortDelta: 30,
  select: 'delta',
  quantity: 1,
} as const satisfies StrategyRequest;

/** Limits so wide that repeating an order thousands of times meets none of them. */
const WIDE_LIMITS = limitsFrom({
  maxDailyLossCents: centsFromDollars(PLENTY),
  maxTradeLossCents: centsFromDollars(PLENTY),
  maxOpenRiskCents: centsFromDollars(PLENTY),
  portfolioDeltaCap: PLENTY,
  portfolioGammaCap: PLENTY,
  portfolioVegaCapCents: centsFromDollars(PLENTY),
  maxContractsPerSymbol: PLENTY,
  maxUnitsPerStrategy: PLENTY,
  maxContracts: PLENTY,
  maxOpenOrders: PLENTY,
  maxRepeats: PLENTY,
  maxLossesPerStrategy: PLENTY,
  maxOrdersPerPrincipal: PLENTY,
  maxOrdersPerMinute: PLENTY,
  maxOrdersPerDay: PLENTY,
  duplicateWindowMillis: 0,
  maxModifiesPerMinute: PLENTY,
  confirmationTimeoutSeconds: 600,
});

export interface PreviewedOrder {
  readonly tokenSha256: string;
  readonly card: TradeCard;
}

/** What a desk begins with; by default nothing, and the whole sample chain. */
export interface BenchStart {
  readonly records?: readonly AuditRecord[];
  readonly strikes?: number;
  readonly recorderBytes?: number;
  /** Stands between the desk and its paper broker. */
  readonly wrap?: (broker: OrderGateway) => OrderGateway;
  /** A broker elsewhere, in the paper broker's place. */
  readonly far?: FarBroker;
  /** No earlier than this. */
  readonly at?: At | undefined;
  /** What the record of the start says of the sealed log; by default there is none. */
  readonly audit?: AuditStart | undefined;
}

/** The adapter to a broker elsewhere, and the wires that its requests leave by. */
export interface FarBroker {
  readonly gateway: OrderGateway;
  wire(effect: Parameters<CoreWorld['wire']>[0], at: At): void;
}

/** Where the desk's records go; by default they are durable as soon as the step is over. */
export type JournalSink = (request: JournalRequest) => void;

export class BenchDesk {
  /** The counters' memory, for other threads. */
  readonly counterWords = createCountersBuffer();
  readonly counters = new Counters(this.counterWords);
  readonly buffers = { chain: createChainBuffer(), ring: createRingBuffer() };
  readonly desk: Desk;
  readonly shell: CoreShell;
  readonly sample: SampleChain;
  /** Hears every message to the faces. */
  onMessage: (message: FromCore) => void = () => undefined;
  /** The newest batch of records. */
  lastRequest: JournalRequest | undefined;
  readonly #recording: ByteRingReader;
  readonly #replies = new Map<number, unknown>();
  readonly #journal: JournalSink | undefined;
  #at: At;
  #undurable = 0;
  #lastId = 0;
  #turn = 0;

  constructor(journal?: JournalSink, start: BenchStart = {}) {
    const { records = [], recorderBytes = RECORDER_BYTES, far } = start;
    this.#journal = journal;
    this.sample = sampleChain(start.strikes);
    this.#at = later(records.at(-1)?.at ?? this.sample.slice.asOf, start.at);
    const recorder = createByteRing(recorderBytes);
    // memory that the machine has given already, as the core's is after its first minutes
    new Uint8Array(recorder).fill(0);
    this.#recording = new ByteRingReader(recorder);
    const chain = new ChainWriter(this.buffers.chain, new RingWriter(this.buffers.ring));
    const history = summarizeJournal(records);
    this.desk = new Desk({
      config: {
        build: 'bench',
        configFingerprint: 'bench',
        environment: 'paper',
        underlying: 'SPY',
        limits: WIDE_LIMITS,
        flatBy: {},
        audit: start.audit,
      },
      chain,
      chainBuffer: this.buffers.chain,
      ringBuffer: this.buffers.ring,
      gateway: far?.gateway ?? paperOf(history, start),
      at: this.#at,
      past: history,
    });
    this.shell = new CoreShell(this.desk, {
      clock: { now: () => this.#at },
      counters: this.counters,
      recorder: new ByteRingWriter(recorder),
      traces: new OrderTraces(),
      toJournal: (request) => this.#toJournal(request),
      toMain: (message) => this.#toMain(message),
      fetchListing: () => undefined,
      fetchRules: () => undefined,
      wire: (effect) => far?.wire(effect, this.#at),
      subscribe: () => undefined,
    });
    this.#open();
  }

  get at(): At {
    return this.#at;
  }

  get orders(): readonly OrderRecord[] {
    return this.desk.context.orders.live();
  }

  #open(): void {
    this.shell.step({ kind: 'listing', at: this.#at, listing: this.sample.listing });
    this.shell.step({ kind: 'feed', at: this.#at, connected: true, detail: 'bench' });
    this.pass(0);
    check(this.desk.context.day.chainOpen, 'the sample chain opens');
  }

  #toJournal(request: JournalRequest): void {
    this.lastRequest = request;
    if (this.#journal !== undefined) this.#journal(request);
    else if (request.kind === 'append') this.#undurable = request.records.at(-1)?.seq ?? 0;
  }

  #toMain(message: FromCore): void {
    if (message.kind === 'reply') this.#replies.set(message.id, message.result);
    this.onMessage(message);
  }

  /** Lets time pass: every contract is quoted anew and the clock ticks. A quiet market repeats the
   * quotes it had, so that no order of ours becomes marketable. */
  pass(micros: number, market: 'moving' | 'quiet' = 'moving'): void {
    const at = {
      market: addMicros(this.#at.market, micros),
      wall: addMicros(this.#at.wall, micros),
    };
    this.#at = at;
    if (market === 'moving') this.#turn += 1;
    this.shell.step({ kind: 'quote', at, index: -1, ...this.sample.spotQuote });
    for (const [index, quote] of this.sample.quotes.entries()) {
      this.shell.step({ kind: 'quote', at, index, ...nudged(quote, this.#turn + index) });
    }
    this.shell.step({ kind: 'batchEnd', at });
    this.shell.step({ kind: 'clock', at });
    this.makeDurable();
    while (this.#recording.next() !== undefined);
  }

  /** Answers for the journal, where no real one is attached. */
  makeDurable(): void {
    while (this.#undurable > 0) {
      const seq = this.#undurable;
      this.#undurable = 0;
      this.shell.step({ kind: 'journalDurable', at: this.#at, seq, hash: '' });
    }
  }

  /** Puts a command to the desk and hands back its answer, if there is one yet. */
  command(command: Command, caller: Caller = TRADER): unknown {
    return this.put(command, caller)();
  }

  /** Puts a command; its answer is there once the desk has given it. */
  put(command: Command, caller: Caller): () => unknown {
    this.#lastId += 1;
    const id = this.#lastId;
    this.shell.step({ kind: 'command', at: this.#at, id, caller, command });
    return () => {
      const reply = this.#replies.get(id);
      this.#replies.delete(id);
      return reply;
    };
  }

  /** A fresh token, as the face would mint it. */
  newToken(): string {
    this.#lastId += 1;
    return createHash('sha256').update(`bench token ${this.#lastId}`).digest('hex');
  }

  /** Previews; throws where the desk refuses. */
  preview(request: StrategyRequest = CONDOR): PreviewedOrder {
    const tokenSha256 = this.newToken();
    const answer = this.command({ kind: 'previewStrategy', request, tokenSha256 });
    return { tokenSha256, card: cardIn(answer) };
  }

  /** Opens condors until so many are held. */
  hold(positions: number): void {
    const { book } = this.desk.context;
    for (let beat = 0; beat < MOST_BEATS && book.structures().length < positions; beat += 1) {
      if (this.orders.length === 0) {
        this.command({ kind: 'confirm', tokenSha256: this.preview().tokenSha256 });
        this.makeDurable();
      }
      this.pass(BEAT_MICROS);
    }
    check(book.structures().length === positions, `${positions} condors are held`);
  }

  /** Cancels whatever works and lets the broker answer. */
  clear(): void {
    for (const { intent } of this.orders) {
      this.command({ kind: 'cancel', orderId: intent.intentId, tokenSha256: this.newToken() });
    }
    this.makeDurable();
    this.pass(BROKER_ANSWERS_MICROS, 'quiet');
    this.pass(BROKER_ANSWERS_MICROS);
  }
}

/** The bench's account at a paper broker, as it is behind these records; by default none. */
export function benchPaper(history: PaperHistory = summarizeJournal([])): PaperBroker {
  const startingCashCents = centsFromDollars(100 * PLENTY);
  return new PaperBroker({ accountId: ACCOUNT_ID, seed: SEED, history, startingCashCents });
}

function paperOf(history: PaperHistory, { wrap }: BenchStart): OrderGateway {
  const paper = benchPaper(history);
  return wrap?.(paper) ?? paper;
}

function later(at: At, other: At | undefined): At {
  return other !== undefined && other.market > at.market ? other : at;
}

/** The card in a preview's answer. Throws with the denial where there is none. */
export function cardIn(answer: unknown): TradeCard {
  const isCard = typeof answer === 'object' && answer !== null && 'value' in answer;
  if (!isCard) throw new Error(`the preview was refused: ${JSON.stringify(answer).slice(0, 300)}`);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the desk answers a preview with a card
  return answer.value as TradeCard;
}
