/** A trade card's payoff as a picture needs it: P&L over a range of prices, at the close and now. */
import { parseInstrument } from '../../engine/domain/instrument.ts';
import type { ChainSlice } from '../../engine/domain/market.ts';
import type { LegAction, OrderLeg } from '../../engine/domain/order.ts';
import { LEG_ACTION_WORDS } from '../../engine/domain/order.ts';
import type { Price } from '../../engine/domain/units.ts';
import { cents, dollarsFromPrice, price, priceFromDollars } from '../../engine/domain/units.ts';
import { payoffGrid } from '../../engine/pricing/structure-value.ts';
import type { LegView, TradeCard } from '../engine-api.ts';
import type { PayoffView } from '../engine-api-payoff.ts';

/** Prices on the picture, besides the strikes and breakevens, where its lines have their corners. */
const POINTS = 81;
/** The picture reaches this far beyond the outermost strike, as a part of the spot at least. */
const LEAST_MARGIN = 0.004;
/** Standard deviations to the close that the picture shows on either side of the spot. */
const SHOWN_DEVIATIONS = 2;

function actionOf(words: string): LegAction | undefined {
  const actions = Object.entries(LEG_ACTION_WORDS);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of that table are actions
  return actions.find(([, each]) => each === words)?.[0] as LegAction | undefined;
}

function legOf({ symbol, action, quantity }: LegView, units: number): OrderLeg | undefined {
  const known = actionOf(action);
  if (known === undefined) return undefined;
  return { instrument: parseInstrument(symbol), action: known, ratio: quantity / units };
}

function pricesFor(card: TradeCard, slice: ChainSlice, spot: number): readonly Price[] {
  const strikes = card.legs.filter(({ right }) => right !== 'shares').map(({ strike }) => strike);
  const deviation = (slice.atmVol ?? 0) * Math.sqrt(Math.max(0, slice.yearsToExpiry)) * spot;
  const margin = Math.max(spot * LEAST_MARGIN, deviation);
  const lowest = Math.min(spot - SHOWN_DEVIATIONS * deviation, ...strikes.map((k) => k - margin));
  const highest = Math.max(spot + SHOWN_DEVIATIONS * deviation, ...strikes.map((k) => k + margin));
  const [from, to] = [priceFromDollars(lowest), priceFromDollars(highest)];
  const step = (to - from) / (POINTS - 1);
  const grid = Array.from({ length: POINTS }, (_, index) => Math.round(from + index * step));
  const corners = [...strikes, ...card.breakevens].map(priceFromDollars);
  return [...new Set([...grid, ...corners])].toSorted((a, b) => a - b).map(price);
}

/** What an opening comes to over the prices that matter to it; undefined while the chain is not there,
 * and for what closes or cancels: alone, its order would look like the risk that it ends. */
export function payoffView(card: TradeCard, slice: ChainSlice | undefined): PayoffView | undefined {
  if (card.purpose !== 'open' || slice?.spot === undefined) return undefined;
  const legs = card.legs.map((leg) => legOf(leg, card.quantity));
  const known = legs.filter((leg) => leg !== undefined);
  if (known.length === 0 || known.length < legs.length) return undefined;
  const spot = dollarsFromPrice(slice.spot);
  const vols = new Map<number, number>();
  for (const { contract, impliedVol } of [...slice.puts, ...slice.calls]) {
    if (impliedVol !== undefined) vols.set(contract.strike, impliedVol);
  }
  const order = {
    legs: known,
    quantity: card.quantity,
    // As the card's own worst and best case: at the worst price the order may fill at.
    netPrice: priceFromDollars(card.worstPrice),
    feesCents: cents(card.feesCents),
  };
  const volAt = (strike: number): number | undefined => vols.get(priceFromDollars(strike));
  const market = { years: slice.yearsToExpiry, volAt };
  const rows = payoffGrid(order, market, pricesFor(card, slice, spot));
  return {
    spot,
    prices: rows.map((row) => dollarsFromPrice(row.price)),
    closeCents: rows.map((row) => row.expiryCents),
    nowCents: rows.map((row) => row.nowCents ?? null),
  };
}
