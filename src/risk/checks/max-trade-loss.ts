/** The worst case of one structure, fees included, stays within its limit. */
import { type Check, failed, notRun, passed } from './check.ts';

const CODE = 'max_trade_loss';

export const maxTradeLossCheck: Check = {
  code: CODE,
  control: 2,
  appliesTo: 'openings',
  run({ payoff, limits }) {
    const { maxLossCents } = payoff;
    if (maxLossCents === undefined) return notRun(CODE, 'the worst case has no number');
    const numbers = { maxLossCents, limitCents: limits.maxTradeLossCents };
    if (maxLossCents <= limits.maxTradeLossCents) {
      return passed(CODE, 'the worst case is within the limit', numbers);
    }
    const message = 'the worst case is above MAX_TRADE_LOSS; order fewer or choose less width';
    return failed(CODE, message, numbers);
  },
};
