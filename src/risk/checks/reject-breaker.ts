/** A broker that rejects one order after another is told no more until a person has looked. */
import { type Check, failed, passed } from './check.ts';

const CODE = 'reject_breaker';

export const rejectBreakerCheck: Check = {
  code: CODE,
  control: 19,
  appliesTo: 'openings',
  explains: 'rejectBreaker',
  run({ account, limits, tradingCauses }) {
    const numbers = {
      rejects: account.consecutiveRejects,
      limitRejects: limits.maxConsecutiveRejects,
    };
    const isLatched = tradingCauses.includes('rejectBreaker');
    if (!isLatched && numbers.rejects < numbers.limitRejects) {
      return passed(CODE, 'the broker takes orders', numbers);
    }
    const message =
      'the broker rejected several orders in a row; see why, then re-arm: deltaring rearm';
    return failed(CODE, message, numbers);
  },
};
