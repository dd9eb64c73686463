/**
 * The scripted day's account at its broker, which lives where the day is watched from and outlives every
 * process of the day: orders, cancels and fills are decided here, in a market that goes on while nobody is
 * connected. What crosses is lines of JSON. From the engine, behind the words `ask` and `tick`, an `Ask`
 * and the time; to it a `FromBroker` each.
 */
import { approve } from '../../../src/broker/approved-order.ts';
import type { AccountSnapshot, WireInput } from '../../../src/broker/order-gateway.ts';
import type { WireAnswer } from '../../../src/broker/wire-requests.ts';
import type { RemoteRequest } from '../../../src/desk/simulation/remote-venue.ts';
import { RemoteVenue } from '../../../src/desk/simulation/remote-venue.ts';
import type { At } from '../../../src/engine/domain/clock.ts';
import { occSymbol } from '../../../src/engine/domain/instrument.ts';
import type { OrderIntent } from '../../../src/engine/domain/order.ts';
import { addMicros, MICROS_PER_SECOND } from '../../../src/engine/domain/units.ts';
import { benchPaper } from '../bench-desk.ts';
import { sampleChain } from '../sample-chain.ts';

export const STRIKES = 40;
/** The market moves on for so long behind the end of a process. */
const ABSENCE_SECONDS = 10;
/** The answer to every so-many-th order is lost: that it came is told by the stream, later, or by a search. */
const LOSES_ANSWER_EVERY = 3;

/** A request with the engine's time and, where it gives or moves an order, that order. */
export interface Ask extends Pick<RemoteRequest, 'send'> {
  readonly at: At;
  readonly intent?: OrderIntent | undefined;
}

/** `hello`: the broker's time, at a connection · `wire`: an answer, or a frame of the stream · `ticked`: what
 * the engine's tick led to has all been told. */
export type FromBroker =
  | { readonly kind: 'hello'; readonly at: At | undefined }
  | { readonly kind: 'wire'; readonly wire: WireInput }
  | { readonly kind: 'ticked' };

/** The account as its broker sees it. */
export interface AccountFacts {
  /** Each order, as often as it came. */
  readonly arrivals: readonly string[];
  readonly fillIds: readonly string[];
  readonly working: readonly string[];
  readonly holdings: string;
}

/** What is held, in words that compare. */
export function holdingsText(held: Iterable<readonly [symbol: string, quantity: number]>): string {
  const all = [...held].map(([symbol, quantity]) => `${symbol} ${quantity}`).toSorted();
  return all.length === 0 ? 'flat' : all.join(', ');
}

const SAMPLE = sampleChain(STRIKES);
const SYMBOLS = SAMPLE.contracts.map(occSymbol);

export class FarAccount {
  readonly #arrivals: string[] = [];
  readonly #paper = benchPaper();
  readonly #venue: RemoteVenue;
  /** Undefined before the first word of an engine. */
  #at: At | undefined;
  #tell: (told: FromBroker) => void = () => undefined;

  constructor() {
    this.#venue = new RemoteVenue({
      paper: this.#paper,
      dryRunFate: () => 'right',
      onArrival: (intentId) => this.#arrivals.push(intentId),
      onFrame: (text) => this.#tell({ kind: 'wire', wire: { kind: 'socketFrame', text } }),
    });
  }

  connect(tell: (told: FromBroker) => void): void {
    this.#tell = tell;
    tell({ kind: 'hello', at: this.#at });
  }

  /** The process at the other end is gone. */
  disconnect(): void {
    this.#tell = () => undefined;
    for (let second = 0; second < ABSENCE_SECONDS && this.#at !== undefined; second += 1) {
      const { market, wall } = this.#at;
      this.#pass({
        market: addMicros(market, MICROS_PER_SECOND),
        wall: addMicros(wall, MICROS_PER_SECOND),
      });
    }
  }

  /** Time passes, and the market moves. */
  tick(at: At): void {
    this.#pass(at);
    this.#tell({ kind: 'ticked' });
  }

  ask({ at, send, intent }: Ask): void {
    this.#at = at;
    const order =
      intent && approve(intent, { approved: true, checks: [], limitsVersion: 'as asked' });
    const before = this.#arrivals.length;
    const { status, body } = this.#venue.serve({ send, order }, at);
    const { requestId } = send;
    const isLost =
      this.#arrivals.length > before && this.#arrivals.length % LOSES_ANSWER_EVERY === 0;
    const wire: WireAnswer = isLost
      ? { kind: 'httpFailed', requestId, reason: 'no answer in time' }
      : { kind: 'httpResponse', requestId, status, body };
    this.#tell({ kind: 'wire', wire });
  }

  get holdings(): string {
    const positions = this.#snapshot()?.positions ?? [];
    return holdingsText(positions.map(({ symbol, quantity }) => [symbol, quantity]));
  }

  facts(): AccountFacts {
    const snapshot = this.#snapshot();
    return {
      arrivals: [...this.#arrivals],
      fillIds: snapshot?.fills.map(({ fillId }) => fillId) ?? [],
      working: snapshot?.workingOrders.map(({ intentId }) => intentId) ?? [],
      holdings: this.holdings,
    };
  }

  #snapshot(): AccountSnapshot | undefined {
    return this.#at && this.#paper.snapshot(this.#at);
  }

  #pass(at: At): void {
    this.#at = at;
    this.#venue.onClock(at, SAMPLE.session);
    this.#venue.onQuote('SPY', { ...SAMPLE.spotQuote, at }, at);
    for (const [index, symbol] of SYMBOLS.entries()) {
      const quote = SAMPLE.quotes[index];
      if (quote !== undefined) this.#venue.onQuote(symbol, { ...quote, at }, at);
    }
    this.#venue.onBatchEnd(at);
  }
}
