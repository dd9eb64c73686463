/** Orders in the trade's own words: legs, intents, exit plans, and the states an order can be in. */

import type { Instrument } from './instrument.ts';
import type { Cents, EpochMicros, Price } from './units.ts';

export type LegAction = 'buyToOpen' | 'sellToOpen' | 'buyToClose' | 'sellToClose';

/** The words of an order ticket, as users read them. */
export const LEG_ACTION_WORDS: Readonly<Record<LegAction, string>> = {
  buyToOpen: 'Buy to Open',
  sellToOpen: 'Sell to Open',
  buyToClose: 'Buy to Close',
  sellToClose: 'Sell to Close',
};

/** One leg of a structure. `ratio` contracts (or shares) are traded per unit of the order. */
export interface OrderLeg {
  readonly instrument: Instrument;
  readonly action: LegAction;
  readonly ratio: number;
}

/** +1 when the leg adds to what is held, -1 when it takes from it. */
export function legSign(action: LegAction): 1 | -1 {
  return action === 'buyToOpen' || action === 'buyToClose' ? 1 : -1;
}

/** True for an action that opens or increases. */
export function isOpening(action: LegAction): boolean {
  return action === 'buyToOpen' || action === 'sellToOpen';
}

export type StrategyName =
  | 'orb_long_call'
  | 'orb_long_put'
  | 'iron_condor_30_delta'
  | 'lotto_play_5_delta'
  | 'straddle_scan'
  | 'place_order';

/** Why an order exists. Only `open` may add exposure; all others close what is held. */
export type OrderPurpose = 'open' | 'close' | 'flatten' | 'exit' | 'protective';

/**
 * How a position is left. Present on every position from its first day; a plan always has a time
 * exit, and a stop wherever the loss is not already paid as premium.
 * Stops are debits to close one unit, per share (positive = what we pay to get out).
 */
export interface ExitPlan {
  /** Close the whole structure once one unit costs this much to close at natural (short premium),
   * or is worth no more than this (long premium). */
  readonly stop?: { readonly kind: 'debitAtOrAbove' | 'valueAtOrBelow'; readonly price: Price };
  /** Per-side stop of a condor: either vertical is closed once it alone costs this much. With
   * `breakeven` the side that is left, once the other was closed and it has cost no more than that, is
   * closed at the latest where the whole trade, fees so far included, comes out at nothing. */
  readonly sideStop?: { readonly debit: Price; readonly afterOther?: 'breakeven' };
  /** Take profit once one unit can be closed for no more than this debit (or sold for this value). */
  readonly target?: { readonly kind: 'debitAtOrBelow' | 'valueAtOrAbove'; readonly price: Price };
  /** Once the best gain of one unit, per share, has reached `afterGain`, close as soon as less than
   * `keepFraction` of that best gain is left. */
  readonly trail?: { readonly afterGain: Price; readonly keepFraction: number };
  /** Close once a one-minute bar of the underlying, later than the opening, closes beyond this. */
  readonly rangeExit?: { readonly closes: 'above' | 'below'; readonly level: Price };
  /** How long a broken stop must stay broken; absent = `fast`. */
  readonly confirmation?: 'fast' | 'patient';
  /** Close at market time, at the latest. Never later than the broker's flatten start. */
  readonly timeExitAt: EpochMicros;
  /** The loss, in cents for the whole position, that the stop plans for: from the worst price of the
   * opening, fees of both ways included; undefined = none planned. */
  readonly plannedLossCents?: Cents;
}

/** An order before and after it is sent: exact, immutable, canonical. */
export interface OrderIntent {
  /** Deterministic: session date and a counter; also the client order id at the broker. */
  readonly intentId: string;
  readonly purpose: OrderPurpose;
  /** `external`: an order that this engine did not give and has adopted. */
  readonly strategy: StrategyName | 'external';
  /** The position this order opens (its own intentId) or takes from. */
  readonly positionId: string;
  readonly legs: readonly OrderLeg[];
  /** Units of the structure. */
  readonly quantity: number;
  /** Signed net per share for one unit: credit positive, debit negative. */
  readonly limit: Price;
  /** The worst net that is acceptable on the market of the moment. The broker never sees less of an opening;
   * a close follows the market beyond it, for it has to get out. */
  readonly worst: Price;
  readonly exitPlan?: ExitPlan;
  /** Set on a stop order: it rests until the one leg's own price is at the trigger or beyond (a sale:
   * its bid at or below it), and trades at market then. Per share, positive. */
  readonly stopTrigger?: Price;
  /** The opening breakout this order trades, as `15:up`: each is taken once a day. */
  readonly breakoutKey?: string;
  readonly principal: string;
}

/**
 * The life of an order.
 * `recorded` journalled, not yet sent · `sending` POST under way · `unknown` outcome not proven: counts
 * as full exposure until evidence · `working` alive at the broker · the rest are final.
 * `absentPresumed` is the end of an UNKNOWN that the broker's complete history lacked twice, after a
 * settle window and in silence of the account stream. It is never sent again, and evidence to the
 * contrary still counts.
 */
export type OrderStatus =
  | 'recorded'
  | 'sending'
  | 'unknown'
  | 'working'
  | 'filled'
  | 'cancelled'
  | 'rejected'
  | 'expired'
  | 'denied'
  | 'absentPresumed';

export const FINAL_ORDER_STATUSES: ReadonlySet<OrderStatus> = new Set([
  'filled',
  'cancelled',
  'rejected',
  'expired',
  'denied',
  'absentPresumed',
]);

/** One execution of one leg. */
export interface Fill {
  /** Unique at the broker; a second fill with the same id is the same fill. */
  readonly fillId: string;
  readonly intentId: string;
  readonly instrument: Instrument;
  readonly action: LegAction;
  /** Contracts or shares, positive. */
  readonly quantity: number;
  /** Per share, positive. */
  readonly price: Price;
  readonly feesCents: Cents;
  readonly marketAt: EpochMicros;
}
