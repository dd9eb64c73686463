import { describe, expect, it } from 'vitest';
import { addMicros, cents, sessionDate } from '../../src/engine/domain/units.ts';
import type { DenialCode } from '../../src/engine/domain/verdict.ts';
import { admit, CHECKS, judge, refusalsOf } from '../../src/risk/gate.ts';
import { limitsFrom } from '../../src/risk/limits.ts';
import type { RiskInput } from '../../src/risk/risk-input.ts';
import {
  ACCOUNT,
  AT,
  CAPABILITIES,
  CLOSING_LEGS,
  closingIntent,
  condorIntent,
  dollars,
  HELD,
  leg,
  lottoIntent,
  millisAfter,
  PAYOFF,
  quote,
  ROWS,
  recentOrder,
  riskInput,
  sliceOf,
  sliceWith,
  sliceWithPair,
} from './fixtures.ts';

/** For each check an input that it alone refuses. */
const REFUSED_BY_ONE: Readonly<Record<string, RiskInput>> = {
  killed: riskInput({ killed: true }),
  engine_stopping: riskInput({ stopping: true }),
  instrument_not_allowed: riskInput({
    intent: condorIntent({
      strategy: 'place_order',
      legs: CLOSING_LEGS.map((l) => ({ ...l, action: flip(l.action) })),
    }),
  }),
  tick_or_quantity: riskInput({ intent: condorIntent({ limit: dollars(0.925) }) }),
  nothing_to_close: riskInput({ intent: closingIntent(), closable: new Map() }),
  undefined_risk: riskInput({
    intent: condorIntent({
      strategy: 'place_order',
      legs: [leg('sellToOpen', 'call', 605)],
      limit: dollars(0.51),
      worst: dollars(0.5),
    }),
  }),
  session_window: riskInput({ openingCutoffAt: AT.market }),
  trading_state: riskInput({ tradingState: 'reducing' }),
  not_reconciled: riskInput({ reconciled: false }),
  journal_failed: riskInput({ journalHealthy: false }),
  feed_down: riskInput({ feedConnected: false }),
  unknown_order_open: riskInput({
    account: { ...ACCOUNT, unknownStrategies: new Set(['iron_condor_30_delta']) },
  }),
  shares_held: riskInput({ account: { ...ACCOUNT, sharesHeld: 100 } }),
  data_stale: riskInput({ slice: sliceOf(ROWS, quote(599.99, 600.01, millisAfter(AT, -2_001))) }),
  quote_crossed: riskInput({ slice: sliceWith('call', 605, { quote: quote(0.52, 0.5) }) }),
  leg_market_missing: riskInput({
    slice: sliceWithPair(605, 0, 0.04),
    intent: condorIntent({ limit: dollars(0.45), worst: dollars(0.4) }),
  }),
  price_bounds: riskInput({
    slice: sliceWithPair(605, 10.5, 10.52),
    intent: condorIntent({ limit: dollars(10.9) }),
  }),
  price_collar: riskInput({ intent: condorIntent({ limit: dollars(0.8), worst: dollars(0.8) }) }),
  order_size: riskInput({ intent: condorIntent({ quantity: 11 }) }),
  max_trade_loss: riskInput({ payoff: { ...PAYOFF, maxLossCents: cents(1_000_01) } }),
  open_risk: riskInput({ account: { ...ACCOUNT, openRiskCents: cents(1_588_01) } }),
  principal_budget: riskInput({ openUpToCents: 911_99 }),
  premium_budget: riskInput({
    intent: lottoIntent(),
    payoff: { ...PAYOFF, maxLossCents: cents(52_00) },
    account: { ...ACCOUNT, lottoSpentCents: cents(48_01) },
  }),
  daily_loss: riskInput({ account: { ...ACCOUNT, dayPnlCents: cents(-400_01) } }),
  portfolio_delta: riskInput({ account: { ...ACCOUNT, netDeltaHighest: 51 } }),
  buying_power: riskInput({ account: { ...ACCOUNT, buyingPowerCents: cents(913_99) } }),
  position_limit: riskInput({
    account: { ...ACCOUNT, contractsBySymbol: new Map([['SPY   261120C00605000', -20]]) },
  }),
  duplicate_order: riskInput({
    recentOrders: [
      recentOrder({ legs: riskInput().intent.legs, quantity: riskInput().intent.quantity }),
    ],
  }),
  order_rate: riskInput({
    recentOrders: Array.from({ length: 10 }, () => recentOrder({ opening: false })),
  }),
  orders_per_day: riskInput({
    recentOrders: Array.from({ length: 100 }, () =>
      recentOrder({ opening: false, wallAt: addMicros(AT.wall, -3_600_000_000) }),
    ),
  }),
  principal_limit: riskInput({
    recentOrders: Array.from({ length: 50 }, () =>
      recentOrder({ principal: 'trader', wallAt: addMicros(AT.wall, -3_600_000_000) }),
    ),
  }),
  repeated_execution: riskInput({
    recentOrders: Array.from({ length: 8 }, () =>
      recentOrder({
        strategy: 'iron_condor_30_delta',
        wallAt: addMicros(AT.wall, -300_000_000),
      }),
    ),
  }),
  reject_breaker: riskInput({ account: { ...ACCOUNT, consecutiveRejects: 3 } }),
  cool_down: riskInput({
    account: {
      ...ACCOUNT,
      lossesByStrategy: new Map([['iron_condor_30_delta', { count: 1, lastAtWall: AT.wall }]]),
    },
  }),
  strategy_mismatch: riskInput({ intent: condorIntent({ strategy: 'orb_long_call' }) }),
  feed_resync: riskInput({ feedSinceWall: addMicros(AT.wall, 1) }),
  leg_dispersion: riskInput({
    slice: sliceWith('call', 605, { quote: quote(0.5, 0.52, millisAfter(AT, -3_001)) }),
  }),
  model_unreasonable: riskInput({ slice: { ...sliceOf(ROWS), forward: 602 } }),
  portfolio_gamma: riskInput({ account: { ...ACCOUNT, gammaHighest: 251 } }),
  portfolio_vega: riskInput({ account: { ...ACCOUNT, vegaLowestCents: -10_001 } }),
  second_source: riskInput({ capabilities: { ...CAPABILITIES, preview: 'broker' } }),
  strategy_limit: riskInput({
    account: { ...ACCOUNT, unitsByStrategy: new Map([['iron_condor_30_delta', 20]]) },
  }),
  underlying_limit: riskInput({ account: { ...ACCOUNT, totalContracts: 97 } }),
  open_orders: riskInput({ account: { ...ACCOUNT, openOrders: 10 } }),
  self_match: riskInput({
    account: {
      ...ACCOUNT,
      interestBySymbol: new Map([
        ['SPY   261120C00605000', { isBought: true, isSold: false, isLong: false, isShort: false }],
      ]),
    },
  }),
};

function flip(action: string) {
  return action === 'buyToClose' ? 'sellToClose' : 'buyToClose';
}

describe('the gate', () => {
  it('lets a sound opening through and shows every check as passed', () => {
    const verdict = judge(riskInput());
    const unasked = verdict.checks.filter((c) => c.outcome !== 'passed');
    expect(unasked.map((c) => [c.code, c.outcome])).toEqual([['second_source', 'notRun']]);
    expect(verdict.checks.map((c) => c.code)).toEqual(CHECKS.map((c) => c.code));
    expect(verdict.approved).toBe(true);
    expect(verdict.denial).toBeUndefined();
    expect(verdict.limitsVersion).toBe(limitsFrom().version);
  });

  it('says of each check which control it is of, whom it is asked of, what it explains, and whether it may be missing', () => {
    const table = CHECKS.map(({ code, control, appliesTo, explains, isOptional }) => {
      return [code, control, appliesTo, explains, isOptional];
    });
    expect(table).toMatchSnapshot();
  });

  it('names the codes of a control in the order in which they are asked', () => {
    expect(refusalsOf(14)).toEqual(['portfolio_delta', 'portfolio_gamma', 'portfolio_vega']);
    expect(refusalsOf(25)).toEqual([]);
  });

  it.each(Object.entries(REFUSED_BY_ONE))('refuses by %s in words and numbers', (_code, input) => {
    expect(judge(input).denial).toMatchSnapshot();
  });

  it('passes a sound order in words and numbers, check by check', () => {
    expect(judge(riskInput()).checks).toMatchSnapshot();
    expect(judge(riskInput({ intent: closingIntent(), closable: HELD })).checks).toMatchSnapshot();
  });

  it('has one check a code and a case here for each', () => {
    const codes = CHECKS.map((check) => check.code);
    expect(new Set(codes).size).toBe(codes.length);
    expect(Object.keys(REFUSED_BY_ONE).toSorted()).toEqual(codes.toSorted());
  });

  it.each(CHECKS.map((check) => check.code))('needs %s: without it a bad order passes', (code) => {
    const input = REFUSED_BY_ONE[code];
    if (input === undefined) throw new Error(`no case for ${code}`);
    const verdict = judge(input);
    expect(verdict.denial?.code).toBe(code);
    expect(verdict.approved).toBe(false);
    expect(verdict.checks).toHaveLength(CHECKS.length);
    const rest = CHECKS.filter((check) => check.code !== code);
    expect(judge(input, rest).approved).toBe(true);
  });

  it.each(Object.entries(REFUSED_BY_ONE))(
    'ends the message of %s with what to do',
    (code, input) => {
      const denial = judge(input).denial;
      expect(denial?.message, code).toMatch(/[;:] ?[^;]+$/);
    },
  );

  it.each([
    [599.4, 600.6, true],
    [599.39, 600.61, false],
    [550, 650, false],
  ])('opens by an underlying of %d to %d: %j, and closes by any', (bid, ask, opens) => {
    const slice = sliceOf(ROWS, quote(bid, ask));
    const opening = judge(riskInput({ slice }));
    expect(opening.approved).toBe(opens);
    if (!opens) {
      const { code, message, numbers } = opening.denial ?? {};
      expect(code).toBe('model_unreasonable');
      expect(message).toContain('too wide to tell its price; wait for a sound one');
      expect(numbers).toEqual({ bidPrice: bid, askPrice: ask, mostWidthFraction: 0.002 });
    }
    const closing = riskInput({ slice, intent: closingIntent(), closable: HELD });
    expect(judge(closing).approved).toBe(true);
  });

  it('names the first refusal in its fixed order and still runs the rest', () => {
    const verdict = judge(riskInput({ killed: true, stopping: true, reconciled: false }));
    expect(verdict.denial?.code).toBe('killed');
    const failed = verdict.checks.filter((c) => c.outcome === 'failed').map((c) => c.code);
    expect(failed).toEqual(['killed', 'engine_stopping', 'not_reconciled']);
  });

  it.each([
    ['kill', 'killed', { killed: true }],
    ['journalFailed', 'journal_failed', { journalHealthy: false }],
    ['notReconciled', 'not_reconciled', { reconciled: false }],
    ['sharesHeld', 'shares_held', { account: { ...ACCOUNT, sharesHeld: 100 } }],
    ['dailyLoss', 'daily_loss', { account: { ...ACCOUNT, dayPnlCents: cents(-500_00) } }],
    ['deltaCap', 'portfolio_delta', { account: { ...ACCOUNT, netDeltaHighest: 51 } }],
    ['repeatedExecution', 'repeated_execution', {}],
    ['rejectBreaker', 'reject_breaker', {}],
  ] as const)('names %s by its own check and not by the state it causes', (cause, code, change) => {
    const input = riskInput({ ...change, tradingState: 'reducing', tradingCauses: [cause] });
    expect(judge(input).denial?.code).toBe(code);
  });

  it('takes an order in the place of the same one for no duplicate, and beside another one for one', () => {
    const same = { legs: riskInput().intent.legs, quantity: riskInput().intent.quantity };
    const recentOrders = [recentOrder({ ...same, intentId: '20261120-000007' })];
    const verdictOf = (replaced: string) =>
      judge(riskInput({ recentOrders, replaces: new Set([replaced]) }));
    expect(verdictOf('20261120-000007').denial).toBeUndefined();
    expect(verdictOf('20261120-000008').denial?.code).toBe('duplicate_order');
  });

  it('names the trading state, with its causes, where no check says more of them', () => {
    const account = { ...ACCOUNT, netDeltaHighest: 51 };
    const input = riskInput({ account, tradingState: 'reducing', tradingCauses: ['flatten'] });
    expect(judge(input).denial).toMatchObject({
      code: 'trading_state',
      numbers: { tradingState: 'reducing', causes: 'flatten' },
    });
  });

  it('shows what the broker cannot be asked as not run, and refuses nothing for it', () => {
    const verdict = judge(riskInput());
    expect(verdict.checks.find((c) => c.code === 'second_source')?.outcome).toBe('notRun');
    expect(verdict.approved).toBe(true);
  });

  it('mints the witness for an approved order only', () => {
    const passing = admit(riskInput());
    expect(passing.order?.intent).toEqual(condorIntent());
    expect(passing.order?.limitsVersion).toBe(limitsFrom().version);
    expect(admit(riskInput({ killed: true })).order).toBeUndefined();
  });
});

describe('a check without its input', () => {
  const blind: readonly (readonly [DenialCode, Partial<RiskInput>])[] = [
    ['session_window', { session: undefined }],
    ['session_window', { openingCutoffAt: undefined }],
    ['data_stale', { slice: undefined }],
    ['portfolio_delta', { account: { ...ACCOUNT, netDeltaHighest: undefined } }],
    ['portfolio_delta', { slice: sliceWith('call', 605, { delta: undefined }) }],
    ['buying_power', { account: { ...ACCOUNT, buyingPowerCents: undefined } }],
    ['daily_loss', { account: { ...ACCOUNT, dayPnlCents: undefined } }],
    ['data_stale', { slice: sliceWith('call', 605, { quote: undefined }) }],
  ];

  it.each(blind)('is notRun and refuses an opening: %s', (code, change) => {
    const verdict = judge(riskInput(change));
    expect(verdict.approved).toBe(false);
    const check = verdict.checks.find((c) => c.code === code);
    expect(check?.outcome).toBe('notRun');
  });

  it.each(blind)('does not hold up an exit: %s', (_code, change) => {
    const intent = closingIntent();
    expect(judge(riskInput({ ...change, intent, closable: HELD })).approved).toBe(true);
  });

  it('counts a quote beyond its age as missing for all who judge by it', () => {
    const slice = sliceWith('call', 605, { quote: quote(0.5, 0.52, millisAfter(AT, -5_001)) });
    const verdict = judge(riskInput({ slice }));
    const blindCodes = verdict.checks.filter((c) => c.outcome === 'notRun').map((c) => c.code);
    expect(verdict.denial?.code).toBe('data_stale');
    expect(blindCodes).toEqual([
      'quote_crossed',
      'leg_market_missing',
      'leg_dispersion',
      'price_collar',
      'portfolio_delta',
      'portfolio_gamma',
      'portfolio_vega',
      'second_source',
    ]);
  });
});

describe('the way out', () => {
  const troubles: Partial<RiskInput> = {
    killed: true,
    stopping: true,
    tradingState: 'halted',
    feedConnected: false,
    journalHealthy: false,
    reconciled: false,
    slice: undefined,
    openingCutoffAt: addMicros(AT.market, -1),
    account: {
      ...ACCOUNT,
      dayPnlCents: cents(-10_000_00),
      buyingPowerCents: cents(0),
      sharesHeld: -100,
      netDeltaHighest: 500,
    },
  };

  it.each(['exit', 'close', 'flatten'] as const)(
    'stays open for a %s in all trouble at once',
    (purpose) => {
      const intent = closingIntent({ purpose });
      expect(admit(riskInput({ ...troubles, intent, closable: HELD })).order).toBeDefined();
    },
  );

  it('says of each check not asked of a close that it did not run', () => {
    const verdict = judge(riskInput({ intent: closingIntent(), closable: HELD }));
    const ran = verdict.checks.filter((c) => c.outcome !== 'notRun').map((c) => c.code);
    expect(ran).toEqual([
      'instrument_not_allowed',
      'tick_or_quantity',
      'nothing_to_close',
      'session_window',
      'price_bounds',
      'duplicate_order',
    ]);
  });

  const errors: readonly (readonly [string, DenialCode, Partial<RiskInput>])[] = [
    [
      'an opening leg',
      'instrument_not_allowed',
      { intent: closingIntent({ legs: [leg('buyToOpen', 'call', 605)] }) },
    ],
    [
      'another expiry',
      'instrument_not_allowed',
      {
        intent: closingIntent({
          legs: [
            {
              instrument: {
                kind: 'option',
                root: 'SPY',
                right: 'call',
                strike: dollars(605),
                expiry: sessionDate('2026-11-23'),
              },
              action: 'buyToClose',
              ratio: 1,
            },
          ],
        }),
      },
    ],
    ['half a contract', 'tick_or_quantity', { intent: closingIntent({ quantity: 0.5 }) }],
    ['more than is held', 'nothing_to_close', { intent: closingIntent({ quantity: 2 }) }],
    ['more than the width', 'price_bounds', { intent: closingIntent({ limit: dollars(-10.01) }) }],
  ];

  it.each(errors)('still refuses %s', (_what, code, change) => {
    const verdict = judge(riskInput({ closable: HELD, ...change }));
    expect(verdict.denial?.code).toBe(code);
  });
});

describe('the refusal that is named', () => {
  const causes = { tradingState: 'halted', tradingCauses: ['kill'] } as const;

  it('is the first one, also where the cause of the trading state is asked later', () => {
    const input = riskInput({ ...causes, killed: true, feedConnected: false });
    const pick = (...codes: readonly DenialCode[]) =>
      codes.map((code) => CHECKS.find((check) => check.code === code)!);
    expect(judge(input, pick('feed_down', 'killed')).denial?.code).toBe('feed_down');
    expect(judge(input, pick('trading_state', 'feed_down', 'killed')).denial?.code).toBe('killed');
  });

  it('comes with the verdict of every check, and no order', () => {
    const admission = admit(riskInput({ killed: true }));
    expect(admission.order).toBeUndefined();
    expect(admission.verdict.approved).toBe(false);
    expect(admission.verdict.checks).toHaveLength(CHECKS.length);
  });
});
