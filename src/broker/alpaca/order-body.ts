/** What is sent to Alpaca for an order. Pure. */

import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { OrderIntent, OrderLeg } from '../../engine/domain/order.ts';
import { legSign } from '../../engine/domain/order.ts';
import type { Price } from '../../engine/domain/units.ts';
import { PRICE_PER_DOLLAR } from '../../engine/domain/units.ts';

const INTENT_WORDS = {
  buyToOpen: 'buy_to_open',
  buyToClose: 'buy_to_close',
  sellToOpen: 'sell_to_open',
  sellToClose: 'sell_to_close',
} as const;

const TICKS_PER_DOLLAR = 100;

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}

/** Alpaca wants ratios without a common factor: so many of its units make one of the intent's. One
 * hundred shares of a single leg are a hundred of its units. */
export function unitsPerUnit({ legs }: Pick<OrderIntent, 'legs'>): number {
  return legs.reduce((divisor, { ratio }) => commonDivisor(ratio, divisor), 0);
}

/** Dollars to the cent. A price between two cents goes to the one that is no worse for us. */
function dollarsText(perUnit: number): string {
  const cents = Math.floor((perUnit / PRICE_PER_DOLLAR) * TICKS_PER_DOLLAR + 1e-6);
  return (cents / TICKS_PER_DOLLAR).toFixed(2);
}

/** A limit as Alpaca reads it: of several legs the net debit, of one leg its price without a sign. */
export function limitText(intent: Pick<OrderIntent, 'legs'>, limit: Price): string {
  const perUnit = limit / unitsPerUnit(intent);
  const [single] = intent.legs;
  if (intent.legs.length > 1 || single === undefined) return dollarsText(-perUnit);
  if (legSign(single.action) > 0) return dollarsText(-perUnit);
  return (-Number(dollarsText(-perUnit))).toFixed(2);
}

function symbolOf({ instrument }: OrderLeg): string {
  return instrumentSymbol(instrument).replaceAll(' ', '');
}

function sideOf({ action }: OrderLeg): 'buy' | 'sell' {
  return legSign(action) > 0 ? 'buy' : 'sell';
}

/** The body of POST /v2/orders for so many of Alpaca's units at a limit. */
export function orderBody(
  intent: OrderIntent,
  terms: { readonly clientId: string; readonly units: number; readonly limit: Price },
): string {
  const common = {
    client_order_id: terms.clientId,
    qty: String(terms.units),
    type: 'limit',
    limit_price: limitText(intent, terms.limit),
    time_in_force: 'day',
  };
  const [single] = intent.legs;
  if (intent.legs.length > 1 || single === undefined) {
    const factor = unitsPerUnit(intent);
    const legs = intent.legs.map((leg) => ({
      symbol: symbolOf(leg),
      ratio_qty: String(leg.ratio / factor),
      side: sideOf(leg),
      position_intent: INTENT_WORDS[leg.action],
    }));
    return JSON.stringify({ ...common, order_class: 'mleg', legs });
  }
  const isOption = single.instrument.kind === 'option';
  const meant = isOption ? { position_intent: INTENT_WORDS[single.action] } : {};
  return JSON.stringify({ ...common, symbol: symbolOf(single), side: sideOf(single), ...meant });
}
