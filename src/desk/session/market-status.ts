/** Where the session stands. */
import type { ChainSlice } from '../../engine/domain/market.ts';
import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import { auctionEnd, newYorkText, nextSessionDate } from '../../engine/domain/session-calendar.ts';
import { underlyingOf } from '../../engine/domain/underlying.ts';
import type { EpochMicros, Price } from '../../engine/domain/units.ts';
import {
  addMicros,
  dollarsFromPrice,
  epochMicros,
  MICROS_PER_MINUTE,
  price,
} from '../../engine/domain/units.ts';
import { ORB_DEFAULTS } from '../../strategies/orb.ts';
import type { MarketPhase, MarketStatusView } from '../engine-api-health.ts';
import { isoNewYork } from '../iso-time.ts';
import type { CoreStatus } from '../threads/core-protocol.ts';
import { sessionFor } from './session-clock.ts';

/** What the status is told from. */
export interface MarketFacts {
  readonly market: EpochMicros;
  readonly slice: ChainSlice | undefined;
  readonly status: Pick<CoreStatus, 'schedule' | 'brokerRules'> | undefined;
  readonly underlying: string;
  readonly simulated: boolean;
  /** Mid of the underlying two seconds ago. */
  readonly spotBefore: Price | undefined;
  /** Mean |difference| of our deltas and the feed's own. */
  readonly feedDeltaGap: number | undefined;
}

/** The life of a session. Each part begins where the one before ends; one may be empty, as `afterMark` is
 * where options trade no longer than to their mark. */
function phaseOf(
  market: EpochMicros,
  session: SessionTimes,
  openingCutoffAt: EpochMicros,
): MarketPhase {
  const { open, exerciseMark, lastTrade } = session;
  if (market >= lastTrade) return 'closed';
  if (market >= exerciseMark) return 'afterMark';
  if (market < open) return 'pre';
  if (market < auctionEnd(session)) return 'auction';
  if (market >= openingCutoffAt) return 'pastCutoff';
  const rangeEnds = addMicros(open, ORB_DEFAULTS.rangeMinutes * MICROS_PER_MINUTE);
  return market < rangeEnds ? 'openingRange' : 'open';
}

function moveOf(spot: Price | undefined, before: Price | undefined): number | null {
  if (spot === undefined || before === undefined) return null;
  return dollarsFromPrice(price(spot - before));
}

/** The session that market time belongs to, with every instant that matters. */
export function marketStatusOf(facts: MarketFacts): MarketStatusView {
  const { market, slice, status, underlying, simulated } = facts;
  const session = sessionFor(market, underlyingOf(underlying));
  const schedule = status?.schedule;
  const cutoffAt = epochMicros(schedule?.openingCutoffAt ?? session.exerciseMark);
  const iso = (at: number | undefined): string => isoNewYork(epochMicros(at ?? session.lastTrade));
  return {
    session: session.date,
    kind: session.kind,
    phase: phaseOf(market, session, cutoffAt),
    timeNewYork: newYorkText(market),
    opensAt: isoNewYork(session.open),
    exerciseMarkAt: isoNewYork(session.exerciseMark),
    lastTradeAt: isoNewYork(session.lastTrade),
    minutesToLastTrade: Math.max(0, (session.lastTrade - market) / MICROS_PER_MINUTE),
    openingCutoffAt: iso(schedule?.openingCutoffAt),
    flattenStartAt: iso(schedule?.flattenStartAt),
    brokerRules: status?.brokerRules ?? null,
    nextSession: nextSessionDate(session.date),
    underlying,
    spot: slice?.spot === undefined ? null : dollarsFromPrice(slice.spot),
    atmVol: slice?.atmVol ?? null,
    expectedMove: slice?.expectedMove ?? null,
    spotMove2s: moveOf(slice?.spot, facts.spotBefore),
    feedDeltaGap: facts.feedDeltaGap ?? null,
    contracts: slice === undefined ? 0 : slice.calls.length + slice.puts.length,
    simulated,
  };
}
