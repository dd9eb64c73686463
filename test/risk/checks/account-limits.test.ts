import { describe, expect, it } from 'vitest';
import { cents } from '../../../src/engine/domain/units.ts';
import { CHECKS } from '../../../src/risk/gate.ts';
import { UNBOUNDED_LOSS_CENTS } from '../../../src/risk/risk-input.ts';
import { ACCOUNT, AT, condorIntent, leg, lottoIntent, PAYOFF, riskInput } from '../fixtures.ts';
import { account, type Case, holdAtTheirLimits, withIntent } from './boundary-cases.ts';

const CASES: readonly Case[] = [
  ['one contract below the size limit', 'order_size', withIntent({ quantity: 9 }), 'passed'],
  ['at the size limit', 'order_size', withIntent({ quantity: 10 }), 'passed'],
  ['one contract above the size limit', 'order_size', withIntent({ quantity: 11 }), 'failed'],
  [
    'a ratio that makes a leg one contract too large',
    'order_size',
    withIntent({ quantity: 1, legs: [leg('buyToOpen', 'call', 605, 11)] }),
    'failed',
  ],

  ...([999_99, 1_000_00, 1_000_01] as const).map(
    (loss): Case => [
      `a worst case of ${loss} cents`,
      'max_trade_loss',
      riskInput({ payoff: { ...PAYOFF, maxLossCents: cents(loss) } }),
      loss <= 1_000_00 ? 'passed' : 'failed',
    ],
  ),
  ...([1_587_99, 1_588_00, 1_588_01] as const).map(
    (open): Case => [
      `open risk of ${open} cents before 912.00 more`,
      'open_risk',
      account({ openRiskCents: cents(open) }),
      open <= 1_588_00 ? 'passed' : 'failed',
    ],
  ),
  ...([911_99, 912_00, 912_01] as const).map(
    (openUpToCents): Case => [
      `a caller that may open up to ${openUpToCents} cents, and 912.00`,
      'principal_budget',
      riskInput({ openUpToCents }),
      openUpToCents >= 912_00 ? 'passed' : 'failed',
    ],
  ),
  ...([87_99, 88_00, 88_01] as const).map(
    (opened): Case => [
      `a caller with 1,000.00 that has ${opened} cents open before 912.00 more`,
      'principal_budget',
      riskInput({
        openUpToCents: 1_000_00,
        account: { ...ACCOUNT, openRiskByPrincipal: new Map([['trader', opened]]) },
      }),
      opened <= 88_00 ? 'passed' : 'failed',
    ],
  ),
  [
    'a worst case without a number under a ceiling',
    'principal_budget',
    riskInput({ openUpToCents: 1_000_00, payoff: { ...PAYOFF, maxLossCents: undefined } }),
    'notRun',
  ],
  ...([47_99, 48_00, 48_01] as const).map(
    (spent): Case => [
      `lotto premium of ${spent} cents before 52.00 more`,
      'premium_budget',
      riskInput({
        intent: lottoIntent(),
        account: { ...ACCOUNT, lottoSpentCents: cents(spent) },
      }),
      spent <= 48_00 ? 'passed' : 'failed',
    ],
  ),
  [
    'a lotto of two for more than the budget together',
    'premium_budget',
    riskInput({ intent: lottoIntent({ quantity: 2 }) }),
    'failed',
  ],
  [
    'a condor on a day whose lotto budget is spent',
    'premium_budget',
    account({ lottoSpentCents: cents(100_00) }),
    'passed',
  ],
  ...([-399_99, -400_00, -400_01] as const).map(
    (pnl): Case => [
      `day P&L of ${pnl} cents before a planned loss of 100.00`,
      'daily_loss',
      account({ dayPnlCents: cents(pnl) }),
      pnl >= -400_00 ? 'passed' : 'failed',
    ],
  ),
  ...([399_99, 400_00, 400_01] as const).map(
    (planned): Case => [
      `planned losses of ${planned} cents before 100.00 more`,
      'daily_loss',
      account({ plannedLossCents: cents(planned) }),
      planned <= 400_00 ? 'passed' : 'failed',
    ],
  ),
  [
    'nothing planned, and the day exactly at its limit',
    'daily_loss',
    riskInput({
      account: { ...ACCOUNT, dayPnlCents: cents(-500_00) },
      intent: condorIntent({
        exitPlan: { timeExitAt: AT.market, plannedLossCents: cents(0) },
      }),
    }),
    'failed',
  ],
  [
    'no stop planned: the worst case counts',
    'daily_loss',
    withIntent({ exitPlan: { timeExitAt: AT.market } }),
    'failed',
  ],

  ...([49, 50, 50.01] as const).map(
    (highest): Case => [
      `worst-case delta up to ${highest}`,
      'portfolio_delta',
      account({ netDeltaHighest: highest }),
      highest <= 50 ? 'passed' : 'failed',
    ],
  ),
  ...([-49, -50, -50.01] as const).map(
    (lowest): Case => [
      `worst-case delta down to ${lowest}`,
      'portfolio_delta',
      account({ netDeltaLowest: lowest }),
      lowest >= -50 ? 'passed' : 'failed',
    ],
  ),
  [
    'a long call of 30 deltas on top of 20',
    'portfolio_delta',
    riskInput({
      intent: condorIntent({ legs: [leg('buyToOpen', 'call', 605)] }),
      account: { ...ACCOUNT, netDeltaHighest: 20 },
    }),
    'passed',
  ],
  [
    'a long call of 30 deltas on top of 21',
    'portfolio_delta',
    riskInput({
      intent: condorIntent({ legs: [leg('buyToOpen', 'call', 605)] }),
      account: { ...ACCOUNT, netDeltaHighest: 21 },
    }),
    'failed',
  ],
  [
    'a long call against working orders that could take delta to -50.5',
    'portfolio_delta',
    riskInput({
      intent: condorIntent({ legs: [leg('buyToOpen', 'call', 605)] }),
      account: { ...ACCOUNT, netDeltaLowest: -50.5 },
    }),
    'failed',
  ],

  // 1,000.00 collateral - 90.00 worst credit + 4.00 fees = 914.00
  ...([913_99, 914_00, 914_01] as const).map(
    (power): Case => [
      `buying power of ${power} cents for 914.00`,
      'buying_power',
      account({ buyingPowerCents: cents(power) }),
      power >= 914_00 ? 'passed' : 'failed',
    ],
  ),
  ...([-18, -19, -20] as const).map(
    (held): Case => [
      `${held} of a short contract held already`,
      'position_limit',
      account({ contractsBySymbol: new Map([['SPY   261120C00605000', held]]) }),
      held >= -19 ? 'passed' : 'failed',
    ],
  ),
];

describe('the checks of size and account at their limits', () => {
  holdAtTheirLimits(CASES);

  it('gives no sum where something held or on its way can lose without a bound', () => {
    const check = CHECKS.find(({ code }) => code === 'open_risk');
    const withRisk = (openRiskCents: number) =>
      check?.run(account({ openRiskCents: cents(openRiskCents) }));
    expect(withRisk(UNBOUNDED_LOSS_CENTS)).toMatchObject({
      outcome: 'failed',
      message: expect.stringContaining('without a bound'),
      numbers: { maxLossCents: 912_00, limitCents: 2_500_00 },
    });
    expect(withRisk(UNBOUNDED_LOSS_CENTS - 1)?.numbers).toHaveProperty('totalCents');
  });

  it('tells the bare worst case of the day beside the planned one', () => {
    const check = CHECKS.find(({ code }) => code === 'daily_loss')?.run(riskInput());
    expect(check?.outcome).toBe('passed');
    expect(check?.numbers).toMatchObject({
      roomCents: 500_00,
      newPlannedLossCents: 100_00,
      bareWorstCaseCents: 912_00,
      bareWorstCaseExceedsRoom: true,
    });
  });
});
