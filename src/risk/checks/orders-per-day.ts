/** Orders of a day stay within their limit. Every order counts, openings are refused. */
import { type Check, failed, passed } from './check.ts';

const CODE = 'orders_per_day';

export const ordersPerDayCheck: Check = {
  code: CODE,
  control: 19,
  appliesTo: 'openings',
  run({ limits, recentOrders }) {
    const numbers = { ordersToday: recentOrders.length, limitPerDay: limits.maxOrdersPerDay };
    if (numbers.ordersToday < numbers.limitPerDay) {
      return passed(CODE, 'the day has orders left', numbers);
    }
    const message = 'too many orders today; nothing opens before some are a day old';
    return failed(CODE, message, numbers);
  },
};
