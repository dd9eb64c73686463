/** Openings need the state active; reducing and halted let only exposure shrink. */
import { type Check, failed, passed } from './check.ts';

export const tradingStateCheck: Check = {
  code: 'trading_state',
  appliesTo: 'openings',
  run({ tradingState }) {
    const numbers = { tradingState };
    if (tradingState === 'active') return passed('trading_state', 'trading is active', numbers);
    const message = `trading is ${tradingState}: only closing orders pass; risk_check says why`;
    return failed('trading_state', message, numbers);
  },
};
