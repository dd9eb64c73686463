import { describe } from 'vitest';
import type { OrderIntent } from '../../../src/engine/domain/order.ts';
import { auctionEnd, newYorkInstant } from '../../../src/engine/domain/session-calendar.ts';
import type { EpochMicros } from '../../../src/engine/domain/units.ts';
import { addMicros } from '../../../src/engine/domain/units.ts';
import type { QuoteStream } from '../../../src/risk/quote-age.ts';
import type { RiskInput } from '../../../src/risk/risk-input.ts';
import { sharesLeg } from '../../support/legs.ts';
import {
  AT,
  atMicros,
  closingIntent,
  DATE,
  dollars,
  fullSession,
  HELD,
  leg,
  millisAfter,
  PAYOFF,
  quote,
  ROWS,
  recentOrder,
  riskInput,
  sliceOf,
  sliceWith,
} from '../fixtures.ts';
import { account, type Case, holdAtTheirLimits, withIntent } from './boundary-cases.ts';

function sentAgo(...agesMillis: number[]): RiskInput {
  const { legs, quantity } = riskInput().intent;
  const recentOrders = agesMillis.map((age) =>
    recentOrder({ wallAt: addMicros(AT.wall, -age * 1_000), legs, quantity }),
  );
  return riskInput({ recentOrders });
}

function otherOrders(count: number, ageMillis: number): RiskInput {
  const wallAt = addMicros(AT.wall, -ageMillis * 1_000);
  const recentOrders = Array.from({ length: count }, () => recentOrder({ wallAt, opening: false }));
  return riskInput({ recentOrders });
}

function aged(right: 'call' | 'put', strike: number, bid: number | undefined, ageMillis: number) {
  const at = millisAfter(AT, -ageMillis);
  return riskInput({ slice: sliceWith(right, strike, { quote: quote(bid, 0.05, at) }) });
}

/** A stream of options of which the last news is so old. */
function heardBefore(silentMillis: number): QuoteStream {
  const newsAt = millisAfter(AT, -silentMillis);
  return { sinceWall: millisAfter(AT, -600_000).wall, newsAt, lateMillis: 0 };
}

/** The way out of `what` at the ends of its market's hours. */
function wayOut(what: string, intent: OrderIntent, closesAt: EpochMicros): readonly Case[] {
  const { open } = fullSession();
  const ends = [
    ['a microsecond before the open', addMicros(open, -1), 'failed'],
    ['at the open', open, 'passed'],
    ['a microsecond after the open', addMicros(open, 1), 'passed'],
    ['a microsecond before its last trade', addMicros(closesAt, -1), 'passed'],
    ['at its last trade', closesAt, 'failed'],
    ['a microsecond after its last trade', addMicros(closesAt, 1), 'failed'],
  ] as const;
  return ends.map(([when, market, outcome]) => {
    const input = riskInput({ intent, at: atMicros(market) });
    return [`the way out of ${what} ${when}`, 'session_window', input, outcome];
  });
}

const CASES: readonly Case[] = [
  ...([4_999, 5_000, 5_001] as const).map(
    (age): Case => [
      `a leg quote ${age} milliseconds old`,
      'data_stale',
      riskInput({
        slice: sliceWith('call', 605, { quote: quote(0.5, 0.52, millisAfter(AT, -age)) }),
      }),
      age <= 5_000 ? 'passed' : 'failed',
    ],
  ),
  ...([1_999, 2_000, 2_001] as const).map(
    (age): Case => [
      `an underlying ${age} milliseconds old`,
      'data_stale',
      riskInput({ slice: sliceOf(ROWS, quote(599.99, 600.01, millisAfter(AT, -age))) }),
      age <= 2_000 ? 'passed' : 'failed',
    ],
  ),
  ...([4_999, 5_000, 5_001] as const).map(
    (silent): Case => [
      `a worthless wing while no option was heard for ${silent} milliseconds`,
      'data_stale',
      { ...aged('call', 615, undefined, 10), quoteStream: heardBefore(silent) },
      silent <= 5_000 ? 'passed' : 'failed',
    ],
  ),
  [
    'a stream of options of which nothing is known yet',
    'data_stale',
    { ...riskInput(), quoteStream: { sinceWall: AT.wall, newsAt: undefined, lateMillis: 0 } },
    'passed',
  ],
  ...([59_999, 60_000, 60_001] as const).map(
    (quiet): Case => [
      `a worthless wing that was quiet for ${quiet} milliseconds`,
      'data_stale',
      aged('call', 615, undefined, quiet),
      quiet <= 60_000 ? 'passed' : 'failed',
    ],
  ),
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
  [
    'a microsecond after the cut-off',
    'session_window',
    riskInput({ at: atMicros(addMicros(newYorkInstant(DATE, 15 * 60 + 25), 1)) }),
    'failed',
  ],
  ['at the open', 'session_window', riskInput({ at: atMicros(fullSession().open) }), 'failed'],
  [
    'a microsecond before the auction ends',
    'session_window',
    riskInput({ at: atMicros(addMicros(auctionEnd(fullSession()), -1)) }),
    'failed',
  ],
  [
    'as the auction ends',
    'session_window',
    riskInput({ at: atMicros(auctionEnd(fullSession())) }),
    'passed',
  ],
  [
    'a microsecond after the auction',
    'session_window',
    riskInput({ at: atMicros(addMicros(auctionEnd(fullSession()), 1)) }),
    'passed',
  ],
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

  ...wayOut('options', closingIntent(), fullSession().lastTrade),
  ...wayOut(
    'shares',
    closingIntent({ legs: [sharesLeg('sellToClose', 1)] }),
    fullSession().exerciseMark,
  ),

  ['the same order inside the window', 'duplicate_order', sentAgo(9_999), 'failed'],
  ['the same order as the window ends', 'duplicate_order', sentAgo(10_000), 'passed'],
  ['the same order after the window', 'duplicate_order', sentAgo(10_001), 'passed'],
  ['nine orders within a minute', 'order_rate', otherOrders(9, 59_999), 'passed'],
  ['ten orders within a minute', 'order_rate', otherOrders(10, 59_999), 'failed'],
  ['ten orders a minute ago', 'order_rate', otherOrders(10, 60_000), 'passed'],
  ['eleven orders within a minute', 'order_rate', otherOrders(11, 59_999), 'failed'],
  ['99 orders today', 'orders_per_day', otherOrders(99, 60_000), 'passed'],
  ['100 orders today', 'orders_per_day', otherOrders(100, 60_000), 'failed'],
  ['101 orders today', 'orders_per_day', otherOrders(101, 60_000), 'failed'],

  ['reducing', 'trading_state', riskInput({ tradingState: 'reducing' }), 'failed'],
  ['halted', 'trading_state', riskInput({ tradingState: 'halted' }), 'failed'],
  [
    'an UNKNOWN order of another strategy',
    'unknown_order_open',
    account({ unknownStrategies: new Set(['orb_long_call']) }),
    'passed',
  ],
  ...([-1, 0, 1] as const).map(
    (shares): Case => [
      `${shares} shares`,
      'shares_held',
      account({ sharesHeld: shares }),
      shares === 0 ? 'passed' : 'failed',
    ],
  ),
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
    'one less than is held',
    'nothing_to_close',
    riskInput({
      intent: closingIntent(),
      closable: new Map([...HELD].map(([symbol, units]) => [symbol, 2 * units])),
    }),
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
  ...([3, 4, 5] as const).map(
    (legs): Case => [
      `${legs} legs where a broker takes four`,
      'tick_or_quantity',
      withIntent({
        legs: ROWS.slice(0, legs).map((row) => leg('buyToOpen', row.right, row.strike)),
      }),
      legs <= 4 ? 'passed' : 'failed',
    ],
  ),
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

describe('the checks of the moment and of form at their limits', () => {
  holdAtTheirLimits(CASES);
});
