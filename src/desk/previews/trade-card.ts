/** The trade card: what a person reads before saying yes, worst case and all. */

import { impliedVolAt } from '../../engine/chain/contract-rows.ts';
import { multiplierOfLegs } from '../../engine/domain/instrument.ts';
import type { NetPrices } from '../../engine/domain/net-price.ts';
import type { OrderIntent } from '../../engine/domain/order.ts';
import { amountCents, dollarsFromPrice, priceFromDollars } from '../../engine/domain/units.ts';
import { probabilityOfProfit } from '../../engine/pricing/payoff-probability.ts';
import { expectedFill } from '../../strategies/net-price.ts';
import { greeksOf, greeksOfLegs } from '../account/book-greeks.ts';
import { exitPlanView } from '../account/exit-plan-view.ts';
import type { DeskContext } from '../desk-context.ts';
import { sliceOf, spotNow } from '../desk-context.ts';
import type { GreeksView, TradeCard } from '../engine-api.ts';
import { legViews } from '../orders/order-views.ts';
import type { Judgement } from './judging.ts';

/** An intent with its verdict and the nets it was priced from. */
export interface PricedIntent {
  readonly intent: OrderIntent;
  readonly judgement: Judgement;
  readonly net: NetPrices;
}

/** What a card says besides what can be computed from the intent. */
export interface CardText {
  readonly previewId: string;
  readonly purpose: TradeCard['purpose'];
  readonly strategy: string;
  readonly reasons: readonly string[];
  readonly warnings: readonly string[];
  readonly figures: TradeCard['figures'];
}

/** Of a fill at the worst price, as its breakevens and its worst case are told beside it. */
function probability(desk: DeskContext, intent: OrderIntent, judgement: Judgement): number | null {
  const slice = sliceOf(desk);
  if (slice?.forward === undefined || slice.atmVol === undefined) return null;
  if (intent.purpose !== 'open' || slice.yearsToExpiry <= 0) return null;
  const { atmVol } = slice;
  const volAt = (dollars: number): number =>
    impliedVolAt(slice, priceFromDollars(dollars)) ?? atmVol;
  return (
    probabilityOfProfit({
      legs: intent.legs,
      quantity: intent.quantity,
      netPrice: intent.worst,
      feesCents: judgement.feesCents,
      forward: slice.forward,
      years: slice.yearsToExpiry,
      volAt,
    }) ?? null
  );
}

/** Greeks of the whole order; null when a leg has none. */
function orderGreeks(desk: DeskContext, { legs, quantity }: OrderIntent): GreeksView | null {
  return greeksOfLegs((symbol) => greeksOf(desk, symbol), legs, quantity) ?? null;
}

/** Builds the card, without its token, which only the face knows. */
export function tradeCard(desk: DeskContext, priced: PricedIntent, text: CardText): TradeCard {
  const { intent, judgement, net } = priced;
  const { payoff, verdict, feesCents } = judgement;
  const opening = intent.purpose === 'open';
  const expected = expectedFill({ ...net, worst: intent.worst, legCount: intent.legs.length });
  const spot = spotNow(desk);
  return {
    confirmToken: '',
    expiresInSeconds: desk.config.limits.confirmationTimeoutSeconds,
    previewId: text.previewId,
    purpose: text.purpose,
    strategy: text.strategy,
    underlying: desk.config.underlying,
    spot: spot === undefined ? null : dollarsFromPrice(spot),
    legs: legViews(desk, intent.legs, intent.quantity),
    quantity: intent.quantity,
    netCents: amountCents(intent.limit, intent.quantity, multiplierOfLegs(intent.legs)),
    feesCents,
    maxLossCents: opening ? (payoff.maxLossCents ?? 0) : 0,
    maxProfitCents: opening ? (payoff.maxProfitCents ?? null) : 0,
    marginCents: opening ? payoff.marginCents : 0,
    assignmentCostCents: opening ? payoff.assignmentCostCents : 0,
    limitPrice: dollarsFromPrice(intent.limit),
    worstPrice: dollarsFromPrice(intent.worst),
    expectedFill: {
      price: dollarsFromPrice(expected),
      mid: dollarsFromPrice(net.mid),
      natural: dollarsFromPrice(net.natural),
    },
    breakevens: opening ? payoff.breakevens.map(dollarsFromPrice) : [],
    probabilityOfProfit: probability(desk, intent, judgement),
    greeks: orderGreeks(desk, intent),
    exitPlan: intent.exitPlan === undefined ? null : exitPlanView(intent.exitPlan),
    checks: verdict.checks,
    reasons: text.reasons,
    warnings: text.warnings,
    figures: text.figures,
    dryRun: null,
  };
}
