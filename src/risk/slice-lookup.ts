/** Finding the legs of an order in the chain slice it is judged by. */
import { findContract } from '../engine/chain/contract-rows.ts';
import type { Greeks } from '../engine/domain/greeks.ts';
import { gridOf } from '../engine/domain/instrument.ts';
import type { ChainSlice, ContractView, Quote } from '../engine/domain/market.ts';
import type { OrderLeg } from '../engine/domain/order.ts';
import { spotMid } from '../engine/domain/spot-mid.ts';
import { PENNY_GRID } from '../engine/domain/tick-grid.ts';
import { findUnderlying } from '../engine/domain/underlying.ts';
import type { Price } from '../engine/domain/units.ts';
import { asEvidence, isFresh } from './quote-age.ts';
import type { RiskInput } from './risk-input.ts';

/** What one leg's market shows to a judgement. */
export interface LegMarket {
  /** The row of the leg in the chain; undefined for shares and for what the slice lacks. */
  readonly view: ContractView | undefined;
  /** Of that row, as they stand. */
  readonly greeks: Greeks | undefined;
  /** The quote the leg is judged by, whatever its age, with the time until which it is known to have
   * stood. Shares are judged by the underlying's. */
  readonly quote: Quote | undefined;
  /** The same while it is no older than its limit: what every check but that of ages may judge by. */
  readonly fresh: Quote | undefined;
}

const NO_MARKET: LegMarket = {
  view: undefined,
  greeks: undefined,
  quote: undefined,
  fresh: undefined,
};

/** What was looked up for an input. One never changes, and most checks ask for the same. */
const SEEN = new WeakMap<RiskInput, Map<OrderLeg, LegMarket>>();

/** The market of a leg, looked up once for all checks of an input. */
export function legMarket(input: RiskInput, leg: OrderLeg): LegMarket {
  let seen = SEEN.get(input);
  if (seen === undefined) {
    seen = new Map();
    SEEN.set(input, seen);
  }
  let market = seen.get(leg);
  if (market === undefined) {
    market = lookUp(input, leg);
    seen.set(leg, market);
  }
  return market;
}

function lookUp(input: RiskInput, leg: OrderLeg): LegMarket {
  const { instrument } = leg;
  const { slice } = input;
  if (slice === undefined) return NO_MARKET;
  const view = instrument.kind === 'option' ? findContract(slice, instrument) : undefined;
  const isSpot = instrument.kind === 'shares' && instrument.symbol === slice.underlying;
  const quote = isSpot ? spotQuote(input) : stood(input, view?.quote);
  const maxAge = legAgeLimitMillis(input, leg);
  const isNow = quote !== undefined && isFresh(quote, input.at, maxAge, gridOf([leg]).step);
  return { view, greeks: view?.greeks, quote, fresh: isNow ? quote : undefined };
}

/** The underlying's quote, with the time until which it is known to have stood: by its own age, but for
 * an index whose level is printed less often than its options are quoted. */
export function spotQuote(input: RiskInput): Quote | undefined {
  const { slice } = input;
  if (slice === undefined) return undefined;
  return stood(input, slice.spotQuote, findUnderlying(slice.underlying)?.quietSpotMillis ?? 0);
}

function stood({ quoteStream }: RiskInput, quote: Quote | undefined, ceilingMillis?: number) {
  if (quote === undefined || quoteStream === undefined) return quote;
  return asEvidence(quote, quoteStream, ceilingMillis);
}

/** The limit on the age of a leg's quote: the underlying's own for shares. */
export function legAgeLimitMillis(input: RiskInput, leg: OrderLeg): number {
  const { limits } = input;
  return leg.instrument.kind === 'shares' ? limits.maxSpotAgeMillis : limits.maxQuoteAgeMillis;
}

/** The quote of a leg while it is no older than its limit. */
export function freshLegQuote(input: RiskInput, leg: OrderLeg): Quote | undefined {
  return legMarket(input, leg).fresh;
}

/** The underlying's price, 1/10,000 dollar, where its quote is a market that tells one: neither crossed nor wide. */
export function soundSpotOf({ spotQuote: quote }: ChainSlice): Price | undefined {
  return quote === undefined ? undefined : spotMid(quote);
}

/** The same while that quote is no older than its limit. */
export function freshSpot(input: RiskInput): Price | undefined {
  const { slice } = input;
  const quote = spotQuote(input);
  if (slice === undefined || quote === undefined) return undefined;
  const isNow = isFresh(quote, input.at, input.limits.maxSpotAgeMillis, PENNY_GRID.step);
  return isNow ? soundSpotOf(slice) : undefined;
}
