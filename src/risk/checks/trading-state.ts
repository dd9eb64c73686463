/** Openings need the state active; reducing and halted let only exposure shrink. */
import { type Check, failed, passed } from './check.ts';

const CODE = 'trading_state';

export const tradingStateCheck: Check = {
  code: CODE,
  control: 23,
  appliesTo: 'openings',
  run({ tradingState, tradingCauses }) {
    const causes = tradingCauses.join(', ');
    const numbers = { tradingState, causes };
    if (tradingState === 'active') return passed(CODE, 'trading is active', numbers);
    const message = `trading is ${tradingState} (${causes}): only closing orders pass`;
    return failed(CODE, message, numbers);
  },
};
