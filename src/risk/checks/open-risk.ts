/** The worst cases of everything open, working or UNKNOWN and of this order stay within one limit. */
import { UNBOUNDED_LOSS_CENTS } from '../risk-input.ts';
import { type Check, failed, notRun, passed } from './check.ts';

const CODE = 'open_risk';

export const openRiskCheck: Check = {
  code: CODE,
  control: 12,
  appliesTo: 'openings',
  run({ payoff, account, limits }) {
    const { maxLossCents } = payoff;
    if (maxLossCents === undefined) return notRun(CODE, 'the worst case has no number');
    const { openRiskCents } = account;
    const limitCents = limits.maxOpenRiskCents;
    if (openRiskCents >= UNBOUNDED_LOSS_CENTS) {
      const why = 'what is held or on its way can lose without a bound; close or cancel that first';
      return failed(CODE, why, { maxLossCents, limitCents });
    }
    const totalCents = openRiskCents + maxLossCents;
    const numbers = { openRiskCents, maxLossCents, totalCents, limitCents };
    if (totalCents <= limitCents) return passed(CODE, 'open risk is within the limit', numbers);
    const message = 'open risk would pass MAX_OPEN_RISK; order fewer or close something first';
    return failed(CODE, message, numbers);
  },
};
