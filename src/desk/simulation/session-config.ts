/** What a simulated session is set up with: the seed decides the market's temper and the limits. */

import { centsFromDollars } from '../../engine/domain/units.ts';
import type { Limits } from '../../risk/limits.ts';
import { limitsFrom } from '../../risk/limits.ts';
import type { DeskConfig } from '../desk-config.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { MarketTemper } from './virtual-market.ts';

/** What the paper broker begins with by default. */
export const STARTING_CASH_CENTS = centsFromDollars(100_000);

/** A day between dull and wild. */
export function temperFor(random: SeededRandom): MarketTemper {
  return {
    spot: random.between(450, 650),
    impliedVol: random.between(0.12, 0.3),
    realizedMultiple: random.between(0.5, 1.8),
  };
}

/** The limits as they come, or wider ones, so that other checks get their turn. */
export function limitsFor(random: SeededRandom): Limits {
  if (random.chance(0.4)) return limitsFrom();
  return limitsFrom({
    maxDailyLossCents: centsFromDollars(random.pick([800, 2_000, 5_000])),
    maxOpenRiskCents: centsFromDollars(random.pick([2_500, 6_000])),
    maxTradeLossCents: centsFromDollars(random.pick([600, 1_000, 3_000])),
    portfolioDeltaCap: random.pick([50, 120, 300]),
    lottoBudgetCents: centsFromDollars(random.pick([100, 400])),
  });
}

export function configFor(limits: Limits): DeskConfig {
  return {
    build: 'simulated',
    configFingerprint: `limits-${limits.version}`,
    environment: 'paper',
    underlying: 'SPY',
    limits,
    flatBy: {},
  };
}
