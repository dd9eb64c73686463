/**
 * What traders' alerts look at, reckoned from quotes and bars as they came in, apart from the desk's own
 * chain and marks: between which two values the desk's must lie, where it has one. Quotes that are old,
 * crossed or missing say nothing.
 */

import type { Instrument, OptionContract } from '../../engine/domain/instrument.ts';
import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import { auctionEnd } from '../../engine/domain/session-calendar.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import {
  addMicros,
  dollarsFromPrice,
  MICROS_PER_MINUTE,
  MICROS_PER_SECOND,
  price,
  priceFromDollars,
} from '../../engine/domain/units.ts';
import { blackValue } from '../../engine/pricing/black.ts';
import { varianceShare } from '../../strategies/variance-profile.ts';
import type { Input } from '../inputs.ts';
import type { HeldQuantity } from './expiry-payoff.ts';
import { leastPayoffCents } from './expiry-payoff.ts';
import { HeardBars } from './heard-bars.ts';
import { HeardQuotes } from './heard-quotes.ts';

/** Bid and ask in dollars. */
type Sides = readonly [bid: number, ask: number];

interface Moment {
  readonly market: EpochMicros;
  readonly wall: number;
}

export interface Range {
  readonly low: number;
  readonly high: number;
  /** The desk has a value, and it lies in between. */
  readonly isKnown: boolean;
}

const RIGHTS: readonly OptionContract['right'][] = ['call', 'put'];
/** Something of the stream was heard so long ago. */
const RECENT_MICROS = 1_500_000;
/** A contract that is quiet beside others stands for so long. */
const STANDS_MICROS = 20 * MICROS_PER_SECOND;
/** Five ticks: narrow enough for anybody. */
const NARROW_DOLLARS = 0.05;
const CENT = 0.01;
/** Of a sum of money, for rounding. */
const SLACK_DOLLARS = 1;
/** How far the desk's forward may stand from the underlying's mid. */
const FORWARD_DOLLARS = 0.03;
const SLACK_DELTA_POINTS = 4;
const SLACK_STRADDLE = 0.2;
const LEAST_STRADDLE_DOLLARS = 0.4;
/** Minutes before the mark from which on options are worth too few ticks to say much. */
const LATE_MINUTES = 45;
/** A straddle whose strike is further from the spot, by its own price, is none at the money. */
const MOST_APART = 0.3;
/** Beside half of what its quotes leave open; where it is more one of them has jumped, and which is not said. */
const MOST_OFF_PARITY_DOLLARS = 0.1;
const LEAST_RETURNS = 30;
const MEAN_ABSOLUTE = Math.sqrt(2 / Math.PI);
const MOST_DEVIATION = 0.5;
const HALVINGS = 30;
const NUDGE_DOLLARS = 0.001;
const CENTS_PER_DOLLAR = 100;
const CONTRACT_SHARES = 100;
const POINTS = 100;

/** What the complete bars of a day say. */
interface Realised {
  readonly variance: number;
  /** The share of a day's variance that their minutes have. */
  readonly share: number;
}

interface Ends {
  readonly forward: number;
  readonly strike: number;
}

function midOf([bid, ask]: Sides): number {
  return (bid + ask) / 2;
}

function widthOf([bid, ask]: Sides): number {
  return ask - bid;
}

/** The whole deviation until expiry, a fraction of the forward, at which an option is worth this. */
function deviationOf(right: OptionContract['right'], ends: Ends, worth: number): number {
  let [low, high] = [0, MOST_DEVIATION];
  for (let i = 0; i < HALVINGS; i += 1) {
    const vol = (low + high) / 2;
    if (blackValue({ right, ...ends, years: 1, vol }) < worth) low = vol;
    else high = vol;
  }
  return low;
}

/** By the change of its worth for a change of the forward; without sign. */
function deltaOf(right: OptionContract['right'], { forward, strike }: Ends, vol: number): number {
  const at = (moved: number): number =>
    blackValue({ right, forward: forward + moved, strike, years: 1, vol });
  return Math.abs(at(NUDGE_DOLLARS) - at(-NUDGE_DOLLARS)) / (2 * NUDGE_DOLLARS);
}

export class SeenMarket {
  readonly #session: SessionTimes;
  readonly #quotes = new HeardQuotes();
  readonly #bars = new HeardBars();
  /** Until a complete bar is new or another one; undefined before it is asked for. */
  #realised: Realised | undefined;
  /** Until anything is heard: the clock looks again at the moment of the batch. */
  #straddle: (Moment & { readonly percent: Range | undefined }) | undefined;

  constructor(session: SessionTimes) {
    this.#session = session;
  }

  onInput(input: Input): void {
    this.#quotes.onInput(input);
    if (this.#bars.onInput(input)) this.#realised = undefined;
    // Nothing that was heard before a connection proves anything.
    if (input.kind === 'feed') this.#quotes.clear();
    else if (input.kind !== 'bar' && input.kind !== 'quote' && input.kind !== 'listing') return;
    this.#straddle = undefined;
  }

  onCrash(): void {
    this.#bars.clear();
    this.#quotes.clear();
    this.#realised = undefined;
    this.#straddle = undefined;
  }

  /** Dollars of the underlying. */
  spot(wall: number): Range | undefined {
    const mid = this.#spotMid(wall);
    return mid === undefined ? undefined : { low: mid - CENT, high: mid + CENT, isKnown: true };
  }

  #spotMid(wall: number): number | undefined {
    const quote = this.#quotes.underlying;
    const { bid, ask } = quote ?? {};
    if (quote === undefined || wall - quote.at.wall > RECENT_MICROS) return undefined;
    if (bid === undefined || ask === undefined || bid > ask) return undefined;
    return (dollarsFromPrice(bid) + dollarsFromPrice(ask)) / 2;
  }

  /** Both sides of a quote that stands; a side that nobody quotes is undefined. */
  #quoteOf(instrument: Instrument, wall: number) {
    const quote = this.#quotes.of(instrumentSymbol(instrument));
    if (quote === undefined || wall - quote.at.wall > STANDS_MICROS) return undefined;
    const { bid, ask } = quote;
    if (wall - this.#quotes.optionAt > RECENT_MICROS) return undefined;
    return bid !== undefined && ask !== undefined && bid > ask ? undefined : { bid, ask };
  }

  #sidesOf(contract: OptionContract, wall: number): Sides | undefined {
    const { bid, ask } = this.#quoteOf(contract, wall) ?? {};
    if (bid === undefined || ask === undefined) return undefined;
    return [dollarsFromPrice(bid), dollarsFromPrice(ask)];
  }

  /** Dollars that leaving all of it brings, beside the `cash` that it has brought so far. Where a quote is
   * wide the desk trusts no more than the best that may be true. */
  worth(held: readonly HeldQuantity[], cash: number, wall: number): Range | undefined {
    let [natural, far] = [0, 0];
    let isNarrow = true;
    for (const leg of held) {
      const worth = this.#worthOfLeg(leg, wall);
      if (worth === undefined) return undefined;
      isNarrow &&= worth.isNarrow;
      natural += worth.natural;
      far += worth.far;
    }
    const floor = leastPayoffCents(held) / CENTS_PER_DOLLAR;
    const most = Math.max(floor, isNarrow ? natural : far) + cash + SLACK_DOLLARS;
    const least = isNarrow ? natural + cash - SLACK_DOLLARS : Number.NEGATIVE_INFINITY;
    return { low: least, high: most, isKnown: isNarrow };
  }

  #worthOfLeg({ instrument, quantity }: HeldQuantity, wall: number) {
    const quote = instrument.kind === 'option' ? this.#quoteOf(instrument, wall) : undefined;
    if (quote === undefined || (quote.ask === undefined && quantity > 0)) return undefined;
    const [bid, ask] = [quote.bid ?? price(0), quote.ask ?? price(0)].map(dollarsFromPrice);
    const [near = 0, best = 0] = quantity > 0 ? [bid, ask] : [ask, bid];
    const isNarrow = quote.ask !== undefined && Math.abs(best - near) <= NARROW_DOLLARS;
    const contracts = quantity * CONTRACT_SHARES;
    return { natural: near * contracts, far: best * contracts, isNarrow };
  }

  #isLate(market: EpochMicros): boolean {
    return market >= addMicros(this.#session.exerciseMark, -LATE_MINUTES * MICROS_PER_MINUTE);
  }

  /** The largest delta of what is short, in points without sign. */
  shortDelta(held: readonly HeldQuantity[], at: Moment): Range | undefined {
    const shorts = held.flatMap(({ instrument, quantity }) =>
      quantity < 0 && instrument.kind === 'option' ? [instrument] : [],
    );
    const deltas = shorts.map((contract) => this.#delta(contract, at));
    const known = deltas.filter((delta) => delta !== undefined);
    if (known.length === 0 || known.length < deltas.length || this.#isLate(at.market)) return;
    return {
      low: Math.max(...known.map(({ low }) => low)) - SLACK_DELTA_POINTS,
      high: Math.max(...known.map(({ high }) => high)) + SLACK_DELTA_POINTS,
      isKnown: true,
    };
  }

  /** By what the side out of the money of its strike is quoted at: one strike has one volatility. */
  #delta(contract: OptionContract, { wall }: Moment): Omit<Range, 'isKnown'> | undefined {
    const spot = this.#spotMid(wall);
    if (spot === undefined) return undefined;
    const strike = dollarsFromPrice(contract.strike);
    // The desk's forward is that of the strikes around the spot: a quote that has jumped moves it.
    const around = [strike, Math.floor(spot), Math.ceil(spot)];
    if (around.some((each) => this.#isOffParity(each, spot, wall))) return undefined;
    const right = strike >= spot ? 'call' : 'put';
    const sides = this.#sidesOf({ ...contract, right }, wall);
    if (sides === undefined) return undefined;
    const deltas = [-FORWARD_DOLLARS, FORWARD_DOLLARS].flatMap((moved) => {
      const ends = { forward: spot + moved, strike };
      return sides.map((worth) => deltaOf(right, ends, deviationOf(right, ends, worth)) * POINTS);
    });
    const [least, most] = [Math.min(...deltas), Math.max(...deltas)];
    return right === contract.right
      ? { low: least, high: most }
      : { low: POINTS - most, high: POINTS - least };
  }

  /** What the straddle at the money costs, in percent of the move that quotes and bars make likely. */
  straddlePercent({ market, wall }: Moment): Range | undefined {
    const seen = this.#straddle;
    if (seen?.market === market && seen.wall === wall) return seen.percent;
    const percent = this.#straddlePercent({ market, wall });
    this.#straddle = { market, wall, percent };
    return percent;
  }

  #straddlePercent({ market, wall }: Moment): Range | undefined {
    const spot = this.#spotMid(wall);
    if (spot === undefined || this.#isLate(market) || market < auctionEnd(this.#session)) return;
    const strike = Math.round(spot);
    const [call, put] = RIGHTS.map((right) => this.#sidesAt({ right, strike }, wall));
    if (call === undefined || put === undefined) return undefined;
    const mid = midOf(call) + midOf(put);
    if (mid < LEAST_STRADDLE_DOLLARS || Math.abs(spot - strike) > MOST_APART * mid) return;
    if (this.#isOffParity(strike, spot, wall)) return undefined;
    // The volatility of the spot lies between those of the strikes around it.
    const vols = [Math.floor(spot), Math.ceil(spot)].map((each) =>
      this.#deviation(each, spot, wall),
    );
    const known = vols.filter((vol) => vol !== undefined);
    if (known.length < vols.length) return undefined;
    const slack = SLACK_STRADDLE + (widthOf(call) + widthOf(put)) / (2 * mid);
    const realised = this.#realisedVariance(market);
    const [low = 0, high = 0] = [Math.max(...known), Math.min(...known)].map((implied) => {
      const mean = (implied ** 2 + (realised ?? implied ** 2)) / 2;
      return (mid / (spot * Math.sqrt(mean) * MEAN_ABSOLUTE)) * POINTS;
    });
    return { low: low * (1 - slack), high: high * (1 + slack), isKnown: true };
  }

  /** True where call and put of a strike contradict the spot. */
  #isOffParity(strike: number, spot: number, wall: number): boolean {
    const [call, put] = RIGHTS.map((right) => this.#sidesAt({ right, strike }, wall));
    if (call === undefined || put === undefined) return false;
    const off = Math.abs(midOf(call) - midOf(put) - (spot - strike));
    return off > MOST_OFF_PARITY_DOLLARS + (widthOf(call) + widthOf(put)) / 2;
  }

  #sidesAt(at: { right: OptionContract['right']; strike: number }, wall: number) {
    const { date: expiry } = this.#session;
    const strike = priceFromDollars(at.strike);
    return this.#sidesOf({ kind: 'option', root: 'SPY', expiry, right: at.right, strike }, wall);
  }

  /** By the contract of a strike that is out of the money. */
  #deviation(strike: number, spot: number, wall: number): number | undefined {
    const right = strike >= spot ? 'call' : 'put';
    const sides = this.#sidesAt({ right, strike }, wall);
    return sides && deviationOf(right, { forward: spot, strike }, midOf(sides));
  }

  /** What the day's returns from minute to minute make likely for the rest of it. */
  #realisedVariance(market: EpochMicros): number | undefined {
    this.#realised ??= this.#realisedSoFar();
    const { variance, share } = this.#realised;
    if (share <= 0) return undefined;
    return (variance * varianceShare(this.#session, market, this.#session.exerciseMark)) / share;
  }

  /** By the complete bars; without a share where they are too few. */
  #realisedSoFar(): Realised {
    const { open, exerciseMark } = this.#session;
    const { closes } = this.#bars;
    const starts = [...closes.keys()].filter((at) => at >= open && at < exerciseMark);
    const complete = starts.toSorted((a, b) => a - b).slice(0, -1);
    const [first, last] = [complete[0], complete.at(-1)];
    if (first === undefined || last === undefined || complete.length <= LEAST_RETURNS) {
      return { variance: 0, share: 0 };
    }
    const prices = complete.map((at) => closes.get(at) ?? Number.NaN);
    const returns = prices.slice(1).map((close, i) => Math.log(close / (prices[i] ?? Number.NaN)));
    const variance = returns.reduce((total, each) => total + each ** 2, 0);
    const [from, to] = [first, last].map((at) => addMicros(at, MICROS_PER_MINUTE));
    return { variance, share: varianceShare(this.#session, from ?? first, to ?? last) };
  }
}
