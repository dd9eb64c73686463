import { describe, expect, it } from 'vitest';
import type { DryRunAnswer } from '../../../src/broker/order-gateway.ts';
import { addMicros, cents } from '../../../src/engine/domain/units.ts';
import { CHECKS } from '../../../src/risk/gate.ts';
import type { Interest } from '../../../src/risk/risk-input.ts';
import { ACCOUNT, CAPABILITIES, condorIntent, leg, PAYOFF, riskInput } from '../fixtures.ts';
import { account, type Case, holdAtTheirLimits, withIntent } from './boundary-cases.ts';

const STRATEGY = 'iron_condor_30_delta';
const SHORT_CALL = 'SPY   261120C00605000';
const NONE: Interest = { isBought: false, isSold: false, isLong: false, isShort: false };

function interest(symbol: string, side: Partial<Interest>) {
  return account({ interestBySymbol: new Map([[symbol, { ...NONE, ...side }]]) });
}

/** Two bought and two sold legs of 5 gamma and 10 dollars of vega each come to nothing; this has
 * all of both. */
function longCall(change: Partial<typeof ACCOUNT>) {
  const intent = condorIntent({ strategy: 'place_order', legs: [leg('buyToOpen', 'call', 605)] });
  return riskInput({ intent, account: { ...ACCOUNT, ...change } });
}

function shortCall(change: Partial<typeof ACCOUNT>) {
  const intent = condorIntent({ strategy: 'place_order', legs: [leg('sellToOpen', 'call', 605)] });
  return riskInput({ intent, account: { ...ACCOUNT, ...change } });
}

/** What the broker answered to a dry run, so long ago. */
function answered(
  answer: DryRunAnswer,
  {
    ageMillis = 0,
    held = 0,
    openOrders = 0,
  }: Partial<Record<'ageMillis' | 'held' | 'openOrders', number>> = {},
) {
  const input = riskInput({
    capabilities: { ...CAPABILITIES, preview: 'broker' },
    account: { ...ACCOUNT, totalContracts: held, openOrders },
  });
  const answeredAt = addMicros(input.at.wall, 0 - ageMillis * 1_000);
  return { ...input, dryRun: { answer, answeredAt } };
}

function dryRun(neededCents: number, held = 0, openOrders = 0) {
  const answer = { outcome: 'passed', neededCents: cents(neededCents), warnings: [] } as const;
  return answered(answer, { held, openOrders });
}

const AGREED: DryRunAnswer = { outcome: 'passed', neededCents: cents(914_00), warnings: [] };

const CASES: readonly Case[] = [
  ...([244.9, 245, 245.1] as const).map(
    (gamma): Case => [
      `worst-case gamma of ${gamma} before 5 more`,
      'portfolio_gamma',
      longCall({ gammaHighest: gamma }),
      gamma <= 245 ? 'passed' : 'failed',
    ],
  ),
  ...([-244.9, -245, -245.1] as const).map(
    (gamma): Case => [
      `worst-case gamma of ${gamma} before 5 less`,
      'portfolio_gamma',
      shortCall({ gammaLowest: gamma }),
      gamma >= -245 ? 'passed' : 'failed',
    ],
  ),
  ...([8_999, 9_000, 9_001] as const).map(
    (vega): Case => [
      `worst-case vega of ${vega} cents before 10.00 more`,
      'portfolio_vega',
      longCall({ vegaHighestCents: vega }),
      vega <= 9_000 ? 'passed' : 'failed',
    ],
  ),
  ...([-8_999, -9_000, -9_001] as const).map(
    (vega): Case => [
      `worst-case vega of ${vega} cents before 10.00 less`,
      'portfolio_vega',
      shortCall({ vegaLowestCents: vega }),
      vega >= -9_000 ? 'passed' : 'failed',
    ],
  ),
  ['gamma of the book not known', 'portfolio_gamma', account({ gammaLowest: undefined }), 'notRun'],
  [
    'the other end of gamma not known',
    'portfolio_gamma',
    account({ gammaHighest: undefined }),
    'notRun',
  ],
  [
    'vega of the book not known',
    'portfolio_vega',
    account({ vegaLowestCents: undefined }),
    'notRun',
  ],
  [
    'the other end of vega not known',
    'portfolio_vega',
    account({ vegaHighestCents: undefined }),
    'notRun',
  ],
  ...([18, 19, 20] as const).map(
    (held): Case => [
      `${held} units of the strategy before one more`,
      'strategy_limit',
      account({ unitsByStrategy: new Map([[STRATEGY, held]]) }),
      held <= 19 ? 'passed' : 'failed',
    ],
  ),
  ['twenty units at once', 'strategy_limit', withIntent({ quantity: 20 }), 'passed'],
  ['21 units at once', 'strategy_limit', withIntent({ quantity: 21 }), 'failed'],
  [
    'twenty units of another strategy',
    'strategy_limit',
    account({ unitsByStrategy: new Map([['lotto_play_5_delta', 20]]) }),
    'passed',
  ],
  ...([95, 96, 97] as const).map(
    (held): Case => [
      `${held} contracts before four more`,
      'underlying_limit',
      account({ totalContracts: held }),
      held <= 96 ? 'passed' : 'failed',
    ],
  ),
  [
    'two units of a ratio of two on 97 contracts',
    'underlying_limit',
    riskInput({
      intent: condorIntent({ quantity: 2, legs: [leg('buyToOpen', 'call', 605, 2)] }),
      account: { ...ACCOUNT, totalContracts: 97 },
    }),
    'failed',
  ],
  ...([8, 9, 10] as const).map(
    (orders): Case => [
      `${orders} openings on their way before one more`,
      'open_orders',
      account({ openOrders: orders }),
      orders <= 9 ? 'passed' : 'failed',
    ],
  ),
  ...([1_587_99, 1_588_00, 1_588_01] as const).map(
    (risk): Case => [
      `openings that risk ${risk} cents before 912.00 more`,
      'open_orders',
      account({ openOrdersRiskCents: cents(risk) }),
      risk <= 1_588_00 ? 'passed' : 'failed',
    ],
  ),
  [
    'openings on their way, and a loss without a number',
    'open_orders',
    riskInput({ payoff: { ...PAYOFF, maxLossCents: undefined } }),
    'notRun',
  ],
  [
    'a sale against a buy of ours',
    'self_match',
    interest(SHORT_CALL, { isBought: true }),
    'failed',
  ],
  ['a sale beside a sale of ours', 'self_match', interest(SHORT_CALL, { isSold: true }), 'passed'],
  ['a sale of what is held long', 'self_match', interest(SHORT_CALL, { isLong: true }), 'failed'],
  ['a sale of what is held short', 'self_match', interest(SHORT_CALL, { isShort: true }), 'passed'],
  [
    'a buy against a sale of ours',
    'self_match',
    interest('SPY   261120C00615000', { isSold: true }),
    'failed',
  ],
  [
    'a buy beside a buy of ours',
    'self_match',
    interest('SPY   261120C00615000', { isBought: true }),
    'passed',
  ],
  [
    'a buy of what is held short',
    'self_match',
    interest('SPY   261120C00615000', { isShort: true }),
    'failed',
  ],
  [
    'a buy of what is held long',
    'self_match',
    interest('SPY   261120C00615000', { isLong: true }),
    'passed',
  ],
  // Ours: 914.00, and the two may be 5.00 apart.
  ...([908_99, 909_00, 914_00, 919_00, 919_01] as const).map(
    (needed): Case => [
      `a dry run of ${needed} cents against 914.00 of ours`,
      'second_source',
      dryRun(needed),
      needed >= 909_00 && needed <= 919_00 ? 'passed' : 'failed',
    ],
  ),
  [
    'a broker with a dry run that did not come',
    'second_source',
    riskInput({ capabilities: { ...CAPABILITIES, preview: 'broker' } }),
    'failed',
  ],
  [
    'a dry run that is asked for while the preview is made',
    'second_source',
    riskInput({ capabilities: { ...CAPABILITIES, preview: 'broker' }, dryRun: 'asked' }),
    'notRun',
  ],
  ['a broker that needs less beside what is held', 'second_source', dryRun(0, 4), 'passed'],
  [
    'a broker that needs less beside what is on its way',
    'second_source',
    dryRun(0, 0, 1),
    'passed',
  ],
  ['a broker that needs more beside what is held', 'second_source', dryRun(919_01, 4), 'failed'],
  ...([59_999, 60_000, 60_001] as const).map(
    (ageMillis): Case => [
      `a dry run of ${ageMillis} milliseconds ago`,
      'second_source',
      answered(AGREED, { ageMillis }),
      ageMillis <= 60_000 ? 'passed' : 'failed',
    ],
  ),
  [
    'a refused dry run',
    'second_source',
    answered({ outcome: 'refused', reason: 'margin_check_failed' }),
    'failed',
  ],
  [
    'a dry run that came to nothing',
    'second_source',
    answered({ outcome: 'failed', reason: 'status 502' }),
    'failed',
  ],
  ['a broker without a dry run', 'second_source', riskInput(), 'notRun'],
];

describe('the checks of the book at their limits', () => {
  holdAtTheirLimits(CASES);

  it('say which side of ours is in the way', () => {
    const check = CHECKS.find(({ code }) => code === 'self_match');
    expect(check?.run(interest(SHORT_CALL, { isBought: true })).numbers).toEqual({
      symbol: SHORT_CALL,
      side: 'sell',
      working: true,
    });
    expect(check?.run(interest(SHORT_CALL, { isLong: true })).numbers).toEqual({
      symbol: SHORT_CALL,
      side: 'sell',
      working: false,
    });
  });
});
