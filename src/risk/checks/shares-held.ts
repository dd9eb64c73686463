/** Shares left by exercise or assignment come first: nothing opens beside them. */
import { type Check, failed, passed } from './check.ts';

export const sharesHeldCheck: Check = {
  code: 'shares_held',
  control: 10,
  appliesTo: 'openings',
  explains: 'sharesHeld',
  run({ account }) {
    const { sharesHeld } = account;
    if (sharesHeld === 0) return passed('shares_held', 'no shares are held', { sharesHeld });
    const message = `${sharesHeld} shares are held after settlement; close them before opening`;
    return failed('shares_held', message, { sharesHeld });
  },
};
