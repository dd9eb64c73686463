/** What is left to lose of a structure that has come apart, up to where its stops stand now. */
import { orderFees } from '../../broker/fees.ts';
import { multiplierOf, multiplierOfLegs } from '../../engine/domain/instrument.ts';
import type { OrderLeg } from '../../engine/domain/order.ts';
import { CENTS_PER_DOLLAR, PRICE_PER_DOLLAR } from '../../engine/domain/units.ts';
import type { PositionLeg, StructurePosition } from '../../engine/portfolio/portfolio-book.ts';
import type { DeskContext } from '../desk-context.ts';
import { isShortSide, rightOfPart, type Side } from '../exits/exit-input.ts';
import { sideStopNow, unitsOfSide } from '../exits/judge-stops.ts';
import { asOpenPosition, unitsApart } from './held-position.ts';

const PRICE_PER_CENT = PRICE_PER_DOLLAR / CENTS_PER_DOLLAR;

/** What the legs were opened at: credit positive. */
function openCash(legs: readonly PositionLeg[]): number {
  return legs.reduce((cash, { instrument, quantity, averagePrice }) => {
    return cash - (averagePrice * quantity * multiplierOf(instrument)) / PRICE_PER_CENT;
  }, 0);
}

/** Each side loses up to its own stop; one that is short nothing what was paid for it. */
function lossOfSide(desk: DeskContext, position: StructurePosition, side: Side): number {
  const open = asOpenPosition(desk, position);
  const right = rightOfPart(side);
  const legs = position.legs.filter(({ instrument }) => {
    return instrument.kind === 'option' && instrument.right === right;
  });
  const stop = isShortSide(open, side) ? (sideStopNow(open, side) ?? 0) : 0;
  const cost = (stop * unitsOfSide(open, side) * multiplierOfLegs(legs)) / PRICE_PER_CENT;
  return cost - openCash(legs);
}

function lossOfWhole(desk: DeskContext, position: StructurePosition): number {
  const { exitPlan, legs, quantity, goneDebit } = asOpenPosition(desk, position);
  const { kind, price = 0 } = exitPlan.stop ?? {};
  const debit = kind === 'valueAtOrBelow' ? 0 - price : price;
  const cost = ((debit - goneDebit) * quantity * multiplierOfLegs(legs)) / PRICE_PER_CENT;
  return cost - position.openCashCents;
}

function feesToClose({ gateway }: DeskContext, { legs }: StructurePosition): number {
  const closing = legs.map(({ instrument, quantity }): OrderLeg => {
    const action = quantity > 0 ? 'sellToClose' : 'buyToClose';
    return { instrument, action, ratio: Math.abs(quantity) };
  });
  return orderFees(gateway.capabilities.name, closing, 1);
}

/** Cents from what was paid and taken in for what is left, with the fees of closing it. Undefined while its
 * units are whole, and where no stop is planned. */
export function lossAtStops(desk: DeskContext, position: StructurePosition): number | undefined {
  const { stop, sideStop } = position.exitPlan ?? {};
  if (unitsApart(desk, position) === undefined) return undefined;
  if (stop === undefined && sideStop === undefined) return undefined;
  const loss =
    stop === undefined
      ? lossOfSide(desk, position, 'callSide') + lossOfSide(desk, position, 'putSide')
      : lossOfWhole(desk, position);
  return loss + feesToClose(desk, position);
}
