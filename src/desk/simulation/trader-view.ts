/** What the faces of a simulated session show its trader. */

import type { At } from '../../engine/domain/clock.ts';
import type { Price, SessionDate } from '../../engine/domain/units.ts';
import { dollarsFromPrice, MICROS_PER_MINUTE } from '../../engine/domain/units.ts';
import type { StructurePosition } from '../../engine/portfolio/portfolio-book.ts';
import type { DeskContext } from '../desk-context.ts';
import { quoteOf } from '../desk-context.ts';
import type { SessionTally } from './session-tally.ts';

/** What the trader can see of the engine. */
export interface TraderView {
  readonly at: At;
  /** Minutes after the open. */
  readonly minutes: number;
  readonly spotDollars: number;
  readonly positionIds: readonly string[];
  readonly liveOrderIds: readonly string[];
  readonly expiry: SessionDate;
  readonly midOf: (symbol: string) => number | undefined;
  readonly positions: () => readonly StructurePosition[];
  /** Openings that work, at their limits. */
  readonly openings: () => readonly { readonly orderId: string; readonly limit: Price }[];
  /** Nothing opens until a person has looked and re-armed. */
  readonly isHeld: boolean;
  /** The operator was paged that the journal takes no record, not even of a way out. */
  readonly isUnrecorded: boolean;
  /** The books agree, as the engine says. */
  readonly isReconciled: boolean;
  /** The market shows few contracts. */
  readonly isThin: boolean;
  /** True while the day still lacks a fill: the trader then asks often and confirms at once. */
  readonly isEager: boolean;
}

/** Without a fill or with few previews the trader tries harder from here on. */
const EAGER_AFTER_MINUTES = 30;
const LEAST_PREVIEWS = 6;

/** The engine as the trader sees it now. */
export function traderView(
  desk: DeskContext,
  at: At,
  world: {
    readonly spotDollars: number;
    readonly isThin: boolean;
    readonly tally: SessionTally;
  },
): TraderView {
  const { book, orders, day } = desk;
  const { fills, previews } = world.tally;
  const minutes = (at.market - day.session.open) / MICROS_PER_MINUTE;
  return {
    at,
    minutes,
    spotDollars: world.spotDollars,
    isThin: world.isThin,
    positionIds: book.structures().map(({ positionId }) => positionId),
    expiry: day.session.date,
    midOf: (symbol) => {
      const { bid, ask } = quoteOf(desk, symbol) ?? {};
      if (bid === undefined || ask === undefined) return undefined;
      return (dollarsFromPrice(bid) + dollarsFromPrice(ask)) / 2;
    },
    positions: () => book.structures(),
    openings: () => {
      const working = orders
        .live()
        .filter(({ status, intent }) => status === 'working' && intent.purpose === 'open');
      return working.map(({ intent, limit }) => ({ orderId: intent.intentId, limit }));
    },
    liveOrderIds: orders.live().map(({ intent }) => intent.intentId),
    isReconciled: day.reconciled,
    isUnrecorded: day.reserveExhausted || day.journalStalled,
    isHeld: day.killed || day.status.causes.includes('rejectBreaker'),
    isEager: minutes > EAGER_AFTER_MINUTES && (fills === 0 || previews < LEAST_PREVIEWS),
  };
}
