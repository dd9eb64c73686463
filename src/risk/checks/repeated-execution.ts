/**
 * One strategy that opens again and again within minutes is a loop, not a trader: at the limit
 * nothing more opens, and only a re-arm at the operator's console begins the count anew.
 */

import { repeatsOf } from '../repeats.ts';
import { type Check, failed, passed } from './check.ts';

const CODE = 'repeated_execution';

export const repeatedExecutionCheck: Check = {
  code: CODE,
  control: 18,
  appliesTo: 'openings',
  explains: 'repeatedExecution',
  run(input) {
    const { intent, limits, tradingCauses } = input;
    const { strategy } = intent;
    const numbers = {
      strategy,
      repeats: repeatsOf(strategy, input),
      limitRepeats: limits.maxRepeats,
      windowMillis: limits.repeatWindowMillis,
    };
    const isLatched = tradingCauses.includes('repeatedExecution');
    if (!isLatched && numbers.repeats < numbers.limitRepeats) {
      return passed(CODE, 'the strategy does not repeat itself', numbers);
    }
    const message = 'a strategy opened too often; re-arm at the operator console: deltaring rearm';
    return failed(CODE, message, numbers);
  },
};
