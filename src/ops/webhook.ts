/** Alerts to an address of the trader's own: a phone gateway, a chat, a script. */
import type { AlertChannel } from './alert-channel.ts';
import { dedupeKey, isForTrader, isPaged, postJson } from './alert-channel.ts';

/** The webhook as a channel: what the trader asked to hear, and what pages. `key` tells repeats. */
export function webhookChannel(url: string, source: string): AlertChannel {
  return {
    name: 'webhook',
    takes: (alert) => isForTrader(alert) || isPaged(alert),
    send: (alert, signal) => {
      const { code, severity, text, action, alertSeq } = alert;
      const key = `${source}:${dedupeKey(alert)}`;
      const body = { source, key, code, severity, action, text, seq: alertSeq ?? null };
      return postJson(url, body, signal, (status) => status >= 200 && status < 300);
    },
  };
}
