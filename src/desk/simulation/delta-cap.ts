/**
 * The cap on net delta, held against an opening with a Black formula of its own: what is held and every
 * order that may still fill, each at its worst or not at all. Each option is taken at whichever end of its
 * quote lies better, and some deltas are let pass: an opening that is reported passes the cap by any reckoning.
 */

import type { At } from '../../engine/domain/clock.ts';
import type { Instrument, OptionContract } from '../../engine/domain/instrument.ts';
import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { OrderIntent } from '../../engine/domain/order.ts';
import { legSign } from '../../engine/domain/order.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import { MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import type { Beside } from './count-caps.ts';
import type { HeardQuotes } from './heard-quotes.ts';
import type { LiveOrder } from './live-orders.ts';
import { legLeft } from './live-orders.ts';

const CONTRACT_SHARES = 100;
/** A quote of which nothing was heard for longer says no delta. */
const OLDEST_MICROS = 10 * MICROS_PER_SECOND;
/** Deltas that are let pass, and the part of all deltas, whichever way, besides. */
const TOLERANCE = 10;
const TOLERANCE_SHARE = 0.03;

/** From … to. */
type Span = readonly [least: number, greatest: number];

const NOTHING: Span = [0, 0];

function plus([a, b]: Span, [c, d]: Span): Span {
  return [a + c, b + d];
}

function times([least, greatest]: Span, factor: number): Span {
  return factor < 0 ? [greatest * factor, least * factor] : [least * factor, greatest * factor];
}

/** The standard normal distribution (Abramowitz and Stegun 26.2.17), to 1e-7. */
function normal(x: number): number {
  if (x < 0) return 1 - normal(-x);
  const t = 1 / (1 + 0.2316419 * x);
  const weights = [0.31938153, -0.356563782, 1.781477937, -1.821255978, 1.330274429];
  const sum = weights.reduceRight((rest, weight) => (rest + weight) * t, 0);
  return 1 - (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) * sum;
}

/** Of a call, per share of a forward of 1; `spread` is the volatility over the whole time. */
function callOf(
  strike: number,
  spread: number,
): { readonly value: number; readonly delta: number } {
  const d1 = -Math.log(strike) / spread + spread / 2;
  return { value: normal(d1) - strike * normal(d1 - spread), delta: normal(d1) };
}

const HALVINGS = 40;
const WIDEST_SPREAD = 2;

/** The delta of a call that is worth so much more than it would bring at once. */
function callDelta(strike: number, timeValue: number): number {
  const intrinsic = Math.max(0, 1 - strike);
  if (timeValue <= 0) return strike < 1 ? 1 : 0;
  let [low, high] = [1e-6, WIDEST_SPREAD];
  for (let i = 0; i < HALVINGS; i += 1) {
    const spread = (low + high) / 2;
    if (callOf(strike, spread).value - intrinsic < timeValue) low = spread;
    else high = spread;
  }
  return callOf(strike, high).delta;
}

export class DeltaCap {
  readonly #quotes: HeardQuotes;
  readonly #lastTrade: EpochMicros;

  constructor(quotes: HeardQuotes, lastTrade: EpochMicros) {
    this.#quotes = quotes;
    this.#lastTrade = lastTrade;
  }

  /** What an opening passes; nothing where some delta is not known. */
  faultsOf(intent: OrderIntent, at: At, { limits, held, live }: Beside): readonly string[] {
    let gross = 0;
    let isKnown = true;
    const of = (instrument: Instrument, quantity: number): Span => {
      const span = this.#deltaOf(instrument, at);
      if (span === undefined) isKnown = false;
      const delta = times(span ?? NOTHING, quantity);
      gross += Math.max(Math.abs(delta[0]), Math.abs(delta[1]));
      return delta;
    };
    const ofOrder = (order: LiveOrder): Span =>
      order.intent.legs
        .map((leg) => of(leg.instrument, legSign(leg.action) * legLeft(order, leg)))
        .reduce(plus, NOTHING);
    let book = NOTHING;
    for (const lots of held.values()) {
      for (const { instrument, quantity } of lots.values())
        book = plus(book, of(instrument, quantity));
    }
    let [highest, lowest] = book;
    for (const order of [...live, { intent, filled: new Map<string, number>() }]) {
      const [least, greatest] = ofOrder(order);
      highest += Math.max(0, least);
      lowest += Math.min(0, greatest);
    }
    const { portfolioDeltaCap: cap } = limits;
    const room = cap + TOLERANCE + TOLERANCE_SHARE * gross;
    const worst = Math.max(highest, -lowest);
    if (!isKnown || worst <= room) return [];
    return [`can take net delta to ${worst.toFixed(1)} beside a cap of ${cap}`];
  }

  /** Of a contract or a share. */
  #deltaOf(instrument: Instrument, at: At): Span | undefined {
    if (instrument.kind === 'shares') return [1, 1];
    const span = this.#optionDelta(instrument, at);
    return span === undefined ? undefined : times(span, CONTRACT_SHARES);
  }

  #optionDelta(contract: OptionContract, { market, wall }: At): Span | undefined {
    const { right } = contract;
    const { spot } = this.#quotes;
    const quote = this.#quotes.of(instrumentSymbol(contract));
    if (quote === undefined || spot === undefined || wall - quote.at.wall > OLDEST_MICROS) {
      return undefined;
    }
    const { bid = 0, ask } = quote;
    if (ask === undefined || ask < bid || market >= this.#lastTrade) return undefined;
    const strike = contract.strike / spot;
    const intrinsic = Math.max(0, right === 'call' ? 1 - strike : strike - 1);
    const ends = [bid, ask].map((price) => callDelta(strike, price / spot - intrinsic));
    const span: Span = [Math.min(...ends), Math.max(...ends)];
    return right === 'call' ? span : plus(span, [-1, -1]);
  }
}
