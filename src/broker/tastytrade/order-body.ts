/** An order as tastytrade wants to read it. Pure. */

import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { OrderIntent } from '../../engine/domain/order.ts';
import { isOpening, LEG_ACTION_WORDS } from '../../engine/domain/order.ts';
import type { Price } from '../../engine/domain/units.ts';
import { dollarsFromPrice } from '../../engine/domain/units.ts';

const MOST_LEGS = 4;
const PRICE_PER_CENT = 100;

/** Warnings with which an order is taken as something else than it is meant: a close of what is not
 * held becomes an opening, a day order after the close waits for tomorrow. Such an order is called
 * back, and its dry run counts as a refusal. */
export const FATAL_WARNINGS: ReadonlySet<string> = new Set([
  'closing_with_no_position',
  'tif_next_valid_sesssion',
  'tif_next_valid_session',
]);

/** Why an order cannot be written down for this broker; undefined where it can. */
export function unwritable({
  legs,
  limit,
  quantity,
  stopTrigger,
}: OrderIntent): string | undefined {
  if (legs.length < 1 || legs.length > MOST_LEGS) return 'an order has one to four legs';
  const symbols = new Set(legs.map(({ instrument }) => instrumentSymbol(instrument)));
  if (symbols.size < legs.length) return 'a symbol stands in two legs';
  if (stopTrigger !== undefined) {
    const [leg] = legs;
    const isExit = legs.length === 1 && leg?.action === 'sellToClose';
    if (!isExit || limit <= 0) return 'a stop sells one leg, for something';
    if (stopTrigger <= 0 || stopTrigger % PRICE_PER_CENT !== 0) {
      return 'the trigger of a stop is above 0 and a whole number of cents';
    }
  }
  if (limit % PRICE_PER_CENT !== 0) return 'the limit is not a whole number of cents';
  const counts = [quantity, ...legs.map(({ ratio }) => ratio)];
  if (counts.some((count) => !Number.isSafeInteger(count) || count < 1)) {
    return 'quantities and ratios are whole numbers above 0';
  }
  // The broker prices an order per unit of its legs over their common divisor.
  return commonDivisor(legs.map(({ ratio }) => ratio)) === 1
    ? undefined
    : 'the ratios of the legs have a common divisor';
}

function commonDivisor(numbers: readonly number[]): number {
  const pair = (a: number, b: number): number => (b === 0 ? a : pair(b, a % b));
  return numbers.reduce(pair);
}

/** Price and its effect: what is paid is a debit. */
export function priceFields(limit: Price) {
  const dollars = Math.abs(dollarsFromPrice(limit)).toFixed(2);
  return { price: dollars, 'price-effect': limit > 0 ? 'Credit' : 'Debit' } as const;
}

const LIMIT_TODAY = { 'order-type': 'Limit', 'time-in-force': 'Day' } as const;

/** A stop's trigger is a price of the option itself. Once it is reached the order works at its limit, so
 * that it sells for nothing less, as a market order would. */
function typeFields({ stopTrigger }: Pick<OrderIntent, 'stopTrigger'>) {
  if (stopTrigger === undefined) return LIMIT_TODAY;
  const trigger = dollarsFromPrice(stopTrigger).toFixed(2);
  return { ...LIMIT_TODAY, 'order-type': 'Stop Limit', 'stop-trigger': trigger } as const;
}

/** The body of the one POST. Orders that only close say so: without the strict instruction this broker
 * turns a close of what is gone into an opening. */
export function orderBody(intent: OrderIntent, source: string): string {
  const { legs, quantity, limit, intentId } = intent;
  const isClose = legs.every(({ action }) => !isOpening(action));
  const strict = { 'advanced-instructions': { 'strict-position-effect-validation': true } };
  return JSON.stringify({
    ...typeFields(intent),
    ...priceFields(limit),
    'external-identifier': intentId,
    'automated-source': true,
    source,
    ...(isClose ? strict : {}),
    legs: legs.map(({ instrument, action, ratio }) => ({
      'instrument-type': instrument.kind === 'option' ? 'Equity Option' : 'Equity',
      symbol: instrumentSymbol(instrument),
      quantity: ratio * quantity,
      action: LEG_ACTION_WORDS[action],
    })),
  });
}

/** The body of a replacement: another price and nothing else. */
export function replaceBody(limit: Price): string {
  return JSON.stringify({ ...LIMIT_TODAY, ...priceFields(limit) });
}
