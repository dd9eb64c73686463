import { describe, expect, it } from 'vitest';
import type { OptionContract } from '../../../src/engine/domain/instrument.ts';
import type { OrderLeg } from '../../../src/engine/domain/order.ts';
import { cents, price, sessionDate } from '../../../src/engine/domain/units.ts';
import type { DenialCode } from '../../../src/engine/domain/verdict.ts';
import { CHECKS } from '../../../src/risk/gate.ts';
import { limitsFrom } from '../../../src/risk/limits.ts';
import type { RiskInput } from '../../../src/risk/risk-input.ts';
import {
  ACCOUNT,
  AT,
  closingIntent,
  condorIntent,
  dollars,
  HELD,
  leg,
  millisAfter,
  option,
  PAYOFF,
  quote,
  ROWS,
  riskInput,
  sliceOf,
  sliceWith,
} from '../fixtures.ts';

function says(code: DenialCode, input: RiskInput) {
  return CHECKS.find((check) => check.code === code)?.run(input);
}

const NO_NUMBER = { ...PAYOFF, maxLossCents: undefined };
const SHARES = { kind: 'shares', symbol: 'SPY' } as const;
const { exitPlan: _without, ...NO_PLAN } = condorIntent();

function shares(count: number, symbol = 'SPY'): readonly OrderLeg[] {
  const one: OrderLeg = { instrument: { ...SHARES, symbol }, action: 'sellToClose', ratio: 1 };
  return Array.from({ length: count }, () => one);
}

/** What a check says where it cannot know, word for word. */
const UNANSWERED: readonly (readonly [string, DenialCode, RiskInput])[] = [
  [
    'no buying power',
    'buying_power',
    riskInput({ account: { ...ACCOUNT, buyingPowerCents: undefined } }),
  ],
  [
    'no P&L of the day',
    'daily_loss',
    riskInput({ account: { ...ACCOUNT, dayPnlCents: undefined } }),
  ],
  ['neither plan nor worst case', 'daily_loss', riskInput({ intent: NO_PLAN, payoff: NO_NUMBER })],
  ['a worst case in the place of a plan', 'daily_loss', riskInput({ intent: NO_PLAN })],
  ['no worst case', 'max_trade_loss', riskInput({ payoff: NO_NUMBER })],
  ['no worst case', 'open_risk', riskInput({ payoff: NO_NUMBER })],
  ['no chain', 'data_stale', riskInput({ slice: undefined })],
  [
    'a leg without a quote',
    'data_stale',
    riskInput({ slice: sliceWith('call', 605, { quote: undefined }) }),
  ],
  [
    'a leg without a quote',
    'leg_market_missing',
    riskInput({ slice: sliceWith('call', 605, { quote: undefined }) }),
  ],
  [
    'a leg without a quote',
    'leg_dispersion',
    riskInput({ slice: sliceWith('call', 605, { quote: undefined }) }),
  ],
  [
    'a leg without a quote',
    'portfolio_delta',
    riskInput({ slice: sliceWith('call', 605, { quote: undefined }) }),
  ],
  [
    'a leg without a quote',
    'portfolio_gamma',
    riskInput({ slice: sliceWith('call', 605, { quote: undefined }) }),
  ],
  [
    'a leg without a quote',
    'portfolio_vega',
    riskInput({ slice: sliceWith('call', 605, { quote: undefined }) }),
  ],
  [
    'a leg without a quote',
    'price_collar',
    riskInput({ slice: sliceWith('call', 605, { quote: undefined }) }),
  ],
  [
    'a leg without a quote',
    'quote_crossed',
    riskInput({ slice: sliceWith('call', 605, { quote: undefined }) }),
  ],
  [
    'no highest delta of the book',
    'portfolio_delta',
    riskInput({ account: { ...ACCOUNT, netDeltaHighest: undefined } }),
  ],
  [
    'no lowest delta of the book',
    'portfolio_delta',
    riskInput({ account: { ...ACCOUNT, netDeltaLowest: undefined } }),
  ],
  ['nothing known of what is held', 'nothing_to_close', riskInput({ intent: closingIntent() })],
  ['no session', 'session_window', riskInput({ session: undefined })],
  [
    'no session for a way out',
    'session_window',
    riskInput({ session: undefined, intent: closingIntent(), closable: HELD }),
  ],
  [
    'two causes',
    'trading_state',
    riskInput({ tradingState: 'reducing', tradingCauses: ['deltaCap', 'unmarkable'] }),
  ],
  ['no session', 'instrument_not_allowed', riskInput({ session: undefined })],
  ['no chain', 'model_unreasonable', riskInput({ slice: undefined })],
  [
    'shares in the place of an option',
    'model_unreasonable',
    riskInput({ intent: condorIntent({ legs: shares(1) }) }),
  ],
];

describe('a check that cannot know says so', () => {
  it.each(UNANSWERED)('%s: %s', (_what, code, input) => {
    expect(says(code, input)).toMatchSnapshot();
  });
});

describe('the instrument check says why', () => {
  const of = (legs: readonly OrderLeg[], change: Partial<RiskInput> = {}) =>
    says('instrument_not_allowed', riskInput({ intent: condorIntent({ legs }), ...change }));
  const buy = (contract: OptionContract): OrderLeg => ({
    instrument: contract,
    action: 'buyToOpen',
    ratio: 1,
  });
  const closing = (legs: readonly OrderLeg[], allowedRoots = ['SPY']) => {
    const intent = condorIntent({ purpose: 'close', legs });
    return says(
      'instrument_not_allowed',
      riskInput({ intent, limits: limitsFrom({ allowedRoots }) }),
    );
  };

  it('of roots', () => {
    const limits = limitsFrom({ allowedRoots: ['SPY', 'XSP'] });
    expect(of([leg('buyToOpen', 'call', 605)], { limits })?.outcome).toBe('passed');
    expect(of([buy(option('call', 605, 'QQQ'))], { limits })).toMatchSnapshot();
  });

  it('of contracts that the chain does not have', () => {
    expect(of([buy(option('call', 607))])).toMatchSnapshot();
    expect(of([buy(option('call', 607))], { slice: undefined })?.outcome).toBe('passed');
  });

  it.each([
    ['a root with a blank', { root: 'SPY ' }],
    ['another century', { expiry: sessionDate('2126-11-20') }],
    ['a strike between the strikes', { strike: price(6_050_005) }],
  ])('of what reads back as something else: %s', (_what, change) => {
    const contract = { ...option('call', 605), ...change };
    const session = undefined;
    const limits = limitsFrom({ allowedRoots: ['SPY', 'SPY '] });
    const first = of([buy(contract)], { limits, session });
    expect(first?.message).toContain('it has no OCC symbol; take one from the chain');
    expect(of([buy(contract)], { limits, session })).toEqual(first);
  });

  it('of shares', () => {
    expect(
      of(shares(1).map((one) => ({ ...one, action: 'buyToOpen' as const }))),
    ).toMatchSnapshot();
    expect(closing(shares(2))).toMatchSnapshot();
    expect(closing(shares(1, 'QQQ'))).toMatchSnapshot();
    expect(closing(shares(1))?.outcome).toBe('passed');
  });
});

describe('the daily loss', () => {
  it.each([
    [487_99, true],
    [488_00, true],
    [588_00, false],
    [587_99, true],
  ])('says whether the bare worst case has room: a limit of %s cents', (limit, exceeds) => {
    const limits = limitsFrom({ maxDailyLossCents: cents(limit) });
    const account = { ...ACCOUNT, openRiskCents: cents(100_00) };
    const payoff = { ...PAYOFF, maxLossCents: cents(488_00) };
    const result = says('daily_loss', riskInput({ limits, account, payoff }));
    expect(result?.numbers['bareWorstCaseExceedsRoom']).toBe(exceeds);
  });
});

describe('the age of the data', () => {
  it.each([
    [undefined, 'the quote of SPY is too old; wait for a new one, then preview again'],
    [0, 'the quote of SPY is too old; wait for a new one, then preview again'],
    [8_040, 'the feed is 8.0 s late; wait until it is on time, then preview again'],
  ])('is told by its cause: a feed late by %s ms', (lateMillis, message) => {
    const spot = quote(599.99, 600.01, millisAfter(AT, lateMillis === 8_040 ? 0 : -9_000));
    const slice = sliceOf(ROWS, spot);
    const quoteStream =
      lateMillis === undefined ? undefined : { sinceWall: AT.wall, newsAt: AT, lateMillis };
    const input = riskInput({ slice, ...(quoteStream && { quoteStream }) });
    expect(says('data_stale', input)).toMatchObject({ outcome: 'failed', message });
  });

  it('says by how much trades come ahead of this machine’s clock, and only where they do', () => {
    const ahead = (aheadMillis?: number) => {
      const stream = { sinceWall: AT.wall, newsAt: AT, lateMillis: 0 };
      return riskInput({
        quoteStream: { ...stream, ...(aheadMillis === undefined ? {} : { aheadMillis }) },
      });
    };
    expect(says('data_stale', ahead(8_040))).toMatchObject({
      outcome: 'failed',
      message: "trades come 8.0 s ahead of this machine's clock; set the clock, then preview again",
      numbers: { aheadMillis: 8_040 },
    });
    expect(says('data_stale', ahead(1))?.outcome).toBe('failed');
    expect(says('data_stale', ahead(0))?.outcome).toBe('passed');
    expect(says('data_stale', ahead())?.outcome).toBe('passed');
  });

  const aged = (legMillis: number, spotMillis: number) =>
    says(
      'data_stale',
      riskInput({
        slice: sliceOf(
          ROWS.map((row) =>
            row.strike === 605
              ? { ...row, quote: quote(0.5, 0.52, millisAfter(AT, -legMillis)) }
              : row,
          ),
          quote(599.99, 600.01, millisAfter(AT, -spotMillis)),
        ),
      }),
    )?.numbers;

  it('is told of the quote that is closest to its limit, not of the oldest', () => {
    expect(aged(2_000, 1_000)).toEqual({ ageMillis: 1_000, limitMillis: 2_000 });
    expect(aged(3_000, 1_000)).toEqual({ ageMillis: 3_000, limitMillis: 5_000 });
    expect(aged(2_500, 1_000)).toEqual({ ageMillis: 1_000, limitMillis: 2_000 });
    expect(aged(0, 0)).toEqual({ ageMillis: 0, limitMillis: 5_000 });
  });
});

describe('the model', () => {
  const model = (change: Parameters<typeof sliceWith>[2], slice = {}) =>
    says(
      'model_unreasonable',
      riskInput({ slice: { ...sliceWith('call', 605, change), ...slice } }),
    );

  it('has no time left at the last trade, whatever the calendar says', () => {
    expect(model({}, { yearsToExpiry: 0 })?.outcome).toBe('failed');
    const over = riskInput({ slice: { ...sliceOf(ROWS), yearsToExpiry: 0 }, session: undefined });
    expect(says('model_unreasonable', over)?.outcome).toBe('failed');
  });

  it('holds no parity against a side that has no bid', () => {
    const put = { right: 'put', strike: 605, quote: quote(undefined, 9), delta: -0.7 } as const;
    const slice = sliceOf([...ROWS, put].toSorted((a, b) => a.strike - b.strike));
    expect(says('model_unreasonable', riskInput({ slice }))?.outcome).toBe('passed');
  });
});

describe('an order of several units and ratios', () => {
  const order = (ratio: number, quantity: number, purpose: 'open' | 'close' = 'open') => {
    const action = purpose === 'open' ? 'buyToOpen' : 'sellToClose';
    return condorIntent({
      purpose,
      strategy: 'place_order',
      legs: [leg(action, 'call', 605, ratio)],
      quantity,
    });
  };

  it.each([
    [1, 20, 'passed'],
    [2, 10, 'passed'],
    [3, 7, 'failed'],
    [2, 11, 'failed'],
  ] as const)('holds %s times %s contracts: %s', (ratio, quantity, outcome) => {
    const intent = order(ratio, quantity);
    expect(says('position_limit', riskInput({ intent }))?.outcome).toBe(outcome);
  });

  it.each([
    [2, 3, 'passed'],
    [2, 4, 'failed'],
    [3, 2, 'passed'],
  ] as const)('takes %s times %s of six: %s', (ratio, quantity, outcome) => {
    const closable = new Map([['SPY   261120C00605000', 6]]);
    const intent = order(ratio, quantity, 'close');
    expect(says('nothing_to_close', riskInput({ intent, closable }))?.outcome).toBe(outcome);
  });

  it('has no leg of half a contract', () => {
    const legs = [leg('buyToOpen', 'call', 605), leg('sellToOpen', 'call', 610, 0.5)];
    const intent = condorIntent({ strategy: 'place_order', legs });
    expect(says('tick_or_quantity', riskInput({ intent }))).toMatchSnapshot();
  });
});

describe('the price of shares', () => {
  const closing = (legs: readonly OrderLeg[], limitDollars: number) => {
    const limit = dollars(limitDollars);
    const intent = condorIntent({ purpose: 'close', legs, limit, worst: limit });
    return says('price_bounds', riskInput({ intent }));
  };

  it('has no structural bound', () => {
    expect(closing(shares(1), 599)).toMatchSnapshot();
    expect(closing(shares(1), 9_999)?.outcome).toBe('passed');
  });

  it('has the bounds of its options where they come together', () => {
    const mixed = [...shares(1), leg('sellToClose', 'call', 605)];
    expect(closing(mixed, 9_999)?.message).not.toContain('shares have no structural bound');
  });

  it.each(['open', 'close', 'exit', 'flatten'] as const)(
    'past the worst one agreed to is refused where a trader agreed to it: %s',
    (purpose) => {
      const intent = condorIntent({
        purpose,
        legs: [leg('sellToClose', 'call', 605)],
        limit: dollars(0.5),
        worst: dollars(0.6),
      });
      const message = says('price_bounds', riskInput({ intent }))?.message ?? '';
      const isAgreed = purpose === 'open' || purpose === 'close';
      expect(message.startsWith('the limit is worse than the worst')).toBe(isAgreed);
    },
  );
});

describe('an underlying that trades in nickels', () => {
  const root = 'SPXW';
  /** The fixture's chain under another root, one row changed. */
  const nickels = (change: Parameters<typeof sliceWith>[2]): RiskInput => {
    const slice = sliceWith('call', 605, change);
    const renamed = (views: typeof slice.calls) =>
      views.map((view) => ({ ...view, contract: { ...view.contract, root } }));
    const intent = condorIntent({
      strategy: 'place_order',
      legs: [{ instrument: option('call', 605, root), action: 'buyToOpen', ratio: 1 }],
      limit: dollars(-0.5),
      worst: dollars(-0.5),
    });
    return riskInput({
      intent,
      slice: { ...slice, calls: renamed(slice.calls), puts: renamed(slice.puts) },
    });
  };
  const wing = { bid: undefined, ask: 0.1 };
  const old = quote(wing.bid, wing.ask, millisAfter(AT, -20_000));

  it('has wings without a bid whose quotes live longer, at nickels too', () => {
    expect(says('data_stale', nickels({ quote: old }))?.outcome).toBe('passed');
    expect(says('leg_dispersion', nickels({ quote: old }))?.outcome).toBe('passed');
  });

  it('has a twin that nobody bids for between nothing and an ask of some nickels', () => {
    const { slice, ...rest } = nickels({});
    if (slice === undefined) throw new Error('the fixture has a chain');
    const { strike } = option('put', 605);
    const asked = (ask: number) =>
      slice.puts.map((view) =>
        view.contract.strike === strike ? { ...view, quote: quote(undefined, ask) } : view,
      );
    const beside = (ask: number) => ({ ...rest, slice: { ...slice, puts: asked(ask) } });
    expect(says('model_unreasonable', beside(0.25))?.outcome).toBe('failed');
    expect(says('model_unreasonable', beside(0.3))?.outcome).toBe('notRun');
  });

  it('may stand nickels from parity', () => {
    const { slice, ...rest } = nickels({});
    if (slice === undefined) throw new Error('the fixture has a chain');
    const { strike } = option('put', 605);
    const puts = slice.puts.map((view) =>
      view.contract.strike === strike ? { ...view, quote: quote(5.8, 5.82) } : view,
    );
    expect(says('model_unreasonable', { ...rest, slice: { ...slice, puts } })?.outcome).toBe(
      'passed',
    );
    const inPennies = sliceWith('put', 605, { quote: quote(5.8, 5.82) });
    expect(says('model_unreasonable', riskInput({ slice: inPennies }))?.outcome).toBe('failed');
  });

  it('may be quoted nickels wide', () => {
    expect(says('price_collar', nickels({ quote: quote(0.4, 0.62) }))?.outcome).toBe('passed');
    expect(says('price_collar', nickels({ quote: quote(0.3, 0.72) }))?.outcome).toBe('failed');
  });
});

describe('the price collar', () => {
  const collar = (limit: number, change: Partial<RiskInput> = {}) => {
    const intent = condorIntent({ limit: price(limit), worst: price(limit) });
    return says('price_collar', riskInput({ intent, ...change }));
  };
  const { midPrice, naturalPrice, tolerancePrice } = collar(9_200)?.numbers ?? {};
  const farthest = Math.round(
    (2 * Number(midPrice) - Number(naturalPrice) + Number(tolerancePrice)) * 10_000,
  );

  it('ends as far beyond the market as before it', () => {
    expect(collar(farthest)?.outcome).toBe('passed');
    expect(collar(farthest + 100)?.outcome).toBe('failed');
  });

  it('is whole from the very open on', () => {
    const { session } = riskInput();
    const at = { market: session?.open ?? AT.market, wall: AT.wall };
    const early = { market: price(at.market - 1) as never, wall: AT.wall };
    expect(collar(9_200, { at })?.numbers['tolerancePrice']).toBe(tolerancePrice);
    expect(Number(collar(9_200, { at: early })?.numbers['tolerancePrice'])).toBeLessThan(
      Number(tolerancePrice),
    );
  });
});
