/** Call minus put is forward minus strike, to within what their widths leave open: a quote that no
 * longer stands shows against its twin, whatever it is called and without any model. */
import { findContract } from '../engine/chain/contract-rows.ts';
import type { Quote } from '../engine/domain/market.ts';
import type { OrderLeg } from '../engine/domain/order.ts';
import type { RiskInput } from './risk-input.ts';
import { legMarket } from './slice-lookup.ts';

/** In 1/10,000 dollar. */
export interface Parity {
  /** How far the pair is from parity. */
  readonly gap: number;
  /** Half widths of both markets together. */
  readonly halfWidths: number;
}

function middle(quote: Quote | undefined): { mid: number; half: number } | undefined {
  if (quote?.ask === undefined || quote.bid === undefined) return undefined;
  return { mid: (quote.bid + quote.ask) / 2, half: (quote.ask - quote.bid) / 2 };
}

/** Of a leg with the other right of its strike; undefined where one of the two has no market of two
 * sides, or no forward is known. */
export function parityOf(input: RiskInput, leg: OrderLeg): Parity | undefined {
  const { view, quote } = legMarket(input, leg);
  const { slice } = input;
  if (view === undefined || slice?.forward === undefined) return undefined;
  const { contract } = view;
  const right = contract.right === 'call' ? 'put' : 'call';
  const own = middle(quote);
  const other = middle(findContract(slice, { ...contract, right })?.quote);
  if (own === undefined || other === undefined) return undefined;
  const [call, put] = right === 'put' ? [own, other] : [other, own];
  const due = slice.forward * 10_000 - contract.strike;
  return { gap: Math.abs(call.mid - put.mid - due), halfWidths: own.half + other.half };
}
