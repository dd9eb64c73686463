/** How positions end, as the faces see it: part of the door, version and units as engine-api.ts says. */

/** An exit plan in words. */
export interface ExitPlanView {
  readonly stop: string;
  readonly target: string | null;
  /** ISO market time at which the position is closed at the latest. */
  readonly timeExit: string;
  readonly plannedLossCents: number | null;
}

/** What expiry can do with one short strike. */
export interface PinView {
  readonly symbol: string;
  readonly right: 'call' | 'put';
  readonly strike: number;
  /** Dollars from the price to the strike, negative once it is in the money. */
  readonly distance: number;
  /** The same in standard deviations of what is left of the day. */
  readonly distanceInDeviations: number | null;
  readonly inTheMoney: boolean;
  readonly sharesIfAssigned: number;
  /** Cash that assignment brings (+) or takes (-). */
  readonly assignmentCents: number;
  /** Until the broker takes its last order in it; by the day's own deadline, which is sooner, everything is
   * to be closed. */
  readonly secondsToCutoff: number;
  /** The underlying trades without its dividend tomorrow: in the money it is exercised early. */
  readonly exDividend: boolean;
}
