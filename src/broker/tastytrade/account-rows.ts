/** Balances and positions as tastytrade writes them. Pure. */

import { z } from 'zod';
import type { Cents } from '../../engine/domain/units.ts';
import { centsFromDollars } from '../../engine/domain/units.ts';
import type { HeldPosition } from '../order-gateway.ts';
import { heldOnWire, heldPosition } from '../wire-number.ts';
import { dataIn, pageIn } from './envelope.ts';
import { wireNumber } from './tasty-order.ts';

export interface TastyBalances {
  readonly cashCents: Cents;
  readonly buyingPowerCents: Cents;
  readonly marginCents: Cents;
}

const balancesShape = z.object({
  'cash-balance': wireNumber,
  'derivative-buying-power': wireNumber,
  'maintenance-requirement': wireNumber,
  currency: z.string().nullish(),
});

const balanceRows = z.object({ items: z.array(balancesShape) });

/** One object, or a row a currency: both are sent. Undefined where a number is missing. */
export function balancesIn(body: string): TastyBalances | undefined {
  const data = dataIn(body);
  const isList = typeof data === 'object' && data !== null && 'items' in data;
  const rows = isList ? balanceRows.safeParse(data).data?.items : undefined;
  const dollars = rows?.find(({ currency }) => (currency ?? 'USD') === 'USD');
  const found = rows === undefined ? balancesShape.safeParse(data).data : dollars;
  const cash = found?.['cash-balance'];
  const power = found?.['derivative-buying-power'];
  if (cash === undefined || power === undefined) return undefined;
  return {
    cashCents: centsFromDollars(cash),
    buyingPowerCents: centsFromDollars(power),
    marginCents: centsFromDollars(found?.['maintenance-requirement'] ?? 0),
  };
}

const positionShape = z.object({
  symbol: z.string(),
  quantity: z.union([z.string(), z.number()]).nullish().transform(heldOnWire),
  'quantity-direction': z.string(),
  'average-open-price': wireNumber,
});

const SIGNS: Readonly<Record<string, number>> = { Long: 1, Short: -1, Zero: 0 };
const MOST_POSITIONS = 10_000;

/** Undefined where a row cannot be read: a position that is not understood is not left out. */
export function positionsIn(body: string): readonly HeldPosition[] | undefined {
  const rows = pageIn(body, MOST_POSITIONS)?.items.map(
    (item) => positionShape.safeParse(item).data,
  );
  if (rows === undefined) return undefined;
  const held: HeldPosition[] = [];
  for (const row of rows) {
    const sign = row === undefined ? undefined : SIGNS[row['quantity-direction']];
    if (row?.quantity === undefined || sign === undefined) return undefined;
    const { symbol, 'average-open-price': average } = row;
    const position = heldPosition(symbol, sign * row.quantity, average);
    if (position === undefined) return undefined;
    if (position.quantity !== 0) held.push(position);
  }
  return held;
}
