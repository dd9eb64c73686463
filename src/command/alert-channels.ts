/** The channels that the settings name. */
import type { Config } from '../config.ts';
import type { AlertChannel } from '../ops/alert-channel.ts';
import { pagerChannel } from '../ops/pager.ts';
import { webhookChannel } from '../ops/webhook.ts';

/** Where alerts go besides the log. */
export function alertChannels(config: Config, accountId: string): readonly AlertChannel[] {
  const { PAGERDUTY_API_KEY: routingKey, PAGERDUTY_ENDPOINT: endpoint } = config;
  const source = `deltaring ${accountId}`;
  const channels: AlertChannel[] = [];
  if (routingKey !== undefined) channels.push(pagerChannel({ routingKey, endpoint, source }));
  const { ALERT_WEBHOOK_URL: url } = config;
  if (url !== undefined) channels.push(webhookChannel(url, source));
  return channels;
}

/** What they are called. */
export function channelNames(config: Config): readonly string[] {
  return alertChannels(config, '').map(({ name }) => name);
}
