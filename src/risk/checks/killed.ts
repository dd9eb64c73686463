/** While the kill switch is engaged nothing opens. */
import { type Check, failed, passed } from './check.ts';

export const killedCheck: Check = {
  code: 'killed',
  control: 24,
  appliesTo: 'openings',
  explains: 'kill',
  run({ killed }) {
    if (!killed) return passed('killed', 'the kill switch is not engaged');
    return failed('killed', 'the kill switch is engaged; re-arm at the operator console', {
      killed,
    });
  },
};
