/** A structure as the book keeps it, and what a trade closed of it. Core thread only. */

import { multiplierOf } from '../domain/instrument.ts';
import type { Fill, OrderIntent, StrategyName } from '../domain/order.ts';
import { legSign } from '../domain/order.ts';
import { quantityOf } from '../domain/share-quantity.ts';
import type { Cents, EpochMicros } from '../domain/units.ts';
import { amountCents } from '../domain/units.ts';
import type { Carrier, Trade } from './carried-gains.ts';
import { StructureLots } from './structure-lots.ts';

/** Which strategy opened it; `external` where this engine did not, `shares` of an exercise. */
export type Opener = StrategyName | 'external' | 'shares';

export interface Structure<View> extends Carrier {
  readonly positionId: string;
  readonly openedAt: EpochMicros;
  strategy: Opener;
  intent: OrderIntent | undefined;
  realizedCents: number;
  feesCents: number;
  /** What it looks like from outside; undefined after a change, until somebody looks again. */
  view: View | undefined;
}

/** One that holds nothing yet. */
export function newStructure<View>(
  positionId: string,
  strategy: Opener,
  openedAt: EpochMicros,
): Structure<View> {
  return {
    positionId,
    openedAt,
    lots: new StructureLots(),
    carried: new Map(),
    carryDue: new Set(),
    heldOver: new Set(),
    strategy,
    intent: undefined,
    realizedCents: 0,
    feesCents: 0,
    view: undefined,
  };
}

/** Contracts or shares that one trade closed of a structure, signed as they were traded. */
export interface Part<View> {
  readonly structure: Structure<View>;
  readonly quantity: number;
}

export function sumOf(parts: readonly Part<unknown>[]): number {
  return quantityOf(parts);
}

/** Contracts or shares of an execution, signed. */
export function signedOf({ action, quantity }: Fill): number {
  return legSign(action) * quantity;
}

/** Cash that an execution took or brought, before fees. */
export function cashOf(fill: Fill): Cents {
  return amountCents(fill.price, -signedOf(fill), multiplierOf(fill.instrument));
}

/** An execution as a trade, whole or as much of it as is said. */
export function tradeOf(fill: Fill, signed: number = signedOf(fill)): Trade {
  return { instrument: fill.instrument, signed, at: fill.price, by: fill };
}
