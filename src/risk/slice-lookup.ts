/** Finding the legs of an order in the chain slice it is judged by. */
import type { OptionContract } from '../engine/domain/instrument.ts';
import { gridOf } from '../engine/domain/instrument.ts';
import type { ChainSlice, ContractView, Quote } from '../engine/domain/market.ts';
import type { OrderLeg } from '../engine/domain/order.ts';
import { PENNY_GRID } from '../engine/domain/tick-grid.ts';
import type { Price } from '../engine/domain/units.ts';
import { asEvidence, isFresh } from './quote-age.ts';
import type { RiskInput } from './risk-input.ts';

/** The row of a strike among those of one right, which ascend by strike. */
export function rowAtStrike(
  rows: readonly ContractView[],
  strike: Price,
): ContractView | undefined {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const row = rows[middle];
    if (row !== undefined && row.contract.strike < strike) low = middle + 1;
    else high = middle;
  }
  const found = rows[low];
  return found?.contract.strike === strike ? found : undefined;
}

/** The row of exactly this contract; undefined when the slice has none. */
export function findContract(
  slice: ChainSlice,
  contract: OptionContract,
): ContractView | undefined {
  const rows = contract.right === 'call' ? slice.calls : slice.puts;
  const found = rowAtStrike(rows, contract.strike);
  return found !== undefined && isSameContract(found.contract, contract) ? found : undefined;
}

function isSameContract(a: OptionContract, b: OptionContract): boolean {
  return a.strike === b.strike && a.right === b.right && a.expiry === b.expiry && a.root === b.root;
}

/** The quote a leg is judged by, whatever its age, with the time until which it is known to have
 * stood. Shares are judged by the underlying's. */
export function legQuote(input: RiskInput, leg: OrderLeg): Quote | undefined {
  const { slice } = input;
  if (slice === undefined) return undefined;
  const { instrument } = leg;
  if (instrument.kind === 'option') return stood(input, findContract(slice, instrument)?.quote);
  return instrument.symbol === slice.underlying ? spotQuote(input) : undefined;
}

/** The underlying's quote in the same way. */
export function spotQuote(input: RiskInput): Quote | undefined {
  return stood(input, input.slice?.spotQuote);
}

function stood({ quoteStream }: RiskInput, quote: Quote | undefined): Quote | undefined {
  if (quote === undefined || quoteStream === undefined) return quote;
  return asEvidence(quote, quoteStream);
}

/** The limit on the age of a leg's quote: the underlying's own for shares. */
export function legAgeLimitMillis(input: RiskInput, leg: OrderLeg): number {
  const { limits } = input;
  return leg.instrument.kind === 'shares' ? limits.maxSpotAgeMillis : limits.maxQuoteAgeMillis;
}

/** A leg's quote while it is no older than its limit: what every other check may judge by. */
export function freshLegQuote(input: RiskInput, leg: OrderLeg): Quote | undefined {
  const quote = legQuote(input, leg);
  if (quote === undefined) return undefined;
  return isFresh(quote, input.at, legAgeLimitMillis(input, leg), gridOf([leg]).step)
    ? quote
    : undefined;
}

/** The underlying's price while its quote is no older than its limit. */
export function freshSpot(input: RiskInput): Price | undefined {
  const quote = spotQuote(input);
  if (quote === undefined) return undefined;
  const isNow = isFresh(quote, input.at, input.limits.maxSpotAgeMillis, PENNY_GRID.step);
  return isNow ? input.slice?.spot : undefined;
}
