/** The legs are seen at one moment: a package priced from quotes of different moments has a price
 * that never was. A worthless wing, which quotes seldom, does not count. */
import { gridOf } from '../../engine/domain/instrument.ts';
import { MICROS_PER_MILLI } from '../../engine/domain/units.ts';
import { isQuietWing } from '../quote-age.ts';
import { freshLegQuote } from '../slice-lookup.ts';
import { type Check, failed, notRun, passed } from './check.ts';

const CODE = 'leg_dispersion';

export const legDispersionCheck: Check = {
  code: CODE,
  appliesTo: 'openings',
  run(input) {
    let oldest = Number.POSITIVE_INFINITY;
    let newest = Number.NEGATIVE_INFINITY;
    for (const leg of input.intent.legs) {
      const quote = freshLegQuote(input, leg);
      if (quote === undefined) return notRun(CODE, 'a leg has no fresh quote');
      if (isQuietWing(quote, gridOf([leg]).step)) continue;
      oldest = Math.min(oldest, quote.at.wall);
      newest = Math.max(newest, quote.at.wall);
    }
    const apartMillis = Math.max(0, newest - oldest) / MICROS_PER_MILLI;
    const numbers = { apartMillis, limitMillis: input.limits.maxLegDispersionMillis };
    if (apartMillis <= numbers.limitMillis)
      return passed(CODE, 'the legs are of one moment', numbers);
    const message = 'the quotes of the legs are too far apart in time; wait, then preview again';
    return failed(CODE, message, numbers);
  },
};
