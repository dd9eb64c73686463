import { describe, expect, it } from 'vitest';
import { newYorkInstant } from '../../../src/engine/domain/session-calendar.ts';
import { addMicros, cents } from '../../../src/engine/domain/units.ts';
import type { CheckOutcome, DenialCode } from '../../../src/engine/domain/verdict.ts';
import { CHECKS } from '../../../src/risk/gate.ts';
import type { RiskInput } from '../../../src/risk/risk-input.ts';
import {
  ACCOUNT,
  AT,
  atMicros,
  closingIntent,
  condorIntent,
  DATE,
  dollars,
  fullSession,
  HELD,
  leg,
  millisAfter,
  PAYOFF,
  quote,
  ROWS,
  riskInput,
  sliceOf,
  sliceWith,
} from '../fixtures.ts';

type Case = readonly [what: string, code: DenialCode, input: RiskInput, outcome: CheckOutcome];

function outcomeOf(code: DenialCode, input: RiskInput): CheckOutcome | undefined {
  return CHECKS.find((check) => check.code === code)?.run(input).outcome;
}

function withIntent(change: Parameters<typeof condorIntent>[0]): RiskInput {
  return riskInput({ intent: condorIntent(change) });
}

function account(change: Partial<typeof ACCOUNT>): RiskInput {
  return riskInput({ account: { ...ACCOUNT, ...change } });
}

function sentAgo(...agesMillis: number[]): RiskInput {
  const { shapeHash } = riskInput();
  const recentOrders = agesMillis.map((age) => ({
    wallAt: addMicros(AT.wall, -age * 1_000),
    shapeHash,
    opening: true,
  }));
  return riskInput({ recentOrders });
}

function otherOrders(count: number, ageMillis: number): RiskInput {
  const wallAt = addMicros(AT.wall, -ageMillis * 1_000);
  const recentOrders = Array.from({ length: count }, () => ({
    wallAt,
    shapeHash: 'other',
    opening: false,
  }));
  return riskInput({ recentOrders });
}

function longCall(
  limitDollars: number,
  bid: number | undefined,
  ask: number | undefined,
): RiskInput {
  const limit = dollars(limitDollars);
  return riskInput({
    intent: condorIntent({ legs: [leg('buyToOpen', 'call', 605)], limit, worst: limit }),
    slice: sliceWith('call', 605, { quote: quote(bid, ask) }),
  });
}

function aged(right: 'call' | 'put', strike: number, bid: number | undefined, ageMillis: number) {
  const at = millisAfter(AT, -ageMillis);
  return riskInput({ slice: sliceWith(right, strike, { quote: quote(bid, 0.05, at) }) });
}

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

  // natural 0.90, mid 0.93, far 0.96; tolerance max(0.03, 0.093) = 0.093
  [
    'a limit just inside the collar below',
    'price_collar',
    withIntent({ limit: dollars(0.81) }),
    'passed',
  ],
  [
    'a limit just outside the collar below',
    'price_collar',
    withIntent({ limit: dollars(0.8) }),
    'failed',
  ],
  [
    'a limit just inside the collar above',
    'price_collar',
    withIntent({ limit: dollars(1.05) }),
    'passed',
  ],
  [
    'a limit just outside the collar above',
    'price_collar',
    withIntent({ limit: dollars(1.06) }),
    'failed',
  ],
  ['a cheap leg three ticks above its ask', 'price_collar', longCall(-0.08, 0.04, 0.05), 'passed'],
  ['a cheap leg four ticks above its ask', 'price_collar', longCall(-0.09, 0.04, 0.05), 'failed'],
  ['a leg as wide as the collar', 'price_collar', longCall(-1.1, 0.9, 1.1), 'passed'],
  ['a leg a tick wider than the collar', 'price_collar', longCall(-1.11, 0.9, 1.11), 'failed'],
  [
    '0.00 x 0.01 as a market for a buyer',
    'price_collar',
    longCall(-0.01, undefined, 0.01),
    'passed',
  ],
  ['a phantom leg of 0.01 x 5.00', 'price_collar', longCall(-2.5, 0.01, 5), 'failed'],

  [
    'a condor for nothing',
    'price_bounds',
    withIntent({ limit: dollars(0), worst: dollars(0) }),
    'passed',
  ],
  [
    'a condor we pay a tick for',
    'price_bounds',
    withIntent({ limit: dollars(-0.01), worst: dollars(-0.01) }),
    'failed',
  ],
  ['a condor for its whole width', 'price_bounds', withIntent({ limit: dollars(10) }), 'passed'],
  [
    'a condor for a tick more than its width',
    'price_bounds',
    withIntent({ limit: dollars(10.01) }),
    'failed',
  ],
  ['a call at the price of the underlying', 'price_bounds', longCall(-600, 1, 2), 'passed'],
  ['a call a tick above the underlying', 'price_bounds', longCall(-600.01, 1, 2), 'failed'],
  ['a call for which we are paid', 'price_bounds', longCall(0.01, 1, 2), 'failed'],
  [
    'a put at its strike',
    'price_bounds',
    withIntent({
      legs: [leg('buyToOpen', 'put', 595)],
      limit: dollars(-595),
      worst: dollars(-595),
    }),
    'passed',
  ],
  [
    'a put a tick above its strike',
    'price_bounds',
    withIntent({
      legs: [leg('buyToOpen', 'put', 595)],
      limit: dollars(-595.01),
      worst: dollars(-596),
    }),
    'failed',
  ],
  [
    'a limit at the worst price agreed to',
    'price_bounds',
    withIntent({ limit: dollars(0.9), worst: dollars(0.9) }),
    'passed',
  ],
  [
    'a limit a tick past the worst price agreed to',
    'price_bounds',
    withIntent({ limit: dollars(0.89), worst: dollars(0.9) }),
    'failed',
  ],
  [
    'an exit past its own first price',
    'price_bounds',
    riskInput({ intent: closingIntent({ limit: dollars(-1.2), worst: dollars(-1) }) }),
    'passed',
  ],
  [
    'a call while the price of the underlying is too old',
    'price_bounds',
    riskInput({
      intent: condorIntent({
        legs: [leg('buyToOpen', 'call', 605)],
        limit: dollars(-0.52),
        worst: dollars(-0.52),
      }),
      slice: sliceOf(ROWS, quote(599.99, 600.01, millisAfter(AT, -2_001))),
    }),
    'notRun',
  ],

  [
    'a leg quote at its age limit',
    'data_stale',
    riskInput({
      slice: sliceWith('call', 605, { quote: quote(0.5, 0.52, millisAfter(AT, -5_000)) }),
    }),
    'passed',
  ],
  [
    'a leg quote past its age limit',
    'data_stale',
    riskInput({
      slice: sliceWith('call', 605, { quote: quote(0.5, 0.52, millisAfter(AT, -5_001)) }),
    }),
    'failed',
  ],
  [
    'the underlying at its age limit',
    'data_stale',
    riskInput({ slice: sliceOf(ROWS, quote(599.99, 600.01, millisAfter(AT, -2_000))) }),
    'passed',
  ],
  [
    'the underlying past its age limit',
    'data_stale',
    riskInput({ slice: sliceOf(ROWS, quote(599.99, 600.01, millisAfter(AT, -2_001))) }),
    'failed',
  ],
  [
    'a worthless wing that was quiet for a minute',
    'data_stale',
    aged('call', 615, undefined, 60_000),
    'passed',
  ],
  [
    'a worthless wing that was quiet for longer',
    'data_stale',
    aged('call', 615, undefined, 60_001),
    'failed',
  ],
  [
    'a wing with a bid that was quiet for a minute',
    'data_stale',
    aged('call', 615, 0.04, 60_000),
    'failed',
  ],

  [
    'a locked quote',
    'quote_crossed',
    riskInput({ slice: sliceWith('call', 605, { quote: quote(0.5, 0.5) }) }),
    'passed',
  ],
  [
    'a crossed leg',
    'quote_crossed',
    riskInput({ slice: sliceWith('call', 605, { quote: quote(0.51, 0.5) }) }),
    'failed',
  ],
  [
    'a crossed underlying',
    'quote_crossed',
    riskInput({ slice: sliceOf(ROWS, quote(600.01, 600)) }),
    'failed',
  ],

  [
    'a wing to buy with an ask alone',
    'leg_market_missing',
    riskInput({ slice: sliceWith('call', 615, { quote: quote(undefined, 0.01) }) }),
    'passed',
  ],
  [
    'a wing to buy with a bid alone',
    'leg_market_missing',
    riskInput({ slice: sliceWith('call', 615, { quote: quote(0.01, undefined) }) }),
    'failed',
  ],
  [
    'a short to sell with an ask alone',
    'leg_market_missing',
    riskInput({ slice: sliceWith('call', 605, { quote: quote(undefined, 0.5) }) }),
    'failed',
  ],

  [
    'a microsecond before the cut-off',
    'session_window',
    riskInput({ at: atMicros(addMicros(newYorkInstant(DATE, 15 * 60 + 25), -1)) }),
    'passed',
  ],
  [
    'at the cut-off',
    'session_window',
    riskInput({ at: atMicros(newYorkInstant(DATE, 15 * 60 + 25)) }),
    'failed',
  ],
  ['at the open', 'session_window', riskInput({ at: atMicros(fullSession().open) }), 'passed'],
  [
    'a microsecond before the open',
    'session_window',
    riskInput({ at: atMicros(addMicros(fullSession().open, -1)) }),
    'failed',
  ],
  [
    'at the last trade under a later cut-off',
    'session_window',
    riskInput({
      at: atMicros(fullSession().lastTrade),
      openingCutoffAt: addMicros(fullSession().lastTrade, 1),
    }),
    'failed',
  ],

  ['the same order inside the window', 'duplicate_order', sentAgo(9_999), 'failed'],
  ['the same order as the window ends', 'duplicate_order', sentAgo(10_000), 'passed'],
  ['the same order after the window', 'duplicate_order', sentAgo(10_001), 'passed'],
  ['nine orders within a minute', 'order_rate', otherOrders(9, 59_999), 'passed'],
  ['ten orders within a minute', 'order_rate', otherOrders(10, 59_999), 'failed'],
  ['ten orders a minute ago', 'order_rate', otherOrders(10, 60_000), 'passed'],
  ['99 orders today', 'order_rate', otherOrders(99, 60_000), 'passed'],
  ['100 orders today', 'order_rate', otherOrders(100, 60_000), 'failed'],

  ['reducing', 'trading_state', riskInput({ tradingState: 'reducing' }), 'failed'],
  ['halted', 'trading_state', riskInput({ tradingState: 'halted' }), 'failed'],
  [
    'an UNKNOWN order of another strategy',
    'unknown_order_open',
    account({ unknownStrategies: new Set(['orb_long_call']) }),
    'passed',
  ],
  ['a single share', 'shares_held', account({ sharesHeld: -1 }), 'failed'],
  [
    'a worst case without a number',
    'undefined_risk',
    riskInput({ payoff: { ...PAYOFF, maxLossCents: undefined } }),
    'failed',
  ],
  [
    'more short calls than long ones',
    'undefined_risk',
    withIntent({ legs: [leg('sellToOpen', 'call', 605, 2), leg('buyToOpen', 'call', 615)] }),
    'failed',
  ],
  [
    'as many short calls as long ones',
    'undefined_risk',
    withIntent({ legs: [leg('sellToOpen', 'call', 605, 2), leg('buyToOpen', 'call', 615, 2)] }),
    'passed',
  ],

  [
    'all that is held',
    'nothing_to_close',
    riskInput({ intent: closingIntent(), closable: HELD }),
    'passed',
  ],
  [
    'one more than is held',
    'nothing_to_close',
    riskInput({ intent: closingIntent({ quantity: 2 }), closable: HELD }),
    'failed',
  ],
  [
    'what is held the other way round',
    'nothing_to_close',
    riskInput({
      intent: closingIntent({ legs: [leg('sellToClose', 'call', 605)] }),
      closable: HELD,
    }),
    'failed',
  ],

  ['no leg', 'tick_or_quantity', withIntent({ legs: [] }), 'failed'],
  ['nothing of it', 'tick_or_quantity', withIntent({ quantity: 0 }), 'failed'],
  ['less than nothing', 'tick_or_quantity', withIntent({ quantity: -1 }), 'failed'],
  [
    'half a ratio',
    'tick_or_quantity',
    withIntent({ legs: [leg('buyToOpen', 'call', 605, 0.5)] }),
    'failed',
  ],
  [
    'one contract in two legs',
    'tick_or_quantity',
    withIntent({ legs: [leg('buyToOpen', 'call', 605), leg('buyToOpen', 'call', 605)] }),
    'failed',
  ],
  [
    'five legs',
    'tick_or_quantity',
    withIntent({ legs: ROWS.map((row) => leg('buyToOpen', row.right, row.strike)) }),
    'failed',
  ],
  ['half a cent', 'tick_or_quantity', withIntent({ limit: dollars(0.925) }), 'failed'],
  [
    'a worst price of half a cent',
    'tick_or_quantity',
    withIntent({ worst: dollars(0.905) }),
    'failed',
  ],
  [
    'one leg for nothing',
    'tick_or_quantity',
    withIntent({ legs: [leg('buyToOpen', 'call', 605)], limit: dollars(0) }),
    'failed',
  ],
  ['four legs at even', 'tick_or_quantity', withIntent({ limit: dollars(0) }), 'passed'],
];

describe('each check at its limit', () => {
  it.each(CASES)('%s: %s', (_what, code, input, outcome) => {
    expect(outcomeOf(code, input)).toBe(outcome);
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
