/**
 * Alerts to whoever is on call: PagerDuty Events v2, and always the log. Main thread; delivery is
 * itself reported, because an alert nobody got is worse than none.
 */

export interface Alert {
  readonly severity: 'info' | 'warning' | 'critical';
  readonly code: string;
  readonly text: string;
}

export interface Delivery {
  readonly code: string;
  readonly channel: string;
  readonly ok: boolean;
}

export interface PagerOptions {
  /** Events v2 routing key; without one alerts go to the log only. */
  readonly routingKey: string | undefined;
  /** Where events are posted. */
  readonly endpoint: string;
  /** Names the engine in the event. */
  readonly source: string;
  readonly log: (line: string) => void;
  readonly onDelivery: (delivery: Delivery) => void;
  /** How long one attempt may take; 5 s where left out. */
  readonly timeoutMillis?: number;
}

const TIMEOUT_MILLIS = 5_000;
const MAX_ATTEMPTS = 3;
/** What Events v2 answers when it took the event; anything else is no delivery. */
const ACCEPTED = 202;
const MAX_TEXT_CHARS = 1_024;
/** Severities worth a page. PagerDuty folds alerts of one code by their deduplication key. */
const PAGED: ReadonlySet<Alert['severity']> = new Set(['warning', 'critical']);

/** Delivers alerts. Never throws: what cannot be delivered is reported as not delivered. */
export class Pager {
  readonly #options: PagerOptions;

  constructor(options: PagerOptions) {
    this.#options = options;
  }

  /** Logs the alert, and pages where it is worth a page. Resolves once every channel answered. */
  async raise(alert: Alert): Promise<void> {
    const { log, onDelivery, routingKey } = this.#options;
    log(`alert ${alert.severity} ${alert.code}: ${alert.text}`);
    onDelivery({ code: alert.code, channel: 'log', ok: true });
    if (routingKey === undefined || !PAGED.has(alert.severity)) return;
    const ok = await this.#page(alert, routingKey);
    onDelivery({ code: alert.code, channel: 'pagerduty', ok });
    if (!ok) log(`alert ${alert.code} could not be delivered to PagerDuty`);
  }

  async #page(alert: Alert, routingKey: string): Promise<boolean> {
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      if (await this.#post(alert, routingKey)) return true;
    }
    return false;
  }

  async #post(alert: Alert, routingKey: string): Promise<boolean> {
    const { endpoint, source, timeoutMillis = TIMEOUT_MILLIS } = this.#options;
    try {
      const response = await fetch(endpoint, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          routing_key: routingKey,
          event_action: 'trigger',
          dedup_key: `${source}:${alert.code}`,
          payload: {
            summary: `${alert.code}: ${alert.text}`.slice(0, MAX_TEXT_CHARS),
            severity: alert.severity,
            source,
          },
        }),
        signal: AbortSignal.timeout(timeoutMillis),
        redirect: 'error',
      });
      await response.body?.cancel();
      return response.status === ACCEPTED;
    } catch {
      return false;
    }
  }
}
