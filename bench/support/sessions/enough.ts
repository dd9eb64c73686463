/** Whether a campaign saw enough of everything to mean something. */

import type { StrategyRequest } from '../../../src/desk/engine-api-requests.ts';
import { FAULT_KINDS } from '../../../src/desk/simulation/session-faults.ts';
import type { SessionTally } from '../../../src/desk/simulation/session-tally.ts';
import type { DenialCode } from '../../../src/engine/domain/verdict.ts';

/** Starts of the engine that a replay could be held against, and those of which the journal kept nothing. */
export interface Replays {
  readonly replayed: number;
  readonly notReplayed: number;
}

/** Per session, on average. */
const LEAST_INPUTS = 2_000;
const LEAST_PREVIEWS = 5;
const LEAST_FILLS = 1;
const LEAST_ORDERS = 3;
/** Campaigns of fewer sessions are not asked for what is rare. */
const RARE_FROM_SESSIONS = 30;
const EVERY_DENIAL_FROM_SESSIONS = 300;
const MET_FROM_SESSIONS = 800;
/** One that was asked for so many and came to fewer has proven too little. */
const LEAST_SESSIONS = EVERY_DENIAL_FROM_SESSIONS;
const LEAST_UNKNOWNS_PER_SESSION = 0.1;
const LEAST_FAULTS_PER_KIND = 0.1;
const LEAST_FAULT_KINDS = 3;

/** Refusals that every longer campaign must have provoked. */
export const DENIALS: readonly DenialCode[] = [
  'token_invalid',
  'token_expired',
  'not_authorized',
  'killed',
  'trading_state',
  'order_size',
  'max_trade_loss',
  'open_risk',
  'daily_loss',
  'portfolio_delta',
  'session_window',
  'entry_window',
  'argument_invalid',
  'delta_too_far',
  'leg_market_missing',
  'tick_or_quantity',
  'nothing_to_close',
  'not_found',
  'premium_budget',
  'undefined_risk',
  'instrument_not_allowed',
  'unsupported',
  'no_breakout',
  'price_collar',
  'self_match',
  'cool_down',
];

/** Refusals that are rarer, and that every long campaign must have provoked. */
export const RARE_DENIALS: readonly DenialCode[] = [
  'data_stale',
  'quote_crossed',
  'not_reconciled',
  'unknown_order_open',
  'second_source',
  'journal_failed',
  'price_bounds',
  'portfolio_gamma',
  // Tight limits alone provoke these.
  'portfolio_vega',
  'position_limit',
  'strategy_limit',
  'underlying_limit',
  'open_orders',
  'principal_limit',
];

/** Refusals by the gate that no campaign is asked for, since its sessions seldom or never provoke them, and the
 * test that does. */
export const DENIALS_ELSEWHERE: Readonly<Partial<Record<DenialCode, string>>> = {
  buying_power: 'test/risk/checks/account-limits.test.ts',
  principal_budget: 'test/risk/checks/account-limits.test.ts',
  shares_held: 'test/risk/checks/moment-limits.test.ts',
  strategy_mismatch: 'test/risk/checks/model-limits.test.ts',
  engine_stopping: 'test/desk/stopping.test.ts',
  duplicate_order: 'test/risk/checks/pace-limits.test.ts',
  feed_down: 'test/desk/account/governing.test.ts',
  feed_resync: 'test/risk/checks/model-limits.test.ts',
  leg_dispersion: 'test/risk/checks/model-limits.test.ts',
  model_unreasonable: 'test/risk/checks/model-limits.test.ts',
  reject_breaker: 'test/risk/checks/pace-limits.test.ts',
  order_rate: 'test/risk/checks/moment-limits.test.ts',
  orders_per_day: 'test/risk/checks/moment-limits.test.ts',
  repeated_execution: 'test/risk/checks/pace-limits.test.ts',
};

/** Per session, on average. */
const LEAST_BY_HAND = 0.02;
const BY_HAND = ['opened', 'closed', 'replaced'];

/** Situations that faults and traders aim at; every longer campaign must have met each. */
const MET = [
  'brokenBesideBareWing',
  'brokenAgainAfterDoubt',
  'stopBesideRest',
  'longOfEndedSide',
  'targetFilled',
  'killedWhileConnecting',
  'killedDuringReplace',
  'wayOutWaitsForTurn',
  'liquidated',
  'amendment refused',
  'flattenedPastDisk',
  'closedElsewhere',
  'cancelledElsewhere',
  'movedElsewhere',
  'openedElsewhere',
  'flatten beside opening',
  'leave beside opening',
  'flatten beside close',
  'leave beside close',
  'alertTold spot',
  'alertTold short_delta',
  'alertTold pnl',
  'alertTold straddle',
  'alertTold minutes_to_cutoff',
  'alertToldAgain',
  'alertCleared',
  'alertOverCrash',
  'transferred',
  'adopted',
  'refusedAfterRaise',
  'saidSooner',
  'saidSooner beside held',
  'turn sent',
  'turn ready',
  'turn refused',
  'turn missed',
  'turn skipped by event',
  'turn skipped by cool-down',
  'turn skipped out of session',
  'crash between preview and send',
  'grant without a session',
  'granted twice',
  'revoked with turns left',
  'budget spent',
];

/** Alerts that are rare, and that every longer campaign must have told. */
const ALERTS = [
  'BROKEN_RATIO',
  'CHAIN_MISSING',
  'CLOSE_REJECTED',
  'CLOSE_UNPROVEN',
  'DELTA_CAP',
  'EXIT_REFUSED',
  'EX_DIVIDEND_CALL',
  'FLATTEN_INCOMPLETE',
  'JOURNAL_FAILED',
  'JOURNAL_STALLED',
  'LEG_UNMARKABLE',
  'LIMIT_RAISE_ENDED',
  'LIMIT_REFUSED',
  'OPEN_PAST_DEADLINE',
  'ORDER_ABSENT',
  'ORDER_MOVED',
  'PIN_RISK',
  'REJECT_BREAKER',
  'STREAM_MISSED',
  'UNPROTECTED_AT_STOP',
];

const STRATEGIES: readonly StrategyRequest['strategy'][] = [
  'orb_long_call',
  'orb_long_put',
  'iron_condor_30_delta',
  'lotto_play_5_delta',
  'straddle_scan',
];

/** What one session lacks. */
export function lacksOfSession(tally: SessionTally): readonly string[] {
  const kinds = Object.keys(tally.faults).length;
  const lacks: string[] = [];
  if (tally.inputs < LEAST_INPUTS) lacks.push(`${tally.inputs} inputs`);
  if (tally.previews < LEAST_PREVIEWS) lacks.push(`${tally.previews} previews`);
  if (tally.fills < LEAST_FILLS) lacks.push(`${tally.fills} fills`);
  if (kinds < LEAST_FAULT_KINDS) lacks.push(`${kinds} kinds of fault`);
  return lacks.map((lack) => `only ${lack}`);
}

/** What the whole campaign lacks. */
export function lacksOfCampaign(
  sum: SessionTally,
  sessions: number,
  distinctTraces: number,
): readonly string[] {
  const lacks: string[] = [];
  if (distinctTraces < sessions) lacks.push(`only ${distinctTraces} distinct traces`);
  if (sum.orders < LEAST_ORDERS * sessions) lacks.push(`only ${sum.orders} orders`);
  if (sessions < RARE_FROM_SESSIONS) return lacks;
  if (sum.unknowns < LEAST_UNKNOWNS_PER_SESSION * sessions) {
    lacks.push(`only ${sum.unknowns} orders of unknown outcome`);
  }
  for (const kind of FAULT_KINDS) {
    const times = sum.faults[kind] ?? 0;
    if (times < LEAST_FAULTS_PER_KIND * sessions) lacks.push(`only ${times} times ${kind}`);
  }
  if (sessions < EVERY_DENIAL_FROM_SESSIONS) return lacks;
  for (const what of BY_HAND) {
    const times = sum.byHand[what] ?? 0;
    if (times < LEAST_BY_HAND * sessions) lacks.push(`only ${times} times ${what} by hand`);
  }
  for (const code of DENIALS) {
    if ((sum.denials[code] ?? 0) === 0) lacks.push(`no denial ${code}`);
  }
  for (const strategy of STRATEGIES) {
    if ((sum.strategies[strategy] ?? 0) === 0) lacks.push(`no preview of ${strategy}`);
  }
  if (sessions < MET_FROM_SESSIONS) return lacks;
  for (const code of RARE_DENIALS) {
    if ((sum.denials[code] ?? 0) === 0) lacks.push(`no denial ${code}`);
  }
  for (const code of ALERTS) {
    if ((sum.alerts[code] ?? 0) === 0) lacks.push(`no alert ${code}`);
  }
  for (const what of MET) {
    if ((sum.met[what] ?? 0) === 0) lacks.push(`never met: ${what}`);
  }
  return lacks;
}

/** What a campaign lacks of the sessions that it was asked for, where its time was too short for what is rare. */
export function lacksOfTime(asked: number, sessions: number): readonly string[] {
  if (asked < LEAST_SESSIONS || sessions >= LEAST_SESSIONS) return [];
  return [
    `only ${sessions} of ${asked} sessions came in the time: ${LEAST_SESSIONS} are the least`,
  ];
}

/** What is not asked of a campaign that was meant to be long. */
export function notAskedOf(asked: number, sessions: number): readonly string[] {
  if (asked < MET_FROM_SESSIONS || sessions >= MET_FROM_SESSIONS) return [];
  return [`of ${sessions} sessions what is rare is not asked: that takes ${MET_FROM_SESSIONS}`];
}

/** Of the starts of the engine in sessions that run twice, fewer than half were held against a replay. */
export function lacksOfReplays({ replayed, notReplayed }: Replays): readonly string[] {
  if (replayed >= notReplayed) return [];
  return [`only ${replayed} of ${replayed + notReplayed} starts were replayed`];
}
