/** The account as risk counts it: everything held, working or UNKNOWN, at its worst. */

import { settlementFees } from '../../broker/fees.ts';
import type { Right } from '../../engine/domain/instrument.ts';
import type { OrderLeg } from '../../engine/domain/order.ts';
import type { Cents } from '../../engine/domain/units.ts';
import { cents, price } from '../../engine/domain/units.ts';
import type { StructurePosition } from '../../engine/portfolio/portfolio-book.ts';
import { payoffSummary } from '../../engine/pricing/payoff.ts';
import { type AccountRisk, UNBOUNDED_LOSS_CENTS } from '../../risk/risk-input.ts';
import type { DeskContext } from '../desk-context.ts';
import type { OrderRecord } from '../orders/order-book.ts';
import { filledUnits } from '../orders/order-book.ts';
import { bookGreeks } from './book-greeks.ts';
import { buyingPowerLeft } from './buying-power-left.ts';
import { dayPnl } from './day-pnl.ts';
import { heldInSession } from './held-position.ts';
import { lossAtStops } from './loss-at-stops.ts';
import { consecutiveRejects, lossesByStrategy } from './loss-history.ts';
import { lottoSpent } from './lotto-spent.ts';
import { afterOthersCloses } from './others-closes.ts';
import { lossOfSideStops } from './side-stops.ts';
import { Standing } from './standing.ts';

/** A contract's price in 1/10,000 dollar per share is its price in cents; a share's is not. */
const PRICE_PER_CENT = 100;

/** What is held of a structure as the legs of one order that would open it now. */
function heldLegs(position: StructurePosition): readonly OrderLeg[] {
  return position.legs
    .filter((leg) => leg.quantity !== 0)
    .map((leg) => ({
      instrument: leg.instrument,
      action: leg.quantity > 0 ? 'buyToOpen' : 'sellToOpen',
      ratio: Math.abs(leg.quantity),
    }));
}

/** Worst cases by the look at a structure, which never changes: every order is judged with all of them. */
const WORST = new WeakMap<StructurePosition, Cents>();

/**
 * Worst case of a held structure, positive cents; unbounded risk counts as a huge sum. It is reckoned
 * from what is still held and the cash of just that, at expiry or by the stops of both sides, whichever
 * is more, with what exercise and assignment cost there: what a side that is closed brought in protects
 * nothing any more.
 */
export function worstCaseOf(desk: DeskContext, position: StructurePosition): Cents {
  const known = WORST.get(position);
  if (known !== undefined) return known;
  const worst = newWorstCase(desk, position);
  WORST.set(position, worst);
  return worst;
}

/** The same where there is a bound to it. */
export function boundedWorstCaseOf(
  desk: DeskContext,
  position: StructurePosition,
): Cents | undefined {
  const worst = worstCaseOf(desk, position);
  return worst < UNBOUNDED_LOSS_CENTS ? worst : undefined;
}

function newWorstCase({ gateway }: DeskContext, position: StructurePosition): Cents {
  const legs = heldLegs(position);
  if (legs.length === 0) return cents(0);
  const isShares = legs.every(({ instrument }) => instrument.kind === 'shares');
  const netPrice = price(position.openCashCents * (isShares ? PRICE_PER_CENT : 1));
  const settlementFeeCents = settlementFees(gateway.capabilities.name, 'assigned');
  const paid = { feesCents: cents(0), settlementFeeCents };
  const payoff = payoffSummary({ legs, quantity: 1, netPrice, ...paid });
  const atExpiry = payoff.maxLossCents ?? UNBOUNDED_LOSS_CENTS;
  const bothStopped = lossOfSideStops(position.exitPlan, shortsOf(position));
  if (bothStopped === undefined) return atExpiry;
  return cents(Math.max(atExpiry, Math.ceil(bothStopped * share(position))));
}

function shortsOf({ legs }: StructurePosition): readonly Right[] {
  return legs.flatMap(({ instrument, quantity }) =>
    instrument.kind === 'option' && quantity < 0 ? [instrument.right] : [],
  );
}

/** What is held of all that was to be opened. */
function share({ openingIntent, quantity }: StructurePosition): number {
  return quantity / (openingIntent?.quantity ?? quantity);
}

/** What is left of an order: all of one that names no quantity, as an order for an amount of dollars. */
function remainingShare(order: OrderRecord): number {
  const { quantity } = order.intent;
  return quantity > 0 ? (quantity - filledUnits(order)) / quantity : 1;
}

/** What the plan of a held structure may yet lose: that of its opening while its units are whole, else up
 * to where the stops of what is left of them stand now. What the gone part has lost is in the day already,
 * and what it gained the stop of the whole gives back. Never more than the worst case. */
export function plannedLossOf(desk: DeskContext, position: StructurePosition): number {
  const worst = worstCaseOf(desk, position);
  const planned = position.exitPlan?.plannedLossCents;
  if (planned === undefined) return worst;
  const left = lossAtStops(desk, position) ?? planned * share(position);
  return Math.min(worst, Math.max(0, left));
}

/** Worst cases and planned losses of what is held, with or without what others close of it, and what opens. */
interface Money {
  openRisk: number;
  readonly byPrincipal: Map<string, number>;
  planned: number;
  openOrdersRisk: number;
  openOrders: number;
}

function addRisk(
  byPrincipal: Map<string, number>,
  principal: string | undefined,
  riskCents: number,
): void {
  if (principal === undefined) return;
  byPrincipal.set(principal, (byPrincipal.get(principal) ?? 0) + riskCents);
}

function moneyAtRisk(desk: DeskContext, live: readonly OrderRecord[]): Money {
  const byPrincipal = new Map<string, number>();
  const money: Money = { openRisk: 0, byPrincipal, planned: 0, openOrdersRisk: 0, openOrders: 0 };
  const held = heldInSession(desk);
  const looks = [held, ...afterOthersCloses(held, live)];
  for (const [place, position] of held.entries()) {
    const worst = Math.max(...looks.map((look) => worstCaseOf(desk, look[place] ?? position)));
    money.openRisk += worst;
    addRisk(byPrincipal, position.openingIntent?.principal, worst);
    money.planned += plannedLossOf(desk, position);
  }
  for (const order of live) {
    const { intent, worstCaseCents } = order;
    if (intent.purpose !== 'open') continue;
    const share = remainingShare(order);
    money.openOrders += 1;
    money.openOrdersRisk += worstCaseCents * share;
    addRisk(byPrincipal, intent.principal, worstCaseCents * share);
    money.planned += (order.exitPlan?.plannedLossCents ?? worstCaseCents) * share;
  }
  money.openRisk += money.openOrdersRisk;
  return money;
}

/** Builds the account's risk picture at this step. */
export function accountRisk(desk: DeskContext): AccountRisk {
  const live = desk.orders.live();
  const money = moneyAtRisk(desk, live);
  const standing = new Standing();
  for (const position of heldInSession(desk)) standing.addStructure(position);
  for (const order of live) standing.addOrder(order);
  const { netDelta, extremes: greeks } = bookGreeks(desk, live);
  const unknown = live.filter((order) => order.status === 'unknown');
  const { liquidationCents: dayPnlCents, openGainCents } = dayPnl(desk);
  return {
    dayPnlCents,
    // A planned loss is reckoned from the entry: a position in profit gives its gain back besides, that of days
    // before too.
    plannedLossCents: cents(Math.round(money.planned) + openGainCents),
    openRiskCents: cents(Math.round(money.openRisk)),
    openRiskByPrincipal: money.byPrincipal,
    netDelta,
    netDeltaHighest: greeks?.delta.highest,
    netDeltaLowest: greeks?.delta.lowest,
    gammaHighest: greeks?.gamma.highest,
    gammaLowest: greeks?.gamma.lowest,
    vegaHighestCents: greeks?.vegaCents.highest,
    vegaLowestCents: greeks?.vegaCents.lowest,
    buyingPowerCents: buyingPowerLeft(desk),
    sharesHeld: desk.book.sharesHeld(),
    contractsBySymbol: standing.contracts,
    unknownStrategies: new Set(unknown.map((order) => order.intent.strategy)),
    unitsByStrategy: standing.units,
    totalContracts: standing.totalContracts,
    openOrders: money.openOrders,
    openOrdersRiskCents: cents(Math.round(money.openOrdersRisk)),
    interestBySymbol: standing.interest,
    lossesByStrategy: lossesByStrategy(desk),
    lottoSpentCents: lottoSpent(desk),
    consecutiveRejects: consecutiveRejects(desk),
  };
}
