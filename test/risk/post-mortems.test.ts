/** Disasters of others, played against the gate. Each says who, when, and what would have cost them
 * nothing here. */
import { describe, expect, it } from 'vitest';
import { addMicros, cents, MICROS_PER_HOUR } from '../../src/engine/domain/units.ts';
import { yearsToExpiry } from '../../src/engine/pricing/time-to-expiry.ts';
import { judge } from '../../src/risk/gate.ts';
import type { RecentOrder, RiskInput } from '../../src/risk/risk-input.ts';
import {
  ACCOUNT,
  AT,
  closingIntent,
  condorIntent,
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
  sliceWithPair,
} from './fixtures.ts';

function denialOf(input: RiskInput) {
  return judge(input).denial?.code;
}

interface Flood {
  /** Each order has another shape than those before it. */
  readonly isWild?: boolean;
  readonly isOneStrategy?: boolean;
  readonly change?: Partial<RiskInput>;
}

const WILD: Flood = { isWild: true };

/** Sends one order after another as a program gone wild would; how many got through, and why no more. */
function flood({ isWild = false, isOneStrategy, change }: Flood, count: number, gapMillis: number) {
  const recentOrders: RecentOrder[] = [];
  let denial: string | undefined;
  let passed = 0;
  for (let i = 0; i < count; i += 1) {
    const at = millisAfter(AT, i * gapMillis);
    const slice = {
      ...sliceOf(
        ROWS.map((row) => ({ ...row, quote: row.quote && { ...row.quote, at } })),
        quote(599.99, 600.01, at),
      ),
      yearsToExpiry: yearsToExpiry(at.market, fullSession().lastTrade),
    };
    const input = riskInput({ at, slice, recentOrders: [...recentOrders], ...change });
    const verdict = judge(input);
    denial = verdict.denial?.code ?? denial;
    if (!verdict.approved) continue;
    passed += 1;
    recentOrders.push(
      recentOrder({
        intentId: `sent-${i}`,
        strategy: isOneStrategy === true ? input.intent.strategy : `strategy-${i}`,
        wallAt: at.wall,
        legs: input.intent.legs,
        quantity: input.intent.quantity + (isWild ? i + 1 : 0),
      }),
    );
  }
  return { passed, denial };
}

describe('Knight, 2012: one parent order, millions of children', () => {
  it('sends one shape once within its window', () => {
    expect(flood({}, 1_000, 5)).toEqual({ passed: 1, denial: 'duplicate_order' });
  });
});

describe('Everbright, 2013: an untested system floods the market', () => {
  it('lets ten orders a minute through, however they differ', () => {
    expect(flood(WILD, 1_000, 10)).toEqual({ passed: 10, denial: 'order_rate' });
  });

  it('disarms one strategy that opens again and again, until a person has looked', () => {
    expect(flood({ ...WILD, isOneStrategy: true }, 1_000, 10)).toEqual({
      passed: 8,
      denial: 'repeated_execution',
    });
  });

  it('stops a slow flood at the limit of the day', () => {
    const change = { openingCutoffAt: addMicros(AT.market, 4 * 3_600_000_000) };
    expect(flood({ ...WILD, change }, 200, 60_000).passed).toBe(100);
  });
});

describe('Goldman, 2013: resting orders become live ones at a price of one dollar', () => {
  it('refuses a limit of a dollar for what is worth fifty cents', () => {
    const legs = [leg('sellToOpen', 'call', 605), leg('buyToOpen', 'call', 615)];
    const intent = condorIntent({
      strategy: 'place_order',
      legs,
      limit: dollars(1),
      worst: dollars(1),
    });
    expect(denialOf(riskInput({ intent }))).toBe('price_collar');
  });

  it('refuses before the open, whatever the price', () => {
    expect(denialOf(riskInput({ at: millisAfter(AT, -3 * 3_600_000) }))).toBe('session_window');
  });
});

describe('HanMag, 2013: calls for puts on expiry day, priced by a wrong input', () => {
  it('refuses legs that make a credit where the structure can only cost', () => {
    const legs = [leg('buyToOpen', 'call', 605), leg('sellToOpen', 'call', 615)];
    const intent = condorIntent({
      strategy: 'place_order',
      legs,
      limit: dollars(0.45),
      worst: dollars(0.4),
    });
    expect(denialOf(riskInput({ intent }))).toBe('price_bounds');
  });

  it('refuses a credit above the width, though the quotes say so', () => {
    const slice = sliceWithPair(605, 10.5, 10.52);
    const intent = condorIntent({ limit: dollars(10.9) });
    expect(denialOf(riskInput({ slice, intent }))).toBe('price_bounds');
  });

  it('refuses an order valued with an hour more, or less, to expiry than there is', () => {
    const { lastTrade } = fullSession();
    for (const hours of [-1, 1]) {
      const off = addMicros(lastTrade, hours * MICROS_PER_HOUR);
      const slice = { ...sliceOf(ROWS), yearsToExpiry: yearsToExpiry(AT.market, off) };
      const { denial, checks } = judge(riskInput({ slice }));
      expect(denial?.code).toBe('model_unreasonable');
      expect(checks.filter(({ outcome }) => outcome === 'failed')).toHaveLength(1);
    }
  });

  it('refuses an order whose deltas are not known', () => {
    const slice = sliceWith('put', 595, { delta: undefined });
    expect(denialOf(riskInput({ slice }))).toBe('portfolio_delta');
  });
});

describe('Citi, 2022: 444 billion for 58 million, past 711 soft warnings', () => {
  it('refuses the whole package, hard, and shows the worst case among few numbers', () => {
    const payoff = { ...PAYOFF, maxLossCents: cents(4_440_000_00) };
    const verdict = judge(riskInput({ payoff }));
    expect(verdict.approved).toBe(false);
    expect(verdict.denial).toMatchObject({
      code: 'max_trade_loss',
      numbers: { maxLossCents: 4_440_000_00, limitCents: 1_000_00 },
    });
    expect(Object.keys(verdict.denial?.numbers ?? {})).toHaveLength(2);
  });
});

describe('losses that ran from a naked short', () => {
  it('has no setting that lets one through', () => {
    const legs = [leg('sellToOpen', 'call', 605)];
    const intent = condorIntent({ legs, limit: dollars(0.5), worst: dollars(0.5) });
    const boundless = {
      ...riskInput().limits,
      maxTradeLossCents: cents(Number.MAX_SAFE_INTEGER),
      maxOpenRiskCents: cents(Number.MAX_SAFE_INTEGER),
      maxDailyLossCents: cents(Number.MAX_SAFE_INTEGER),
    };
    const payoff = { ...PAYOFF, maxLossCents: undefined };
    expect(denialOf(riskInput({ intent, payoff, limits: boundless }))).toBe('undefined_risk');
  });
});

describe('a price that timed out and was read as nothing', () => {
  it('refuses the condor whose wing has no quote', () => {
    const slice = sliceWith('call', 615, { quote: undefined });
    expect(denialOf(riskInput({ slice }))).toBe('data_stale');
  });
});

describe('a close in the wrong direction', () => {
  it('refuses to buy more of what is long', () => {
    const intent = closingIntent({ legs: [leg('buyToClose', 'call', 615)], limit: dollars(-0.05) });
    expect(denialOf(riskInput({ intent, closable: HELD }))).toBe('nothing_to_close');
  });
});

describe('a timeout that was taken for a no', () => {
  it('refuses the strategy its next order while the last is UNKNOWN', () => {
    const account = { ...ACCOUNT, unknownStrategies: new Set(['iron_condor_30_delta']) };
    expect(denialOf(riskInput({ account }))).toBe('unknown_order_open');
  });
});
