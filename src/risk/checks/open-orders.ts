/** Openings on their way at once: so many of them, and so much at their worst. A sent order counts
 * from its record on. */
import { type Check, failed, notRun, passed } from './check.ts';

const CODE = 'open_orders';

export const openOrdersCheck: Check = {
  code: CODE,
  control: 11,
  appliesTo: 'openings',
  run({ account, limits, payoff }) {
    const { maxLossCents } = payoff;
    if (maxLossCents === undefined) return notRun(CODE, 'the worst case has no number');
    const numbers = {
      orders: account.openOrders + 1,
      limitOrders: limits.maxOpenOrders,
      riskCents: account.openOrdersRiskCents + maxLossCents,
      limitRiskCents: limits.maxOpenOrdersRiskCents,
    };
    if (numbers.orders > numbers.limitOrders) {
      const message = 'too many openings are on their way; wait or cancel one';
      return failed(CODE, message, numbers);
    }
    if (numbers.riskCents > numbers.limitRiskCents) {
      const message = 'openings on their way risk too much together; wait or cancel one';
      return failed(CODE, message, numbers);
    }
    return passed(CODE, 'few enough openings are on their way', numbers);
  },
};
