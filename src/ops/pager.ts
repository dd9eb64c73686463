/** Alerts to whoever is on call: PagerDuty, Events API v2. */
import type { Alert, AlertChannel } from './alert-channel.ts';
import { dedupeKey, isPaged, postJson } from './alert-channel.ts';

export interface PagerOptions {
  /** Events v2 routing key. */
  readonly routingKey: string;
  /** Where events are posted. */
  readonly endpoint: string;
  /** Names the engine in the event, and keeps its incidents apart from another's. */
  readonly source: string;
}

/** What Events v2 answers when it took the event; anything else is no delivery. */
const ACCEPTED = 202;
const MAX_TEXT_CHARS = 1_024;

function eventOf({ routingKey, source }: PagerOptions, alert: Alert): object {
  const { action, code, text, severity } = alert;
  const event = {
    routing_key: routingKey,
    event_action: action,
    dedup_key: `${source}:${dedupeKey(alert)}`,
  };
  if (action !== 'trigger') return event;
  const summary = `${code}: ${text}`.slice(0, MAX_TEXT_CHARS);
  return { ...event, payload: { summary, severity, source } };
}

/** The pager as a channel. PagerDuty folds events of one key, so a repeated one does no harm. */
export function pagerChannel(options: PagerOptions): AlertChannel {
  return {
    name: 'pagerduty',
    takes: isPaged,
    send: (alert, signal) =>
      postJson(options.endpoint, eventOf(options, alert), signal, (status) => status === ACCEPTED),
  };
}
