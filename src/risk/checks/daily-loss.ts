/**
 * The day's loss limit, seen from before the order: day P&L less the planned loss at the stop of
 * everything open, working, UNKNOWN and new may not fall below it. Where no stop is planned the
 * planned loss is the worst case. What a position is in profit goes first, so the gain is part of what
 * it may lose from here. The bare worst case is told too, it does not refuse.
 */
import { type Check, failed, notRun, passed } from './check.ts';

const CODE = 'daily_loss';

export const dailyLossCheck: Check = {
  code: CODE,
  control: 15,
  appliesTo: 'openings',
  explains: 'dailyLoss',
  run({ account, intent, limits, payoff }) {
    const { dayPnlCents, plannedLossCents } = account;
    const newPlannedLossCents = intent.exitPlan?.plannedLossCents ?? payoff.maxLossCents;
    if (dayPnlCents === undefined) return notRun(CODE, 'the P&L of the day is not known');
    if (newPlannedLossCents === undefined) return notRun(CODE, 'the planned loss has no number');
    const limitCents = limits.maxDailyLossCents;
    const roomCents = dayPnlCents + limitCents;
    const bareWorstCaseCents = account.openRiskCents + (payoff.maxLossCents ?? newPlannedLossCents);
    const numbers = {
      dayPnlCents,
      plannedLossCents,
      newPlannedLossCents,
      limitCents,
      roomCents,
      bareWorstCaseCents,
      bareWorstCaseExceedsRoom: bareWorstCaseCents > roomCents,
    };
    if (roomCents <= 0) {
      return failed(CODE, 'MAX_DAILY_LOSS is reached; nothing opens today', numbers);
    }
    if (plannedLossCents + newPlannedLossCents <= roomCents) {
      return passed(CODE, 'planned losses fit into the day', numbers);
    }
    const message =
      'planned losses would pass MAX_DAILY_LOSS; order fewer or close something first';
    return failed(CODE, message, numbers);
  },
};
