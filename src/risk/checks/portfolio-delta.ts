/** Net delta stays within the cap however the working orders and this one fill. */

import { multiplierOf } from '../../engine/domain/instrument.ts';
import { legSign, type OrderIntent } from '../../engine/domain/order.ts';
import type { RiskInput } from '../risk-input.ts';
import { findContract, freshLegQuote } from '../slice-lookup.ts';
import { type Check, failed, notRun, passed } from './check.ts';

const CODE = 'portfolio_delta';

/** Net delta of the whole order in share equivalents; undefined when a leg has no fresh delta. */
export function orderDelta(input: RiskInput): number | undefined {
  const { slice, intent } = input;
  if (slice === undefined) return undefined;
  let delta = 0;
  for (const leg of intent.legs) {
    const perShare = legDelta(input, leg);
    if (perShare === undefined) return undefined;
    delta += perShare * sharesOf(intent, leg);
  }
  return delta;
}

function legDelta(input: RiskInput, leg: OrderIntent['legs'][number]): number | undefined {
  const { instrument } = leg;
  if (instrument.kind === 'shares') return 1;
  if (input.slice === undefined || freshLegQuote(input, leg) === undefined) return undefined;
  return findContract(input.slice, instrument)?.greeks?.delta;
}

function sharesOf(intent: OrderIntent, leg: OrderIntent['legs'][number]): number {
  return legSign(leg.action) * leg.ratio * intent.quantity * multiplierOf(leg.instrument);
}

export const portfolioDeltaCheck: Check = {
  code: CODE,
  appliesTo: 'openings',
  run(input) {
    const { netDeltaHighest, netDeltaLowest } = input.account;
    const delta = orderDelta(input);
    if (delta === undefined) return notRun(CODE, 'a leg has no fresh delta; wait for its quote');
    if (netDeltaHighest === undefined || netDeltaLowest === undefined) {
      return notRun(CODE, 'the net delta of what is held is not known');
    }
    const highest = netDeltaHighest + Math.max(0, delta);
    const lowest = netDeltaLowest + Math.min(0, delta);
    const cap = input.limits.portfolioDeltaCap;
    const numbers = { orderDelta: delta, highest, lowest, cap };
    if (Math.max(highest, -lowest) <= cap)
      return passed(CODE, 'net delta stays inside the cap', numbers);
    const message = 'net delta could pass PORTFOLIO_DELTA_CAP at the worst fill; order fewer';
    return failed(CODE, message, numbers);
  },
};
