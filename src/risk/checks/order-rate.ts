/** Orders a minute and a day stay within their limits. Every order counts, openings are refused. */
import { MICROS_PER_MINUTE } from '../../engine/domain/units.ts';
import { type Check, failed, passed } from './check.ts';

const CODE = 'order_rate';

export const orderRateCheck: Check = {
  code: CODE,
  appliesTo: 'openings',
  run({ at, limits, recentOrders }) {
    const lastMinute = recentOrders.filter((order) => at.wall - order.wallAt < MICROS_PER_MINUTE);
    const numbers = {
      ordersLastMinute: lastMinute.length,
      limitPerMinute: limits.maxOrdersPerMinute,
      ordersToday: recentOrders.length,
      limitPerDay: limits.maxOrdersPerDay,
    };
    if (numbers.ordersLastMinute >= numbers.limitPerMinute) {
      return failed(CODE, 'too many orders within a minute; wait a minute', numbers);
    }
    if (numbers.ordersToday >= numbers.limitPerDay) {
      return failed(CODE, 'too many orders today; nothing opens before the next session', numbers);
    }
    return passed(CODE, 'order rates are within their limits', numbers);
  },
};
