/**
 * The broker's own dry run agrees with what this engine reckons. Where the broker offers none the
 * question cannot be asked: that is told on the card and refuses nothing, since margin and fees are
 * then the engine's alone. Where it offers one, no opening goes without it.
 */

import { neededBuyingPower } from './buying-power.ts';
import { type Check, failed, notRun, passed } from './check.ts';

const CODE = 'second_source';

/** Fees are rounded by both and not always alike. */
const TOLERANCE_CENTS = 5_00;

export const secondSourceCheck: Check = {
  code: CODE,
  appliesTo: 'openings',
  isOptional: true,
  run(input) {
    const { capabilities, dryRun } = input;
    if (capabilities.preview === 'local') {
      return notRun(CODE, `${capabilities.name} offers no dry run to compare with`);
    }
    if (dryRun === undefined) {
      return failed(CODE, 'the dry run of the broker has not come; preview again');
    }
    const ourCents = neededBuyingPower(input);
    const gapCents = Math.abs(dryRun.neededCents - ourCents);
    const numbers = {
      gapCents,
      limitCents: TOLERANCE_CENTS,
      ourCents,
      brokerCents: dryRun.neededCents,
    };
    if (gapCents <= TOLERANCE_CENTS) return passed(CODE, 'the broker reckons the same', numbers);
    const message = 'the broker reckons with another sum than we do; look at both, then preview';
    return failed(CODE, message, numbers);
  },
};
