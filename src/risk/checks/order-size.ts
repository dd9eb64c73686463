/** No leg of an order trades more contracts than the limit. */
import { type Check, failed, passed } from './check.ts';

const CODE = 'order_size';

export const orderSizeCheck: Check = {
  code: CODE,
  control: 1,
  appliesTo: 'openings',
  run({ intent, limits }) {
    const ratios = intent.legs.map((leg) => leg.ratio);
    const contracts = intent.quantity * Math.max(0, ...ratios);
    const numbers = { contracts, limitContracts: limits.maxOrderContracts };
    if (contracts <= limits.maxOrderContracts) {
      return passed(CODE, 'the order is small enough', numbers);
    }
    const message = `${contracts} contracts a leg are above the limit of ${limits.maxOrderContracts}`;
    return failed(CODE, `${message}; order fewer`, numbers);
  },
};
