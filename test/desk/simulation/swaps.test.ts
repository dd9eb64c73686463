/**
 * The table of swaps: each part of the order's way is replaced by one that always says the same, and
 * the simulation must object. What it says is named, so that the right oracle is the one that fires.
 */
import { describe, expect, it } from 'vitest';
import { lacksOfSession } from '../../../bench/support/sessions/enough.ts';
import type { OrderGateway } from '../../../src/broker/order-gateway.ts';
import type { StrategyRequest } from '../../../src/desk/engine-api-requests.ts';
import { STRATEGIES } from '../../../src/desk/previews/proposals.ts';
import { Replies } from '../../../src/desk/replies.ts';
import type { PlannedFault } from '../../../src/desk/simulation/session-faults.ts';
import type { SessionReport } from '../../../src/desk/simulation/session-report.ts';
import type { SessionWraps } from '../../../src/desk/simulation/session-wraps.ts';
import { runSession } from '../../../src/desk/simulation/simulated-session.ts';
import type { MarketView } from '../../../src/engine/domain/market.ts';
import {
  addMicros,
  epochMicros,
  MICROS_PER_MINUTE,
  PRICE_PER_DOLLAR,
} from '../../../src/engine/domain/units.ts';
import { ByteFrameDecoder } from '../../../src/engine/feed/byte-frame-decoder.ts';
import type { Check } from '../../../src/risk/checks/check.ts';
import { passed } from '../../../src/risk/checks/check.ts';
import { CHECKS } from '../../../src/risk/gate.ts';
import { longStraddle } from '../../../src/strategies/long-straddle.ts';
import type { StrategyDay } from '../../../src/strategies/strategy.ts';
import { buildSession } from '../../support/chain-builder.ts';

/** Of each session; enough for every swap to show. */
const MINUTES = 150;
const WHOLE_SESSION = 480;
const MOST_SESSIONS = 80;
const PATIENCE_MILLIS = 120_000;

interface Swap {
  readonly what: string;
  readonly wraps: SessionWraps;
  /** The first that shows it, so that no session is run for nothing. */
  readonly seed: number;
  readonly says: RegExp;
  readonly minutes?: number;
  readonly faults?: readonly PlannedFault[];
}

/** A broker that does one thing differently. */
function brokerThat(change: (broker: OrderGateway) => Partial<OrderGateway>): SessionWraps {
  return {
    gateway: (broker) => {
      const proxy: OrderGateway = {
        capabilities: broker.capabilities,
        accountId: broker.accountId,
        submit: (order, at) => broker.submit(order, at),
        cancel: (intentId, at) => broker.cancel(intentId, at),
        reprice: (order, at) => broker.reprice(order, at),
        findByIntent: (intentId, at) => broker.findByIntent(intentId, at),
        dryRun: (intent, at) => broker.dryRun(intent, at),
        onQuote: (symbol, quote, at) => broker.onQuote(symbol, quote, at),
        onBatchEnd: (at) => broker.onBatchEnd(at),
        forgetQuotes: () => broker.forgetQuotes(),
        onWire: (input, at) => broker.onWire(input, at),
        onClock: (at, session) => broker.onClock(at, session),
        nextWake: () => broker.nextWake(),
        snapshot: (at) => broker.snapshot(at),
        lookAgain: (at) => broker.lookAgain(at),
      };
      return { ...proxy, ...change(broker) };
    },
  };
}

const SWAPS: readonly Swap[] = [
  {
    what: 'a broker that takes no order',
    wraps: brokerThat(() => ({ submit: () => [] })),
    seed: 1,
    says: /only 0 fills/,
  },
  {
    what: 'a broker that says nothing of what it does',
    wraps: brokerThat((broker) => ({
      onBatchEnd: (at) => {
        broker.onBatchEnd(at);
        return [];
      },
    })),
    seed: 1,
    says: /was not journalled/,
  },
  {
    what: 'a broker whose account is always empty',
    wraps: brokerThat((broker) => ({
      snapshot: (at) => {
        const snapshot = broker.snapshot(at);
        return snapshot === undefined
          ? undefined
          : { ...snapshot, positions: [], workingOrders: [] };
      },
    })),
    seed: 4,
    says: /the desk says that they differ/,
  },
  {
    what: 'a journal that is always done already',
    wraps: { answers: (answers, at) => answers.map((a) => ({ ...a, due: at.wall })) },
    seed: 1,
    says: /before its record was durable/,
  },
  {
    what: 'a journal that never answers',
    wraps: { answers: () => [] },
    seed: 1,
    says: /only 0 fills/,
  },
  {
    what: 'a kill word that is never up',
    wraps: { killWord: () => false },
    seed: 64,
    says: /opened after the kill/,
  },
  {
    what: 'a kill word that is always up',
    wraps: { killWord: () => true },
    seed: 1,
    says: /only 0 fills/,
  },
  {
    what: 'limits without end',
    wraps: {
      config: ({ limits, ...others }) => ({
        ...others,
        limits: {
          ...limits,
          maxOrderContracts: 10_000,
          maxTradeLossCents: 1e12 as typeof limits.maxTradeLossCents,
          maxOpenRiskCents: 1e12 as typeof limits.maxOpenRiskCents,
          maxDailyLossCents: 1e12 as typeof limits.maxDailyLossCents,
        },
      }),
    },
    seed: 7,
    says: /contracts a leg|can lose|open risk/,
  },
];

/** Sessions from the seed on, until one objects as it should. */
function objections(swap: Swap): readonly string[] {
  const { wraps, seed, says, minutes = MINUTES, faults } = swap;
  const planned = faults === undefined ? {} : { faults };
  const all: string[] = [];
  for (let i = 0; i < MOST_SESSIONS && !all.some((what) => says.test(what)); i += 1) {
    const asked = { seed: seed + i, minutes, wraps, sought: [says], ...planned };
    const report: SessionReport = runSession(asked);
    all.push(...report.violations, ...lacksOfSession(report.tally));
  }
  return all;
}

describe('the simulation objects to', { timeout: PATIENCE_MILLIS }, () => {
  it.each(SWAPS)('$what', (swap) => {
    expect(objections(swap).some((what) => swap.says.test(what))).toBe(true);
  });
});

/** Runs with these checks of the gate replaced by ones that always pass. */
function withoutChecks<T>(codes: readonly string[], run: () => T): T {
  const checks = CHECKS as Check[];
  const originals = [...checks];
  for (const code of codes) {
    const at = originals.findIndex((check) => check.code === code);
    const original = originals[at];
    if (original === undefined) throw new Error(`no check ${code}`);
    checks[at] = { ...original, run: () => passed(original.code, 'always') };
  }
  try {
    return run();
  } finally {
    checks.splice(0, checks.length, ...originals);
  }
}

type Strategy = StrategyRequest['strategy'];

/** Runs with one property of an object replaced. */
function withSwapped<T>(target: object, name: string, value: unknown, run: () => T): T {
  const original = Object.getOwnPropertyDescriptor(target, name);
  if (original === undefined) throw new Error(`there is no ${name}`);
  Object.defineProperty(target, name, { ...original, value });
  try {
    return run();
  } finally {
    Object.defineProperty(target, name, original);
  }
}

/** The straddle at the middle of the chain, whatever was asked for. */
function middleStraddle(view: MarketView, _request: unknown, day: StrategyDay) {
  const { calls } = view.slice;
  const strike = (calls[Math.floor(calls.length / 2)]?.contract.strike ?? 0) / PRICE_PER_DOLLAR;
  return longStraddle(view, { strike, quantity: 1 }, day);
}

describe('the simulation objects to a constant in the place of', {
  timeout: PATIENCE_MILLIS,
}, () => {
  it.each(Object.keys(STRATEGIES) as Strategy[])('the strategy %s', (name) => {
    const says = new RegExp(`is not the ${name} asked for`);
    const swap = { what: name, wraps: {}, seed: name === 'lotto_play_5_delta' ? 3 : 1, says };
    const found = withSwapped(STRATEGIES, name, middleStraddle, () => objections(swap));
    expect(found.some((what) => says.test(what))).toBe(true);
  });
});

describe('the simulation misses, once it always passes, the check of', {
  timeout: PATIENCE_MILLIS,
}, () => {
  it.each([
    ['order_size', /contracts a leg/, 30],
    ['max_trade_loss', /can lose/, 1],
    ['session_window', /opens outside the session's window/, 12],
    ['trading_state', /opens while trading is/, 12],
  ] as const)('%s', (code, says, seed) => {
    const swap = { what: code, wraps: {}, seed, says, minutes: WHOLE_SESSION };
    const found = withoutChecks([code], () => objections(swap));
    expect(found.some((what) => says.test(what))).toBe(true);
  });

  it.each([
    [
      { position_limit: /takes SPY .* to \d+ contracts/, underlying_limit: /takes the book to/ },
      231,
    ],
    [{ strategy_limit: /takes place_order to \d+ units/ }, 299],
    [{ principal_limit: /comes behind \d+ openings of alice/ }, 245],
    [{ open_orders: /is the opening number 2 at once/ }, 177],
    [{ order_rate: /orders in a minute/ }, 42],
    [{ orders_per_day: /orders in a day/ }, 633],
    [{ portfolio_delta: /net delta/, cool_down: /opens after .* lost 3 times/ }, 53],
    [{ self_match: /meets an order of ours/ }, 9],
  ] as const)('%j, each of them', (says, seed) => {
    const run = () => runSession({ seed, bySheet: false, sought: Object.values(says) });
    const { violations } = withoutChecks(Object.keys(says), run);
    for (const words of Object.values(says)) {
      expect(violations.some((what) => words.test(what))).toBe(true);
    }
  });

  it('nothing: with every check in place the same sessions are clean', () => {
    expect(runSession({ seed: 1, minutes: MINUTES }).violations).toEqual([]);
  });
});

describe('the simulation objects to a decoder that', { timeout: PATIENCE_MILLIS }, () => {
  it.each([
    ['reads nothing', () => false],
    [
      'reads the same quote for ever',
      function decode(this: ByteFrameDecoder) {
        const text = '{"type":"FEED_DATA","channel":1,"data":["Quote",["SPY",1,2,1,1]]}';
        return this.decodeFrame(text, { market: epochMicros(0), wall: epochMicros(0) });
      },
    ],
  ])('%s', (what, decode) => {
    const says = /the decoder misread/;
    const swap = { what, wraps: {}, seed: 1, says, minutes: 5 };
    const run = () => objections(swap);
    const found = withSwapped(ByteFrameDecoder.prototype, 'decodeBytes', decode, run);
    expect(found.some((objection) => says.test(objection))).toBe(true);
  });
});

/** An answer that leaves at once, whatever the journal holds. */
const atOnce: Replies['answer'] = (desk, id, _command, result) => desk.out.reply(id, result);

/** The engine dies every ten minutes, right behind a record that the seed picks. */
function crashesAllDay(): readonly PlannedFault[] {
  const { open } = buildSession();
  return Array.from({ length: 35 }, (_, i) => {
    const from = addMicros(open, (8 + 10 * i) * MICROS_PER_MINUTE);
    return { kind: 'crash', from, until: from };
  });
}

it('the simulation objects to a desk that answers before the journal holds it', {
  timeout: PATIENCE_MILLIS,
}, () => {
  const says = /was answered for and lost in a crash/;
  const swap = { what: 'haste', wraps: {}, seed: 72, says, minutes: WHOLE_SESSION };
  const run = () => objections({ ...swap, faults: crashesAllDay() });
  const found = withSwapped(Replies.prototype, 'answer', atOnce, run);
  expect(found.some((objection) => says.test(objection))).toBe(true);
});
