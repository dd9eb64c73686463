/**
 * What a principal with a ceiling opens may lose no more than it in all: the worst cases of this
 * order and of everything it has open, working or UNKNOWN. So it bounds a single order too. Who has
 * no ceiling is bound by the engine's limits alone.
 */
import { type Check, failed, notRun, passed } from './check.ts';

const CODE = 'principal_budget';

export const principalBudgetCheck: Check = {
  code: CODE,
  control: 31,
  appliesTo: 'openings',
  run({ intent, payoff, account, openUpToCents: limitCents }) {
    if (limitCents === undefined) return passed(CODE, 'this caller has no ceiling of its own');
    const { maxLossCents } = payoff;
    if (maxLossCents === undefined) return notRun(CODE, 'the worst case has no number');
    const openedCents = account.openRiskByPrincipal.get(intent.principal) ?? 0;
    const totalCents = openedCents + maxLossCents;
    const leftCents = Math.max(0, limitCents - openedCents);
    const numbers = { openedCents, maxLossCents, totalCents, limitCents, leftCents };
    if (totalCents <= limitCents) {
      return passed(CODE, 'the worst case is within what this caller may open', numbers);
    }
    const message =
      'the worst case would pass what this caller may open; order fewer, or close what it holds first';
    return failed(CODE, message, numbers);
  },
};
