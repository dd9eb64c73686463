/** No structure without a floor under its loss. No setting lifts this. */
import { hasUnlimitedLoss } from '../package-bounds.ts';
import { type Check, failed, passed } from './check.ts';

const CODE = 'undefined_risk';

export const undefinedRiskCheck: Check = {
  code: CODE,
  control: 2,
  appliesTo: 'openings',
  run({ intent, payoff }) {
    const { maxLossCents } = payoff;
    if (maxLossCents === undefined || hasUnlimitedLoss(intent.legs)) {
      return failed(CODE, 'the loss has no floor; buy a leg that covers the short call', {
        maxLoss: 'unlimited',
      });
    }
    return passed(CODE, 'the loss has a floor', { maxLossCents });
  },
};
