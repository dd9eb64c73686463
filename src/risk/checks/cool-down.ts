/** A strategy that lost rests for a while, and after a few losses for the day. */
import { MICROS_PER_MILLI } from '../../engine/domain/units.ts';
import { restMillis } from '../resting.ts';
import { type Check, failed, passed } from './check.ts';

const CODE = 'cool_down';

export const coolDownCheck: Check = {
  code: CODE,
  control: 16,
  appliesTo: 'openings',
  run({ account, at, intent, limits }) {
    const { strategy } = intent;
    const { maxLossesPerStrategy: limitLosses, coolDownMillis } = limits;
    const lost = account.lossesByStrategy.get(strategy);
    if (lost === undefined) {
      return passed(CODE, 'the strategy has not lost today', { strategy, losses: 0, limitLosses });
    }
    const sinceMillis = (at.wall - lost.lastAtWall) / MICROS_PER_MILLI;
    const numbers = { strategy, losses: lost.count, limitLosses, sinceMillis, coolDownMillis };
    const leftMillis = restMillis(lost, { at, limits });
    if (leftMillis === 0) return passed(CODE, 'the last loss is past', numbers);
    const message = Number.isFinite(leftMillis)
      ? `${strategy} has just lost; it rests until the cool-down is over`
      : `${strategy} lost ${lost.count} times today; it rests until the next session`;
    return failed(CODE, message, numbers);
  },
};
