/** Alerts, and the ways they leave the engine. */

/** `trigger` opens, `acknowledge` says that somebody is at it, `resolve` that it is over. */
export type AlertAction = 'trigger' | 'acknowledge' | 'resolve';

export interface Alert {
  readonly severity: 'info' | 'warning' | 'critical';
  readonly code: string;
  readonly text: string;
  readonly action: AlertAction;
  /** What it is about, where one code can stand for several things at a time. */
  readonly subject?: string | undefined;
  /** Sequence number of its journal record; undefined for what the core could not journal itself. */
  readonly alertSeq?: number | undefined;
}

/** One way out. */
export interface AlertChannel {
  readonly name: string;
  /** True for an alert that goes this way. */
  takes(alert: Alert): boolean;
  /** Delivers, or throws. Delivering the same alert again must do no harm. */
  send(alert: Alert, signal: AbortSignal): Promise<void>;
}

/** Alerts that a channel has not taken, and the age of the oldest, null where there is none. Where there are
 * no channels nothing waits, and nobody is paged. */
export interface Undelivered {
  readonly channels: number;
  readonly count: number;
  readonly ageMs: number | null;
}

/** Alerts with the same key are one incident: its trigger, its acknowledgement, its end. */
export function dedupeKey({ code, subject }: Pick<Alert, 'code' | 'subject'>): string {
  return subject === undefined ? code : `${code}:${subject}`;
}

const WEIGHTS: Readonly<Record<Alert['severity'], number>> = { info: 0, warning: 1, critical: 2 };
export const MOST_WEIGHT = WEIGHTS.critical;

/** The end of an incident weighs as much as anything: without it somebody stays awake. */
export function weightOf({ severity, action }: Pick<Alert, 'severity' | 'action'>): number {
  return action === 'trigger' ? WEIGHTS[severity] : MOST_WEIGHT;
}

/** The code of an alert that a trader set. */
export const TRADER_ALERT = 'TRADER_ALERT';

/** True for what the trader asked to hear, of alerts and of the plan: it pages nobody. */
export function isForTrader({ code }: Pick<Alert, 'code'>): boolean {
  return code === TRADER_ALERT || code.startsWith('PLAN_');
}

const PAGED: ReadonlySet<Alert['severity']> = new Set(['warning', 'critical']);

/** True for what is worth waking somebody, and for the end of it. */
export function isPaged(alert: Alert): boolean {
  const { severity, action } = alert;
  return !isForTrader(alert) && (PAGED.has(severity) || action !== 'trigger');
}

/** POSTs JSON without following a redirect; throws unless the answer is one of `accepted`. */
export async function postJson(
  url: string,
  body: unknown,
  signal: AbortSignal,
  isAccepted: (status: number) => boolean,
): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal,
    redirect: 'error',
  });
  await response.body?.cancel();
  if (!isAccepted(response.status)) throw new Error(`answered ${response.status}`);
}
