/** Orders a minute stay within their limit. Every order counts, openings are refused. */
import { MICROS_PER_MINUTE } from '../../engine/domain/units.ts';
import { type Check, failed, passed } from './check.ts';

const CODE = 'order_rate';

export const orderRateCheck: Check = {
  code: CODE,
  control: 17,
  appliesTo: 'openings',
  run({ at, limits, recentOrders }) {
    let ordersLastMinute = 0;
    for (const { wallAt } of recentOrders) {
      if (at.wall - wallAt < MICROS_PER_MINUTE) ordersLastMinute += 1;
    }
    const numbers = { ordersLastMinute, limitPerMinute: limits.maxOrdersPerMinute };
    if (ordersLastMinute < numbers.limitPerMinute) {
      return passed(CODE, 'the minute has orders left', numbers);
    }
    return failed(CODE, 'too many orders within a minute; wait a minute', numbers);
  },
};
