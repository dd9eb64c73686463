/**
 * What a package can be worth at all: a vertical or condor between nothing and its width, a call at
 * most the underlying, a put at most its strike, and nobody is paid to take an option. A limit
 * outside is an error in the order or in the data it was priced from. An opening's worst price is
 * held to the same: the ladder goes that far.
 */

import { gridOf } from '../../engine/domain/instrument.ts';
import type { OrderIntent } from '../../engine/domain/order.ts';
import { tickAt } from '../../engine/domain/tick-grid.ts';
import { dollarsFromPrice, price } from '../../engine/domain/units.ts';
import { packageBounds } from '../package-bounds.ts';
import { freshSpot } from '../slice-lookup.ts';
import { type Check, failed, notRun, passed } from './check.ts';

const CODE = 'price_bounds';

/** Only what the trader agreed to is bound to a worst price; the engine's own exits are not. */
function isBoundToWorst({ purpose }: OrderIntent): boolean {
  return purpose === 'open' || purpose === 'close';
}

/** How far from its bounds an opening stays: at the very bound it is a free lunch or a sure loss before
 * fees, and no market sells the one and nobody opens the other. */
function fromTheBound({ purpose, legs, limit }: OrderIntent): number {
  return purpose === 'open' ? tickAt(gridOf(legs), limit) : 0;
}

function boundText(value: number): number | string {
  return Number.isFinite(value) ? dollarsFromPrice(price(value)) : 'none';
}

function isSharesOnly({ legs }: OrderIntent): boolean {
  return legs.every((leg) => leg.instrument.kind === 'shares');
}

export const priceBoundsCheck: Check = {
  code: CODE,
  control: 4,
  appliesTo: 'all',
  run(input) {
    const { intent } = input;
    const { limit, worst } = intent;
    const cost = 0 - limit;
    const costPrice = dollarsFromPrice(price(cost));
    if (isBoundToWorst(intent) && limit < worst) {
      const numbers = { limitPrice: dollarsFromPrice(limit), worstPrice: dollarsFromPrice(worst) };
      return failed(
        CODE,
        'the limit is worse than the worst price agreed to; preview again',
        numbers,
      );
    }
    if (isSharesOnly(intent)) return passed(CODE, 'shares have no structural bound', { costPrice });
    const bounds = packageBounds(intent.legs, freshSpot(input));
    const inside = fromTheBound(intent);
    const least = bounds.least + inside;
    const greatest = bounds.greatest - inside;
    const numbers = { costPrice, leastPrice: boundText(least), greatestPrice: boundText(greatest) };
    if (cost < least || cost > greatest) {
      const message =
        'the limit is outside what the package can be worth; check legs and price: a credit is positive, a debit negative';
      return failed(CODE, message, numbers);
    }
    if (intent.purpose === 'open' && 0 - worst > greatest) {
      const message = 'at its worst price the order could only lose; preview again';
      return failed(CODE, message, { ...numbers, worstPrice: dollarsFromPrice(worst) });
    }
    if (Number.isFinite(least) && Number.isFinite(greatest)) {
      return passed(CODE, 'the limit is a price the package can be worth', numbers);
    }
    return notRun(CODE, 'the price of the underlying is not known or too old', numbers);
  },
};
