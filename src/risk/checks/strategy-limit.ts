/** Units of one strategy, open or on their way, stay within their limit. */
import { type Check, failed, passed } from './check.ts';

const CODE = 'strategy_limit';

export const strategyLimitCheck: Check = {
  code: CODE,
  control: 10,
  appliesTo: 'openings',
  run({ account, intent, limits }) {
    const { strategy, quantity } = intent;
    const limitUnits = limits.maxUnitsPerStrategy;
    const held = account.unitsByStrategy.get(strategy) ?? 0;
    const units = held + quantity;
    const numbers = { strategy, held, units, limitUnits };
    if (units <= limitUnits) return passed(CODE, 'the strategy is small enough', numbers);
    const message = `${units} units of ${strategy} would pass the limit of ${limitUnits}`;
    return failed(CODE, `${message}; order fewer or close some first`, numbers);
  },
};
