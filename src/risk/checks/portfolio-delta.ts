/** Net delta stays within the cap however the working orders and this one fill. */
import { greekRange, orderGreek } from '../order-greeks.ts';
import { type Check, failed, notRun, passed } from './check.ts';

const CODE = 'portfolio_delta';

export const portfolioDeltaCheck: Check = {
  code: CODE,
  control: 14,
  appliesTo: 'openings',
  explains: 'deltaCap',
  run(input) {
    const { netDeltaHighest, netDeltaLowest } = input.account;
    const orderDelta = orderGreek(input, 'delta');
    if (orderDelta === undefined)
      return notRun(CODE, 'a leg has no fresh delta; wait for its quote');
    if (netDeltaHighest === undefined || netDeltaLowest === undefined) {
      return notRun(CODE, 'the net delta of what is held is not known');
    }
    const range = greekRange({ highest: netDeltaHighest, lowest: netDeltaLowest }, orderDelta);
    const cap = input.limits.portfolioDeltaCap;
    const numbers = { orderDelta, ...range, cap };
    if (range.worst <= cap) return passed(CODE, 'net delta stays inside the cap', numbers);
    const message = 'net delta could pass PORTFOLIO_DELTA_CAP at the worst fill; order fewer';
    return failed(CODE, message, numbers);
  },
};
