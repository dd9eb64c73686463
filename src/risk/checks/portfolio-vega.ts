/** Net vega stays within the cap however the working orders and this one fill. */
import { CENTS_PER_DOLLAR } from '../../engine/domain/units.ts';
import { greekRange, orderGreek } from '../order-greeks.ts';
import { type Check, failed, notRun, passed } from './check.ts';

const CODE = 'portfolio_vega';

export const portfolioVegaCheck: Check = {
  code: CODE,
  control: 14,
  appliesTo: 'openings',
  run(input) {
    const { vegaHighestCents, vegaLowestCents } = input.account;
    const vega = orderGreek(input, 'vega');
    if (vega === undefined) return notRun(CODE, 'a leg has no fresh vega; wait for its quote');
    if (vegaHighestCents === undefined || vegaLowestCents === undefined) {
      return notRun(CODE, 'the net vega of what is held is not known');
    }
    const orderVegaCents = vega * CENTS_PER_DOLLAR;
    const range = greekRange(
      { highest: vegaHighestCents, lowest: vegaLowestCents },
      orderVegaCents,
    );
    const cap = input.limits.portfolioVegaCapCents;
    const numbers = { orderVegaCents, ...range, cap };
    if (range.worst <= cap) return passed(CODE, 'net vega stays inside the cap', numbers);
    const message = 'net vega could pass PORTFOLIO_VEGA_CAP at the worst fill; order fewer';
    return failed(CODE, message, numbers);
  },
};
