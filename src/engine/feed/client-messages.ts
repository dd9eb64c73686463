/** Texts of the frames that a DXLink client sends. `type` and `channel` come first in each. */

import { WANTED_FIELDS } from './event-fields.ts';
import type { FeedType } from './feed-subscription.ts';

/** Longest silence of this client, in seconds, that the server is asked to bear. */
export const KEEPALIVE_TIMEOUT_SECONDS = 60;

/** SETUP: opens the connection. `version` is this program's own. */
export function setupMessage(version: string): string {
  return JSON.stringify({
    type: 'SETUP',
    channel: 0,
    version: `0.1-deltaring/${version}`,
    keepaliveTimeout: KEEPALIVE_TIMEOUT_SECONDS,
    acceptKeepaliveTimeout: KEEPALIVE_TIMEOUT_SECONDS,
  });
}

/** AUTH: shows the token. The only frame whose text is secret. */
export function authMessage(token: string): string {
  return JSON.stringify({ type: 'AUTH', channel: 0, token });
}

export function keepaliveMessage(): string {
  return JSON.stringify({ type: 'KEEPALIVE', channel: 0 });
}

/** CHANNEL_REQUEST for the feed service, contract AUTO. */
export function channelRequestMessage(channel: number): string {
  return JSON.stringify({
    type: 'CHANNEL_REQUEST',
    channel,
    service: 'FEED',
    parameters: { contract: 'AUTO' },
  });
}

/** FEED_SETUP: asks for COMPACT rows of the wanted fields of these types. */
export function feedSetupMessage(
  channel: number,
  types: readonly FeedType[],
  aggregationSeconds: number,
): string {
  return JSON.stringify({
    type: 'FEED_SETUP',
    channel,
    acceptAggregationPeriod: aggregationSeconds,
    acceptDataFormat: 'COMPACT',
    acceptEventFields: Object.fromEntries(types.map((type) => [type, WANTED_FIELDS[type]])),
  });
}
