/** Runs a strategy on one consistent picture of the market and the day so far. */

import type { MarketView } from '../../engine/domain/market.ts';
import type { Outcome } from '../../engine/domain/verdict.ts';
import { deny } from '../../engine/domain/verdict.ts';
import { ironCondor } from '../../strategies/iron-condor.ts';
import { longStraddle } from '../../strategies/long-straddle.ts';
import { lotto } from '../../strategies/lotto.ts';
import { ORB_DEFAULTS, orbLongCall, orbLongPut } from '../../strategies/orb.ts';
import type { Proposal, StrategyDay } from '../../strategies/strategy.ts';
import { lottoSpent } from '../account/lotto-spent.ts';
import { exitSettingsOf } from '../desk-config.ts';
import type { DeskContext } from '../desk-context.ts';
import { sliceOf } from '../desk-context.ts';
import type { StrategyRequest } from '../engine-api-requests.ts';

function dayOf(desk: DeskContext): StrategyDay {
  return {
    openingCutoffAt: desk.day.schedule.openingCutoffAt,
    flattenStartAt: desk.day.schedule.flattenStartAt,
    get lottoSpentCents() {
      return lottoSpent(desk);
    },
    lottoBudgetCents: desk.config.limits.lottoBudgetCents,
    exits: exitSettingsOf(desk.config),
    breakoutsTaken: desk.day.breakoutsTaken,
  };
}

type RequestOf<K> = StrategyRequest & { readonly strategy: K };
type Strategy<K> = (view: MarketView, request: RequestOf<K>, day: StrategyDay) => Outcome<Proposal>;

/** Every strategy that can be asked for, by its name in a request. */
export const STRATEGIES: {
  readonly [K in StrategyRequest['strategy']]: Strategy<K>;
} = {
  orb_long_call: (view, request, day) => orbLongCall(view, orbParams(request), day),
  orb_long_put: (view, request, day) => orbLongPut(view, orbParams(request), day),
  iron_condor_30_delta: ironCondor,
  lotto_play_5_delta: lotto,
  straddle_scan: longStraddle,
};

/** The market at this step; nothing without an open chain. */
export function marketView(desk: DeskContext): MarketView | undefined {
  const slice = sliceOf(desk);
  if (slice === undefined || !desk.day.chainOpen) return undefined;
  return { at: desk.at, slice, bars: desk.bars.bars() };
}

/** Asks the strategy for an order: a proposal, or its named reason why not. */
export function propose(desk: DeskContext, request: StrategyRequest): Outcome<Proposal> {
  const view = marketView(desk);
  if (view === undefined) {
    const message =
      'there is no open 0DTE chain now; market_status says when the next session opens';
    return deny('session_window', message, { session: desk.day.session.date });
  }
  const day = dayOf(desk);
  return run(request.strategy, request, view);

  function run<K extends StrategyRequest['strategy']>(
    name: K,
    asked: RequestOf<K>,
    seen: MarketView,
  ) {
    return STRATEGIES[name](seen, asked, day);
  }
}

type OrbRequest = Extract<StrategyRequest, { strikeDelta: number }>;

function orbParams(request: OrbRequest) {
  const { strikeDelta, rangeMinutes, quantity, allowReentry = ORB_DEFAULTS.allowReentry } = request;
  return { ...ORB_DEFAULTS, strikeDelta, rangeMinutes, quantity, allowReentry };
}
