/** Openings need books that agree with the broker's. */
import { type Check, failed, passed } from './check.ts';

export const notReconciledCheck: Check = {
  code: 'not_reconciled',
  control: 27,
  appliesTo: 'openings',
  explains: 'notReconciled',
  run({ reconciled }) {
    if (reconciled) return passed('not_reconciled', 'positions agree with the broker');
    const message = 'positions are not reconciled with the broker; run reconcile_positions';
    return failed('not_reconciled', message, { reconciled });
  },
};
