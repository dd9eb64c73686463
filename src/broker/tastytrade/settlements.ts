/**
 * Exercise, assignment and expiry, which tastytrade tells by its transactions alone. Pure.
 * One row takes the options away and others move the shares; the first says all that is needed, for
 * the shares follow from the contract. Rows of contracts that this engine neither ordered nor saw held
 * are not its own.
 */

import { z } from 'zod';
import type { OptionContract } from '../../engine/domain/instrument.ts';
import { multiplierOf, occSymbol, parseOccSymbol } from '../../engine/domain/instrument.ts';
import { underlyingOfRoot } from '../../engine/domain/underlying.ts';
import type { Cents, EpochMicros } from '../../engine/domain/units.ts';
import {
  centsFromDollars,
  epochMicrosFromMillis,
  priceFromDollars,
} from '../../engine/domain/units.ts';
import type { Settlement } from '../order-gateway.ts';
import { pageIn } from './envelope.ts';
import { wireId, wireNumber } from './tasty-order.ts';

const rowShape = z.object({
  id: wireId,
  'transaction-sub-type': z.string(),
  symbol: z.string(),
  quantity: wireNumber,
  action: z.string().nullish(),
  value: wireNumber,
  commission: wireNumber,
  'clearing-fees': wireNumber,
  'regulatory-fees': wireNumber,
  'executed-at': z.string().nullish(),
});

type Row = z.infer<typeof rowShape>;

const OUTCOMES: Readonly<Record<string, Settlement['outcome']>> = {
  Assignment: 'assigned',
  'Cash Settled Assignment': 'assigned',
  Exercise: 'exercised',
  'Cash Settled Exercise': 'exercised',
  Expiration: 'expired',
};

/** How what is paid in cash is named, of classes too that this engine knows nothing of. */
const IN_CASH = 'Cash Settled';

export const PER_PAGE = 200;

/** What was held: an assignment takes shorts away, an exercise longs; an expiry may say which by its
 * action, and mostly carries none. Undefined where it does not. */
function signOf(outcome: Settlement['outcome'], action: string | null | undefined) {
  if (outcome === 'assigned') return -1;
  if (outcome === 'exercised') return 1;
  if (action?.startsWith('Sell') === true) return 1;
  return action?.startsWith('Buy') === true ? -1 : undefined;
}

function feesOf(row: Row): Cents {
  const fees = [row.commission, row['clearing-fees'], row['regulatory-fees']];
  return centsFromDollars(fees.reduce<number>((sum, fee) => sum + Math.abs(fee ?? 0), 0));
}

/** Shares that an exercise moves to its holder. */
function sharesOf(contract: OptionContract, held: number): number {
  const direction = contract.right === 'call' ? 1 : -1;
  return direction * held * multiplierOf(contract);
}

function settlementIn(row: Row, wall: EpochMicros): Settlement | undefined {
  const what = row['transaction-sub-type'];
  const outcome = OUTCOMES[what];
  const instrument = parseOccSymbol(row.symbol);
  const { id, quantity: count } = row;
  if (outcome === undefined || instrument === undefined) return undefined;
  if (id === undefined || count === undefined || Math.abs(count) < 1) return undefined;
  const sign = signOf(outcome, row.action);
  const quantity = (sign ?? 1) * Math.abs(count);
  const isCash =
    what.startsWith(IN_CASH) || underlyingOfRoot(instrument.root)?.settlement === 'cash';
  const perShare = Math.abs(row.value ?? 0) / (Math.abs(count) * multiplierOf(instrument));
  const executed = Date.parse(row['executed-at'] ?? '');
  return {
    settlementId: `tastytrade-${id}`,
    outcome,
    instrument,
    quantity,
    ...(sign === undefined ? { isUnsigned: true } : {}),
    shares: outcome === 'expired' || isCash ? 0 : sharesOf(instrument, quantity),
    sharePrice: instrument.strike,
    ...(isCash && outcome !== 'expired' ? { cashPerShare: priceFromDollars(perShare) } : {}),
    feesCents: feesOf(row),
    marketAt: Number.isFinite(executed) ? epochMicrosFromMillis(executed) : wall,
  };
}

/** The settlements on one page of transactions, of contracts in `symbols`. */
export function settlementsIn(
  body: string,
  symbols: ReadonlySet<string>,
  wall: EpochMicros,
): { readonly found: readonly Settlement[]; readonly isLast: boolean } | undefined {
  const page = pageIn(body, PER_PAGE);
  if (page === undefined) return undefined;
  const found = page.items.flatMap((item) => {
    const row = rowShape.safeParse(item).data;
    const settlement = row === undefined ? undefined : settlementIn(row, wall);
    if (settlement?.instrument.kind !== 'option') return [];
    return symbols.has(occSymbol(settlement.instrument)) ? [settlement] : [];
  });
  return { found, isLast: page.isLast };
}
