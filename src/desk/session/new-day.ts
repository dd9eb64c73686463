/** The state of a desk's day before anything has happened in it. */

import type { At } from '../../engine/domain/clock.ts';
import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import { epochMicros } from '../../engine/domain/units.ts';
import { CALM } from '../../risk/daily-loss-governor.ts';
import { ACTIVE } from '../../risk/trading-state.ts';
import type { DaySchedule, DeskDay } from '../desk-context.ts';

/** What the feed is called before its first connection. */
export const NOT_CONNECTED_YET = 'not connected yet';

/** Nothing is known of the underlying. */
function noPrices(): Pick<DeskDay, 'lastSpot' | 'closes' | 'marks' | 'markKeptOn'> {
  return { lastSpot: undefined, closes: new Map(), marks: new Map(), markKeptOn: undefined };
}

/** A day that begins now. */
export function newDay(session: SessionTimes, schedule: DaySchedule, at: At): DeskDay {
  return {
    session,
    ownSchedule: schedule,
    schedule,
    brokerSaid: undefined,
    brokerRules: undefined,
    chainOpen: false,
    sealed: false,
    begunAt: at.wall,
    expiredSince: undefined,
    listedAt: undefined,
    chainMissedSince: undefined,
    listingFault: undefined,
    status: ACTIVE,
    governor: CALM,
    calmSince: new Map(),
    unmarkableTold: new Set(),
    flattening: new Map(),
    flattenUntold: false,
    askedCloses: new Map(),
    protections: new Map(),
    toldOnce: new Set(),
    sharesSeen: new Map(),
    durableSeq: 0,
    bests: new Map(),
    goneAt: new Map(),
    flattenAgainAt: undefined,
    killed: false,
    killReason: undefined,
    killedAt: undefined,
    rearmedAt: undefined,
    rearmedSeq: 0,
    startedAt: at.wall,
    feedConnected: false,
    feedSince: undefined,
    feedDetail: NOT_CONNECTED_YET,
    feedLateMillis: 0,
    feedBehindMillis: 0,
    feedAheadMillis: 0,
    quoteNews: { market: epochMicros(0), wall: epochMicros(0) },
    ...noPrices(),
    listingAgainAt: at.market,
    listingCut: false,
    journalHealthy: true,
    reserveExhausted: false,
    journalWait: undefined,
    journalStalled: false,
    consoleFlattens: new Set(),
    reconciled: false,
    unexplainedCash: undefined,
    stream: { connected: undefined, detail: 'not heard yet', since: at },
    uneven: new Map(),
    takenFrom: new Map(),
    othersFills: new Map(),
    stopping: false,
    breakoutsTaken: [],
    replacements: { waiting: new Map(), unsent: new Map() },
    undeliveredAlerts: 0,
    recentOrders: [],
  };
}
