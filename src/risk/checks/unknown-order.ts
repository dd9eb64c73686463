/** A strategy whose last order has no proven outcome opens nothing more. */
import { type Check, failed, passed } from './check.ts';

const CODE = 'unknown_order_open';

export const unknownOrderCheck: Check = {
  code: CODE,
  control: 27,
  appliesTo: 'openings',
  run({ account, intent }) {
    const { strategy } = intent;
    if (!account.unknownStrategies.has(strategy)) {
      return passed(CODE, 'no order of this strategy is unproven', { strategy });
    }
    const message = `an order of ${strategy} is UNKNOWN; wait until reconcile_positions resolves it`;
    return failed(CODE, message, { strategy });
  },
};
