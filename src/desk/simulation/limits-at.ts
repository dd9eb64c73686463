/** The limits at a moment of the wall clock, each raised until its end, reckoned apart from the desk's own
 * keeping of them. */

import type { LimitRaise } from '../../engine/domain/limit-raise.ts';
import type { Limits } from '../../risk/limits.ts';

type Raised = Pick<
  Limits,
  | 'maxDailyLossCents'
  | 'maxTradeLossCents'
  | 'maxOpenRiskCents'
  | 'maxOpenOrdersRiskCents'
  | 'portfolioDeltaCap'
  | 'maxOrderContracts'
  | 'lottoBudgetCents'
>;

/** What a setting raises, and how much of it one of its units is. */
export const RAISABLE: Readonly<
  Record<string, { readonly fields: readonly (keyof Raised)[]; readonly scale: number }>
> = {
  MAX_DAILY_LOSS: { fields: ['maxDailyLossCents'], scale: 100 },
  MAX_TRADE_LOSS: { fields: ['maxTradeLossCents'], scale: 100 },
  MAX_OPEN_RISK: { fields: ['maxOpenRiskCents', 'maxOpenOrdersRiskCents'], scale: 100 },
  PORTFOLIO_DELTA_CAP: { fields: ['portfolioDeltaCap'], scale: 1 },
  MAX_ORDER_CONTRACTS: { fields: ['maxOrderContracts'], scale: 1 },
  LOTTO_DAILY_BUDGET: { fields: ['lottoBudgetCents'], scale: 100 },
};

export function limitsAt(limits: Limits, raises: readonly LimitRaise[], wall: number): Limits {
  const standing = raises.filter(({ untilWall }) => wall < untilWall);
  if (standing.length === 0) return limits;
  const raised: Record<string, number> = {};
  for (const { setting, value } of standing) {
    const { fields = [], scale = 1 } = RAISABLE[setting] ?? {};
    for (const field of fields) {
      raised[field] = Math.max(raised[field] ?? limits[field], value * scale);
    }
  }
  return { ...limits, ...raised };
}
