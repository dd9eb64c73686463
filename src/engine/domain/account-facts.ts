/**
 * What may be read of a broker account, version 1: every question with what it asks and what it comes
 * to. Plain data, shared by the account reader's port, the door and the faces. Money in cents, prices
 * in dollars per share (signed nets: credit positive), quantities signed where they are held, times as
 * ISO text; a number that the broker left out is null, never 0.
 */

/** Who said it. */
export type ReadSource = 'paper' | 'tastytrade' | 'alpaca' | 'simulator' | 'home';

export interface AccountRow {
  readonly accountId: string;
  readonly nickname: string | null;
  /** As the broker names it: `Margin`, `Cash`, `Paper`. */
  readonly type: string | null;
  readonly optionsLevel: string | null;
  readonly status: string | null;
  /** True for the account that this engine trades. */
  readonly isTraded: boolean;
}

export interface BalancesRow {
  readonly netLiquidatingValueCents: number | null;
  readonly cashCents: number | null;
  /** What options may be bought or margined with. */
  readonly optionBuyingPowerCents: number | null;
  readonly equityBuyingPowerCents: number | null;
  readonly maintenanceMarginCents: number | null;
  /** Net liquidating value when the day began, where the broker tells it. */
  readonly startOfDayCents: number | null;
  readonly pendingCashCents: number | null;
}

/** One instrument held, net over the account. */
export interface PositionRow {
  /** OCC form of 21 characters, or the ticker. */
  readonly symbol: string;
  readonly kind: 'option' | 'shares' | 'other';
  readonly underlying: string;
  /** Contracts or shares, signed. */
  readonly quantity: number;
  readonly averagePrice: number | null;
  /** What the broker marks it at. */
  readonly markPrice: number | null;
  readonly marketValueCents: number | null;
  readonly realizedTodayCents: number | null;
}

export interface TransactionRow {
  readonly id: string;
  readonly at: string;
  readonly type: 'trade' | 'settlement' | 'fee' | 'money' | 'other';
  /** The broker's own word for it. */
  readonly detail: string | null;
  readonly symbol: string | null;
  /** As on an order ticket: "Sell to Open"; null where nothing was traded. */
  readonly action: string | null;
  readonly quantity: number | null;
  readonly price: number | null;
  readonly feesCents: number | null;
  /** What it did to the cash, after fees. */
  readonly netCents: number | null;
  readonly orderId: string | null;
}

export interface NetLiqPoint {
  readonly at: string;
  readonly netLiquidatingValueCents: number;
}

export interface OrderRow {
  /** The broker's id. */
  readonly orderId: string;
  /** Our own id of the order, where this engine gave it. */
  readonly clientOrderId: string | null;
  readonly status:
    | 'pending'
    | 'working'
    | 'partiallyFilled'
    | 'filled'
    | 'cancelled'
    | 'rejected'
    | 'expired'
    | 'unknown';
  readonly legs: readonly OrderRowLeg[];
  /** Units of the structure. */
  readonly quantity: number;
  readonly filledQuantity: number;
  /** Signed net per share, credit positive; null for a market order. */
  readonly limitPrice: number | null;
  readonly averageFillPrice: number | null;
  readonly createdAt: string | null;
  readonly updatedAt: string | null;
  /** The broker's words where it refused or ended the order. */
  readonly reason: string | null;
}

export interface OrderRowLeg {
  readonly symbol: string;
  readonly action: string;
  /** Contracts or shares for the whole order. */
  readonly quantity: number;
  readonly filledQuantity: number | null;
}

export interface QuoteRow {
  readonly symbol: string;
  readonly bid: number | null;
  readonly ask: number | null;
  readonly bidSize: number | null;
  readonly askSize: number | null;
  readonly last: number | null;
  readonly previousClose: number | null;
  readonly volume: number | null;
  /** When the broker last changed it. */
  readonly at: string | null;
}

/** Volatilities are annual fractions (0.18 is 18 %), rank and percentile 0 to 1. */
export interface MetricsRow {
  readonly symbol: string;
  readonly ivIndex: number | null;
  readonly ivRank: number | null;
  readonly ivPercentile: number | null;
  readonly iv30Day: number | null;
  readonly hv30Day: number | null;
  readonly hv60Day: number | null;
  readonly hv90Day: number | null;
  readonly beta: number | null;
  /** 1 (poor) to 5, in the broker's reckoning. */
  readonly liquidityRating: number | null;
  readonly earningsDate: string | null;
}

export interface SymbolRow {
  readonly symbol: string;
  readonly description: string | null;
  readonly type: string | null;
  readonly hasOptions: boolean | null;
}

export interface WatchlistRow {
  readonly name: string;
  readonly kind: 'private' | 'public';
  readonly symbols: readonly string[];
}

/** What a broker says of a day and of the options that expire on it. What it did not say is null. */
export interface MarketRules {
  readonly session: 'full' | 'half' | 'closed' | null;
  /** Of the underlying, ISO text. */
  readonly opensAt: string | null;
  readonly closesAt: string | null;
  /** Of one of the day's options, ISO text. */
  readonly stopsTradingAt: string | null;
  /** Price steps of one option in dollars: each holds below its price, the last for the rest. */
  readonly ticks: readonly { readonly below: number | null; readonly step: number }[] | null;
  readonly isClosingOnly: boolean | null;
}

/** From and to as `YYYY-MM-DD` of New York, both inclusive. */
export interface DateRange {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly limit: number;
}

/** How far a history goes back: days, weeks, months, a year. */
export type TimeBack = '1d' | '1w' | '1m' | '3m' | '6m' | '1y' | 'all';

/** Every question of the port: what it asks with, and what a reading of it comes to. */
export interface AccountReads {
  accounts: { ask: object; value: { readonly accounts: readonly AccountRow[] } };
  balances: { ask: object; value: BalancesRow };
  positions: { ask: object; value: { readonly positions: readonly PositionRow[] } };
  /** Newest first. */
  transactions: { ask: DateRange; value: { readonly transactions: readonly TransactionRow[] } };
  /** Oldest first. */
  netLiqHistory: {
    ask: { readonly back: TimeBack };
    value: { readonly points: readonly NetLiqPoint[] };
  };
  /** Orders in any state, newest first. */
  orderHistory: { ask: DateRange; value: { readonly orders: readonly OrderRow[] } };
  /** Orders that the broker has not ended. */
  liveOrders: { ask: object; value: { readonly orders: readonly OrderRow[] } };
  /** At most 100 symbols: tickers, or options in OCC form. A symbol the broker does not know is
   * left out of the rows. */
  quotes: {
    ask: { readonly symbols: readonly string[] };
    value: { readonly quotes: readonly QuoteRow[] };
  };
  /** Of tickers. */
  metrics: {
    ask: { readonly symbols: readonly string[] };
    value: { readonly metrics: readonly MetricsRow[] };
  };
  symbols: {
    ask: { readonly text: string; readonly limit: number };
    value: { readonly symbols: readonly SymbolRow[] };
  };
  /** Of a date (`YYYY-MM-DD`); `contract` is one of its options in OCC form, where one is known. */
  marketRules: {
    ask: {
      readonly underlying: string;
      readonly date: string;
      readonly contract?: string | undefined;
    };
    value: MarketRules;
  };
  /** Private ones, or the broker's public ones; one of a name where given. */
  watchlists: {
    ask: { readonly kind: 'private' | 'public'; readonly name?: string | undefined };
    value: { readonly watchlists: readonly WatchlistRow[] };
  };
  /** Makes a private watchlist or replaces its symbols whole; answers with it as it stands. */
  writeWatchlist: {
    ask: { readonly name: string; readonly symbols: readonly string[] };
    value: { readonly watchlist: WatchlistRow };
  };
  deleteWatchlist: { ask: { readonly name: string }; value: { readonly deleted: string } };
}

export type ReadKind = keyof AccountReads;
export type AskOf<K extends ReadKind> = AccountReads[K]['ask'];
export type ValueOf<K extends ReadKind> = AccountReads[K]['value'];
