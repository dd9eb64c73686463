/** The plan and the trader's alerts, as the engine's door tells them. Plain values. */

/** One turn of the plan. `waiting`: its time has not come, or the day's chain has not. `detail`: why, and of
 * what waits, what is to be known before. */
export interface PlanSlotView {
  readonly slotId: string;
  /** New York, HH:MM. */
  readonly time: string;
  readonly strategy: string;
  readonly sends: boolean;
  readonly outcome: 'waiting' | 'ready' | 'sent' | 'refused' | 'skipped' | 'missed';
  readonly detail: string;
  readonly previewId: string | null;
  readonly orderId: string | null;
}

export interface PlanView {
  /** First digits of the sheet's SHA-256; null where no sheet is set. */
  readonly sheet: string | null;
  /** The last date that the event file knows about. */
  readonly eventsUntil: string | null;
  /** The operator's leave to send today. */
  readonly grant: {
    readonly by: string;
    readonly budgetCents: number;
    readonly spentCents: number;
    readonly leftCents: number;
  } | null;
  /** Why nothing of it is sent now; null where it may send, or no sheet is set. */
  readonly held: string | null;
  readonly slots: readonly PlanSlotView[];
}

/** What an alert looks at: the underlying in dollars · the largest delta of a short option, in points
 * · P&L in dollars · the at-the-money straddle in percent of the forecast move · minutes until
 * openings end. */
export type AlertSubject = 'spot' | 'short_delta' | 'pnl' | 'straddle' | 'minutes_to_cutoff';

/** What a trader asks to hear of. */
export interface AlertRequest {
  readonly on: AlertSubject;
  readonly direction: 'above' | 'below';
  /** In the unit of `on`. */
  readonly level: number;
  /** For `short_delta` and `pnl`: this position alone. */
  readonly positionId?: string | undefined;
  /** Armed again once the value is back by this much; left out = it fires once. */
  readonly rearmBy?: number | undefined;
  readonly note?: string | undefined;
}

export interface AlertView {
  readonly alertId: string;
  readonly on: AlertSubject;
  readonly direction: 'above' | 'below';
  readonly level: number;
  readonly positionId: string | null;
  readonly rearmBy: number | null;
  readonly note: string | null;
  readonly state: 'armed' | 'fired';
  /** Now, in the unit of `on`; null while it is not known. */
  readonly value: number | null;
  /** ISO market time of the last firing. */
  readonly firedAt: string | null;
}
