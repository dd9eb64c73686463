/** What one principal opens in a day stays within its own limit, whatever others leave of the rest. */
import { type Check, failed, passed } from './check.ts';

const CODE = 'principal_limit';

export const principalLimitCheck: Check = {
  code: CODE,
  control: 31,
  appliesTo: 'openings',
  run({ intent, limits, recentOrders }) {
    const { principal } = intent;
    let orders = 0;
    for (const order of recentOrders) {
      if (order.opening && order.principal === principal) orders += 1;
    }
    const numbers = { principal, orders, limitOrders: limits.maxOrdersPerPrincipal };
    if (orders < numbers.limitOrders) {
      return passed(CODE, 'the principal has orders left today', numbers);
    }
    const message = 'this principal opened too often today; wait until some are a day old';
    return failed(CODE, message, numbers);
  },
};
