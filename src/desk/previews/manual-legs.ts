/** The legs of an order by hand, read: what they name, in canonical order and lowest terms. Pure. */
import { instrumentSymbol, parseOccSymbol } from '../../engine/domain/instrument.ts';
import type { OrderLeg } from '../../engine/domain/order.ts';
import { isOpening } from '../../engine/domain/order.ts';
import { deny, type Outcome } from '../../engine/domain/verdict.ts';
import type { ManualLeg, OrderRequest } from '../engine-api-requests.ts';

const MOST_LEGS = 4;
/** Of one leg in the whole order, so that no sum of money it comes to is beyond exact numbers. The
 * risk limits decide how many pass. */
const MOST_CONTRACTS = 1_000;
const MOST_SHARES = 1_000_000;

export interface ReadOrder {
  readonly opens: boolean;
  readonly legs: readonly OrderLeg[];
  readonly quantity: number;
}

function isWhole(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1;
}

function readLeg(
  { symbol, action, ratio }: ManualLeg,
  quantity: number,
  underlying: string,
): Outcome<OrderLeg> {
  const contract = parseOccSymbol(symbol);
  if (!isWhole(ratio)) {
    const message = `the quantity of leg ${symbol} must be a whole number of 1 or more`;
    return deny('argument_invalid', message, { argument: 'legs' });
  }
  const most = contract === undefined ? MOST_SHARES : MOST_CONTRACTS;
  if (ratio * quantity > most) {
    const message = `an order has at most ${most} of ${symbol}, all its units together: order fewer`;
    return deny('argument_invalid', message, { argument: 'quantity', most });
  }
  if (contract !== undefined) return { instrument: contract, action, ratio };
  if (symbol !== underlying) {
    const message = `${symbol} is neither an option of ${underlying} in OCC form nor ${underlying} itself: get_option_chain with fields=symbol names what can be traded`;
    return deny('instrument_not_allowed', message, { symbol });
  }
  if (!isOpening(action)) return { instrument: { kind: 'shares', symbol }, action, ratio };
  const message = `shares of ${underlying} are only ever closed here, after an assignment: trade its options instead`;
  return deny('unsupported', message, { symbol });
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

/** Puts before calls, by strike, shares last: two orders of one shape are one shape. */
function canonical(legs: readonly OrderLeg[]): readonly OrderLeg[] {
  const place = ({ instrument }: OrderLeg) =>
    instrument.kind === 'option'
      ? `${instrument.right === 'put' ? 0 : 1} ${String(instrument.strike).padStart(12, '0')}`
      : '2';
  return legs.toSorted((a, b) => (place(a) < place(b) ? -1 : 1));
}

/** Reads the legs, or says which of them is none and what to give instead. */
export function readOrder(request: OrderRequest, underlying: string): Outcome<ReadOrder> {
  const { legs: given, quantity } = request;
  if (given.length === 0 || given.length > MOST_LEGS || !isWhole(quantity)) {
    const message = `an order has 1 to ${MOST_LEGS} legs and a whole quantity of 1 or more`;
    return deny('argument_invalid', message, { argument: 'legs', legs: given.length });
  }
  const legs: OrderLeg[] = [];
  for (const leg of given) {
    const read = readLeg(leg, quantity, underlying);
    if ('denied' in read) return read;
    legs.push(read);
  }
  const symbols = new Set(legs.map(({ instrument }) => instrumentSymbol(instrument)));
  if (symbols.size < legs.length) {
    const message = 'two legs name the same contract: give each once, with its quantity';
    return deny('argument_invalid', message, { argument: 'legs' });
  }
  const opens = legs.filter(({ action }) => isOpening(action)).length;
  if (opens !== 0 && opens !== legs.length) {
    const message =
      'an order either opens or closes: close first (close_position, or place_order with closing legs), then open';
    return deny('unsupported', message, { opening: opens, closing: legs.length - opens });
  }
  const divisor = legs.reduce((divided, { ratio }) => greatestDivisor(ratio, divided), 0);
  const reduced = legs.map((leg) => ({ ...leg, ratio: leg.ratio / divisor }));
  return { opens: opens > 0, legs: canonical(reduced), quantity: quantity * divisor };
}
