/**
 * What this engine can trade the same-day options of: one row an underlying, and everything that
 * differs between them stands here. Sources: the contract specifications of Cboe (SPX, SPXW, XSP),
 * OCC's penny interval programme (SPY, QQQ, IWM), and brokers' listings.
 */
import type { TickGrid } from './tick-grid.ts';
import { NICKEL_DIME_GRID, NICKEL_GRID, PENNY_GRID } from './tick-grid.ts';
import { CONTRACT_MULTIPLIER } from './units.ts';

/** Every underlying there is a row for. SPY is the default. */
export const UNDERLYINGS = ['SPY', 'XSP', 'SPX', 'QQQ', 'IWM'] as const;
export type UnderlyingSymbol = (typeof UNDERLYINGS)[number];

/** One underlying and its same-day options. Immutable. */
export interface UnderlyingSpec {
  /** The ticker: in the feed, in the broker's lists, and of the shares that exercise leaves. */
  readonly symbol: UnderlyingSymbol;
  /** What it is, for people. */
  readonly title: string;
  /** OCC root of the options that expire on their last trade's day, settled by its close. The
   * monthlies of SPX settle by the opening (AM): their root is SPX, and they are never traded here. */
  readonly optionRoot: string;
  /** Shares, or units of the index, behind one contract. */
  readonly multiplier: number;
  /** Price steps of one option alone, and of the net of several legs. */
  readonly ticks: { readonly single: TickGrid; readonly net: TickGrid };
  /** In the money at expiry: shares change hands at the strike, or its worth is paid in cash. */
  readonly settlement: 'physical' | 'cash';
  /** Whether a holder may exercise before expiry. */
  readonly exercise: 'american' | 'european';
  /** Minutes that the options trade on after the exercise mark: 15 for broad ETFs; none where the
   * mark settles them. */
  readonly minutesAfterMark: number;
  /** Dollars between the strikes of a same-day listing near the money. */
  readonly strikeSpacing: number;
  /** For so long its price stands while its options are quoted. A fund's quote changes many times a
   * second and counts by its own age; the level of an index is printed at a pace of its own. */
  readonly quietSpotMillis: number;
}

const PENNY_CLASS = { single: PENNY_GRID, net: PENNY_GRID } as const;

/** A broad ETF's options: American, settled in shares, quoted in cents, open until 16:15. */
const ETF_OPTIONS = {
  multiplier: CONTRACT_MULTIPLIER,
  ticks: PENNY_CLASS,
  settlement: 'physical',
  exercise: 'american',
  minutesAfterMark: 15,
  strikeSpacing: 1,
  quietSpotMillis: 0,
} as const;

/** A cash index's PM-settled options: European, and their last trade is the settling close. */
const INDEX_OPTIONS = {
  multiplier: CONTRACT_MULTIPLIER,
  settlement: 'cash',
  exercise: 'european',
  minutesAfterMark: 0,
  quietSpotMillis: 15_000,
} as const;

const SPECS: Readonly<Record<UnderlyingSymbol, UnderlyingSpec>> = {
  SPY: { symbol: 'SPY', title: 'S&P 500 fund', optionRoot: 'SPY', ...ETF_OPTIONS },
  XSP: {
    symbol: 'XSP',
    title: 'S&P 500 index, one tenth',
    optionRoot: 'XSP',
    ...INDEX_OPTIONS,
    ticks: PENNY_CLASS,
    strikeSpacing: 1,
  },
  SPX: {
    symbol: 'SPX',
    title: 'S&P 500 index',
    optionRoot: 'SPXW',
    ...INDEX_OPTIONS,
    ticks: { single: NICKEL_DIME_GRID, net: NICKEL_GRID },
    strikeSpacing: 5,
  },
  QQQ: { symbol: 'QQQ', title: 'Nasdaq-100 fund', optionRoot: 'QQQ', ...ETF_OPTIONS },
  IWM: { symbol: 'IWM', title: 'Russell 2000 fund', optionRoot: 'IWM', ...ETF_OPTIONS },
};

/** The row of an underlying by its ticker; undefined for what this engine cannot trade. */
export function findUnderlying(symbol: string): UnderlyingSpec | undefined {
  const known = UNDERLYINGS.find((each) => each === symbol);
  return known === undefined ? undefined : SPECS[known];
}

/** The row of an underlying by its ticker. Throws RangeError for one without a row. */
export function underlyingOf(symbol: string): UnderlyingSpec {
  const spec = findUnderlying(symbol);
  if (spec !== undefined) return spec;
  throw new RangeError(`no underlying ${symbol}; there are ${UNDERLYINGS.join(', ')}`);
}

const BY_ROOT: ReadonlyMap<string, UnderlyingSpec> = new Map(
  Object.values(SPECS).map((spec) => [spec.optionRoot, spec]),
);

/** The row behind an OCC root; undefined for a class that this engine does not trade. */
export function underlyingOfRoot(optionRoot: string): UnderlyingSpec | undefined {
  return BY_ROOT.get(optionRoot);
}
