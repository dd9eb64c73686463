/** "No" as a value: the closed set of denial codes, and the verdict of the risk gate. */

export type DenialCode =
  // the order itself
  | 'undefined_risk'
  | 'order_size'
  | 'max_trade_loss'
  | 'price_collar'
  | 'price_bounds'
  | 'instrument_not_allowed'
  | 'tick_or_quantity'
  | 'leg_market_missing'
  | 'strategy_mismatch'
  // the account
  | 'open_risk'
  | 'daily_loss'
  | 'portfolio_delta'
  | 'buying_power'
  | 'position_limit'
  | 'shares_held'
  | 'unknown_order_open'
  | 'portfolio_gamma'
  | 'portfolio_vega'
  | 'strategy_limit'
  | 'underlying_limit'
  | 'open_orders'
  | 'self_match'
  | 'principal_limit'
  | 'principal_budget'
  | 'premium_budget'
  | 'second_source'
  // the moment
  | 'session_window'
  | 'data_stale'
  | 'quote_crossed'
  | 'trading_state'
  | 'killed'
  | 'duplicate_order'
  | 'order_rate'
  | 'orders_per_day'
  | 'repeated_execution'
  | 'reject_breaker'
  | 'cool_down'
  | 'leg_dispersion'
  | 'model_unreasonable'
  | 'feed_resync'
  | 'feed_down'
  | 'journal_failed'
  | 'not_reconciled'
  // the token
  | 'token_invalid'
  | 'token_expired'
  | 'token_used'
  | 'reprice_required'
  // the strategy's conditions
  | 'no_breakout'
  | 'breakout_stale'
  | 'breakout_failed'
  | 'range_incomplete'
  | 'entry_window'
  | 'strike_not_found'
  | 'delta_too_far'
  | 'credit_too_small'
  | 'no_candidate'
  // use
  | 'argument_invalid'
  | 'not_found'
  | 'nothing_to_close'
  | 'not_authorized'
  | 'unsupported'
  | 'read_failed'
  | 'engine_stopping'
  | 'engine_busy';

/** A refusal by us: a code, one plain sentence that ends with what to do next, and its numbers. */
export interface Denial {
  readonly code: DenialCode;
  readonly message: string;
  readonly numbers: Readonly<Record<string, number | string | boolean>>;
}

/** A refusal or a value. Narrow with `'denied' in result`. */
export type Outcome<T> = T | { readonly denied: Denial };

/** Builds a refusal. */
export function deny(
  code: DenialCode,
  message: string,
  numbers: Denial['numbers'] = {},
): { readonly denied: Denial } {
  return { denied: { code, message, numbers } };
}

export type CheckOutcome = 'passed' | 'failed' | 'notRun';

/** What one check of the risk gate said, with the numbers it judged by. `code` is the denial it
 * would refuse with. A check that could not run (input missing or too old) refuses an opening. */
export interface CheckResult {
  readonly code: DenialCode;
  readonly outcome: CheckOutcome;
  readonly message: string;
  readonly numbers: Denial['numbers'];
}

/** The risk gate's answer: every check, in order; `denial` is the first that refuses. */
export interface Verdict {
  readonly approved: boolean;
  readonly checks: readonly CheckResult[];
  readonly denial?: Denial;
  readonly limitsVersion: string;
}
