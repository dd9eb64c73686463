/**
 * An opening is recorded only at a moment at which nothing stands against it: within the session's
 * window, while trading is active and the books agree, on quotes that are heard and not crossed, and
 * with room left in the day's loss. Its limit is moved only while the market is heard. Reckoned from what went into the desk and from its records alone.
 */

import type { BrokerEvent } from '../../broker/order-gateway.ts';
import type { AuditRecord } from '../../engine/domain/audit-record.ts';
import type { At } from '../../engine/domain/clock.ts';
import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { LimitRaise } from '../../engine/domain/limit-raise.ts';
import type { OrderIntent } from '../../engine/domain/order.ts';
import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import { addMicros, MICROS_PER_MILLI, MICROS_PER_MINUTE } from '../../engine/domain/units.ts';
import type { Limits } from '../../risk/limits.ts';
import type { Input } from '../inputs.ts';
import { heldBy, leastPayoffCents } from './expiry-payoff.ts';
import type { BrokerKind } from './far-broker.ts';
import { FillFold } from './fill-fold.ts';
import { HeardQuotes } from './heard-quotes.ts';
import { limitsAt } from './limits-at.ts';
import type { Report } from './order-oracle.ts';

/** In market time. */
export interface MomentWindow {
  readonly opensAt: EpochMicros;
  /** From then on nothing opens … */
  readonly cutoffAt: EpochMicros;
  /** … all that is held is left … */
  readonly leaveAt: EpochMicros;
  /** … all of it is gone … */
  readonly flatAt: EpochMicros;
  /** … and no order is taken any more. */
  readonly lastOrderAt: EpochMicros;
  /** By the price of then its options are exercised. */
  readonly markAt: EpochMicros;
}

/** The same in minutes before the last trade. */
const AHEAD_MINUTES = { cutoff: 50, leave: 35, flat: 25, lastOrder: 0 };
const ALPACA_AHEAD_MINUTES = { cutoff: 75, leave: 70, flat: 55, lastOrder: 45 };

/** What a session and its broker allow when, reckoned apart from the desk's own schedule. */
export function momentWindowOf(session: SessionTimes, broker?: BrokerKind): MomentWindow {
  const { cutoff, leave, flat, lastOrder } =
    broker === 'alpaca' ? ALPACA_AHEAD_MINUTES : AHEAD_MINUTES;
  const ahead = (minutes: number) => addMicros(session.lastTrade, -minutes * MICROS_PER_MINUTE);
  return {
    opensAt: session.open,
    cutoffAt: ahead(cutoff),
    leaveAt: ahead(leave),
    flatAt: ahead(flat),
    lastOrderAt: ahead(lastOrder),
    markAt: session.exerciseMark,
  };
}

/** A contract may be silent for so long while others are heard. */
const LONGEST_SILENCE_MICROS = 60_000_000;
/** What the day's loss is reckoned with may differ by this from the desk's own, in cents. */
const ROUNDING_CENTS = 1;
/** Why a limit was put back to where the broker has it. */
const KEPT_BY_KILL = 'blocked by the kill switch';
/** Causes that a restart finds again in its journal; any other has to show itself anew. */
const LATCHED: ReadonlySet<string> = new Set([
  'dailyLoss',
  'flatten',
  'repeatedExecution',
  'rejectBreaker',
]);

export class MomentOracle {
  readonly #limits: Limits;
  readonly #raises: readonly LimitRaise[];
  readonly #window: MomentWindow;
  readonly #report: Report;
  readonly #quotes = new HeardQuotes();
  readonly #openings = new Set<string>();
  #isConnected = false;
  #hasListing = false;
  #isClean = false;
  #state = 'active';
  #fold = new FillFold();

  /** `raises`: of the limits, each until its end. */
  constructor(
    limits: Limits,
    window: MomentWindow,
    report: Report,
    raises: readonly LimitRaise[] = [],
  ) {
    this.#limits = limits;
    this.#raises = raises;
    this.#window = window;
    this.#report = report;
  }

  onInput(input: Input): void {
    this.#quotes.onInput(input);
    if (input.kind === 'feed') this.#isConnected = input.connected;
    else if (input.kind === 'listing') this.#hasListing = true;
  }

  onRecord({ body, at }: AuditRecord): void {
    if (body.kind === 'tradingStateChanged') this.#state = body.to;
    else if (body.kind === 'reconciled') this.#isClean = body.clean;
    else if (body.kind === 'intentRecorded' && body.intent.purpose === 'open') {
      this.#openings.add(body.intent.intentId);
      this.#judge(body.intent, at);
    } else if (body.kind === 'repriced' && this.#openings.has(body.intentId)) {
      if (body.reason === KEPT_BY_KILL) return;
      for (const why of this.#unheard(at)) this.#report(`${body.intentId} is moved ${why}`);
    }
  }

  /** A fact that the journal holds. */
  onEvent(event: BrokerEvent): void {
    this.#fold.apply(event);
  }

  #judge(intent: OrderIntent, at: At): void {
    for (const why of [...this.#againstMoment(at), ...this.#againstQuotes(intent, at)]) {
      this.#report(`${intent.intentId} opens ${why}`);
    }
    const best = this.#dayAtBest();
    if (best === undefined) return;
    const { maxDailyLossCents } = limitsAt(this.#limits, this.#raises, at.wall);
    const room = best + maxDailyLossCents + ROUNDING_CENTS;
    if (plannedLossOf(intent) <= room) return;
    this.#report(`${intent.intentId} opens with the day at ${best} cents at best`);
  }

  #againstMoment({ market, wall }: At): readonly string[] {
    const found: string[] = [];
    const { opensAt, cutoffAt } = this.#window;
    if (market < opensAt || market >= cutoffAt) found.push("outside the session's window");
    if (this.#state !== 'active') found.push(`while trading is ${this.#state}`);
    if (!this.#hasListing) found.push('without the listing of the day');
    if (!this.#isClean) found.push('while the books are not known to agree');
    return [...found, ...this.#unheard({ market, wall })];
  }

  /** Options and their underlying are heard apart: neither speaks for the other. */
  #unheard({ wall }: At): readonly string[] {
    const found: string[] = [];
    const { maxQuoteAgeMillis, maxSpotAgeMillis } = this.#limits;
    if (!this.#isConnected) found.push('while the feed is down');
    if (wall - this.#quotes.optionAt > maxQuoteAgeMillis * MICROS_PER_MILLI) {
      found.push('on options that say nothing');
    }
    const spotAt = this.#quotes.underlying?.at.wall ?? 0;
    if (wall - spotAt > maxSpotAgeMillis * MICROS_PER_MILLI) {
      found.push('on an underlying that says nothing');
    }
    return found;
  }

  #againstQuotes({ legs }: OrderIntent, { wall }: At): readonly string[] {
    return legs.flatMap(({ instrument }) => {
      const quote = this.#quotes.of(instrumentSymbol(instrument));
      if (quote === undefined || wall - quote.at.wall > LONGEST_SILENCE_MICROS) {
        return ['on a quote that is too old'];
      }
      const { bid = 0, ask = Number.POSITIVE_INFINITY } = quote;
      return bid > ask ? ['on a quote that is crossed'] : [];
    });
  }

  /** The day is no better than this, by the best side of every quote; undefined where one says nothing. */
  #dayAtBest(): number | undefined {
    let worth = this.#fold.cashCents;
    for (const { instrument, quantity } of this.#fold.held()) {
      if (instrument.kind !== 'option') return undefined;
      const quote = this.#quotes.of(instrumentSymbol(instrument));
      const side = quantity > 0 ? quote?.ask : (quote?.bid ?? 0);
      if (quote === undefined || side === undefined) return undefined;
      worth += quantity * side;
    }
    return worth;
  }

  /** Begins again from what the journal kept. */
  onCrash(records: readonly AuditRecord[], events: readonly BrokerEvent[]): void {
    this.#quotes.clear();
    this.#hasListing = false;
    this.#isConnected = false;
    this.#isClean = false;
    this.#state = 'active';
    for (const { body } of records) {
      if (body.kind !== 'tradingStateChanged') continue;
      const isLatched = body.causes?.some((cause) => LATCHED.has(cause)) === true;
      this.#state = isLatched ? body.to : 'active';
    }
    this.#fold = new FillFold();
    for (const event of events) this.#fold.apply(event);
  }
}

/** What the order itself may cost by its plan; its worst end where there is none. An option's price per
 * share in 1/10,000 dollar is its price in cents a contract. */
function plannedLossOf({ legs, quantity, worst, exitPlan }: OrderIntent): number {
  const least = leastPayoffCents(heldBy(legs, quantity));
  const bare = Math.max(0, -(least + worst * quantity));
  return Math.min(bare, exitPlan?.plannedLossCents ?? bare);
}
