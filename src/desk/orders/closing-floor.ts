/**
 * How far the limit of a close is walked: to the worst that can make sense, and that of one that closes for a
 * price of its own, a nickel or a profit target, no further than that price. It rests there until something
 * else wants the position gone, and then hurries like any other.
 */

import { gridOf, instrumentSymbol } from '../../engine/domain/instrument.ts';
import { netPrices } from '../../engine/domain/net-price.ts';
import { ceilToTick } from '../../engine/domain/tick-grid.ts';
import { type Price, price } from '../../engine/domain/units.ts';
import type { StructurePosition } from '../../engine/portfolio/portfolio-book.ts';
import { asOpenPosition } from '../account/held-position.ts';
import type { DeskContext } from '../desk-context.ts';
import { quoteOf, spotNow } from '../desk-context.ts';
import { hasMarket } from '../exits/close-legs.ts';
import { costOfWhole } from '../exits/closing-cost.ts';
import type { ExitReason } from '../exits/exit-input.ts';
import { policyOf } from '../exits/exit-policy.ts';
import { nickelNet } from '../exits/judge-rest.ts';
import { worstClosingNet } from '../exits/limit-ladder.ts';
import type { HeldLeg, OpenPosition } from '../exits/open-position.ts';
import { debitAt } from '../previews/manual-exit.ts';
import { isBeingReported } from './being-reported.ts';
import { alreadyClosing } from './long-cover.ts';
import type { OrderRecord } from './order-book.ts';
import { contractsLeft, filledUnits } from './order-book.ts';
import { isTakenApart } from './refused-closes.ts';

const OWN_PRICES: ReadonlyMap<string | undefined, string> = new Map<ExitReason, string>([
  ['nickel', 'for a nickel'],
  ['target', 'at its target'],
]);

/** At which price of its own an exit for this reason closes, in words; undefined where it has none. */
export function ownPriceOf(reason: string | undefined): string | undefined {
  return OWN_PRICES.get(reason);
}

export function isHurried({ urgency }: Pick<OrderRecord, 'urgency'>): boolean {
  return urgency === 'fast' || urgency === 'urgent';
}

/** True for a close for a price of its own that nothing hurries. */
export function isForOwnPrice(order: OrderRecord): boolean {
  return ownPriceOf(order.exitReason) !== undefined && !isHurried(order);
}

/** The worst limit of a close whose legs trade at this natural net now. */
export function closingFloor(
  desk: DeskContext,
  order: OrderRecord,
  natural: Price,
): Price | undefined {
  const { legs, positionId } = order.intent;
  const worst = worstClosingNet(legs, spotNow(desk));
  if (!isForOwnPrice(order)) return worst;
  const { exitPlan } = desk.book.structure(positionId) ?? {};
  if (exitPlan !== undefined && desk.at.market >= exitPlan.timeExitAt) return worst;
  const own = order.exitReason === 'nickel' ? nickelNet(legs) : targetNet(desk, order, natural);
  return own === undefined ? worst : price(Math.max(own, worst ?? own));
}

/** The units of a trade of which an order closes something, without the longs that it does not sell: whether
 * another order sells those nobody knows before it has. */
function asClosedBy(order: OrderRecord, whole: OpenPosition): OpenPosition {
  const own = new Map(
    order.intent.legs.map((leg) => [instrumentSymbol(leg.instrument), contractsLeft(order, leg)]),
  );
  const held = (whole.legsOfUnits ?? whole.legs).filter(({ quantity }) => quantity !== 0);
  const ownOf = ({ instrument }: HeldLeg): number => own.get(instrumentSymbol(instrument)) ?? 0;
  const part = Math.min(1, Math.max(...held.map((leg) => ownOf(leg) / Math.abs(leg.quantity))));
  const legsOfUnits = held.map((leg) => {
    const most = leg.quantity * part;
    return { ...leg, quantity: leg.quantity > 0 ? Math.min(most, ownOf(leg)) : most };
  });
  return {
    ...whole,
    quantity: whole.quantity * part,
    legsOfUnits: legsOfUnits.filter(({ quantity }) => quantity !== 0),
  };
}

/**
 * What an order has to bring so that its units are left at the target by what it brings itself and what has been
 * brought already: as much less than natural as that is better than the target now. Where the quotes prove nothing, and while an execution
 * is told, it stays where it is. Legs that the broker takes one at a time have no such price: what was begun so
 * is ended.
 */
function targetNet(desk: DeskContext, order: OrderRecord, natural: Price): Price | undefined {
  const { positionId, legs, quantity } = order.intent;
  const position = desk.book.structure(positionId);
  const target = position?.exitPlan?.target;
  if (position === undefined || target === undefined) return undefined;
  if (isTakenApart(desk, positionId)) return undefined;
  const unitsLeft = quantity - filledUnits(order);
  if (unitsLeft <= 0 || isBeingReported(desk, positionId)) return order.limit;
  const { at, evidence, day } = desk;
  evidence.look(day);
  const whole = asClosedBy(order, asOpenPosition(desk, position));
  const policy = policyOf(whole.exitPlan);
  const cost = costOfWhole(whole, { quotes: evidence.of, at, policy });
  if (cost.kind !== 'trusted') return order.limit;
  const room = ((debitAt(target) - cost.natural) * whole.quantity) / unitsLeft;
  return ceilToTick(gridOf(legs), Math.round(natural - room));
}

/** True for a close at the target that has to bring more than its legs trade at now. */
function asksForMore(desk: DeskContext, order: OrderRecord): boolean {
  if (order.status !== 'working' || order.exitReason !== 'target' || isHurried(order)) return false;
  const net = netPrices(order.intent.legs, (symbol) => quoteOf(desk, symbol));
  if ('missing' in net) return false;
  return (targetNet(desk, order, net.natural) ?? net.natural) > net.natural;
}

/** Closes that rest for the target of a trade which is there with what no order closes: alone each asks for all
 * that it lacks, as one for what they left out would, so that none of them fills. */
export function restingApart(
  desk: DeskContext,
  { positionId, legs }: StructurePosition,
): readonly OrderRecord[] {
  const claimed = alreadyClosing(desk, positionId);
  const isLeftOut = legs.some(({ instrument, quantity }) => {
    const symbol = instrumentSymbol(instrument);
    return quantity !== 0 && !claimed.has(symbol) && hasMarket(quoteOf(desk, symbol), quantity);
  });
  if (!isLeftOut) return [];
  return desk.orders.closing(positionId).filter((order) => asksForMore(desk, order));
}
