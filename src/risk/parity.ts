/** Call minus put is forward minus strike, to within what their widths leave open: a quote that no
 * longer stands shows against its twin, whatever it is called and without any model. */
import { gridOf } from '../engine/domain/instrument.ts';
import type { Quote } from '../engine/domain/market.ts';
import type { OrderLeg } from '../engine/domain/order.ts';
import type { Price } from '../engine/domain/units.ts';
import { isQuietWing } from './quote-age.ts';
import type { RiskInput } from './risk-input.ts';
import { freshLegQuote, legMarket } from './slice-lookup.ts';

/** In 1/10,000 dollar. */
export interface Parity {
  /** How far the pair is from parity. */
  readonly gap: number;
  /** Half widths of both markets together. */
  readonly halfWidths: number;
}

/** A worthless wing that nobody bids for stands between nothing and its ask. */
function middle(quote: Quote | undefined, tick: Price): { mid: number; half: number } | undefined {
  if (quote?.ask === undefined) return undefined;
  const bid = isQuietWing(quote, tick) ? 0 : quote.bid;
  if (bid === undefined) return undefined;
  return { mid: (bid + quote.ask) / 2, half: (quote.ask - bid) / 2 };
}

/** Of a leg with the other right of its strike; undefined where one of the two has no market of two sides that
 * is no older than its limit, or no forward is known. */
export function parityOf(input: RiskInput, leg: OrderLeg): Parity | undefined {
  const { view, fresh } = legMarket(input, leg);
  const { slice } = input;
  if (view === undefined || slice?.forward === undefined) return undefined;
  const { contract } = view;
  const right = contract.right === 'call' ? 'put' : 'call';
  const tick = gridOf([leg]).step;
  const own = middle(fresh, tick);
  const twin = { ...leg, instrument: { ...contract, right } } as const;
  const other = middle(freshLegQuote(input, twin), tick);
  if (own === undefined || other === undefined) return undefined;
  const [call, put] = right === 'put' ? [own, other] : [other, own];
  const due = slice.forward * 10_000 - contract.strike;
  return { gap: Math.abs(call.mid - put.mid - due), halfWidths: own.half + other.half };
}
