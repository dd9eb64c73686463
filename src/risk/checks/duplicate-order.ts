/** One intent is recorded once, ever; and one shape opens once within the window, whoever asks and
 * whatever strategy made it, but in the place of what it replaces. */
import { MICROS_PER_MILLI } from '../../engine/domain/units.ts';
import { shapeHash } from '../order-hash.ts';
import { type Check, failed, passed } from './check.ts';

const CODE = 'duplicate_order';

export const duplicateOrderCheck: Check = {
  code: CODE,
  control: 7,
  appliesTo: 'all',
  run({ at, intent, limits, recentOrders, replaces }) {
    const windowMillis = limits.duplicateWindowMillis;
    for (const order of recentOrders) {
      const ageMillis = (at.wall - order.wallAt) / MICROS_PER_MILLI;
      if (order.intentId === intent.intentId) {
        const message = 'this very order was recorded before; see get_order_status';
        return failed(CODE, message, { ageMillis, windowMillis, intentId: order.intentId });
      }
      const opens = order.opening && intent.purpose === 'open';
      if (!opens || ageMillis >= windowMillis || replaces?.has(order.intentId) === true) continue;
      if (shapeHash(order) !== shapeHash(intent)) continue;
      const message = 'the same order was sent a moment ago; see get_recent_orders, or wait';
      return failed(CODE, message, { ageMillis, windowMillis });
    }
    return passed(CODE, 'no such order was sent within the window', { windowMillis });
  },
};
