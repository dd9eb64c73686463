/** What the server says, as text frames. `type` and `channel` always come first. */
import { javaDouble } from './event-encoder.ts';
import type { FieldSpec } from './event-schema.ts';

/** The closed set of error names. */
export type DxlinkError =
  | 'UNSUPPORTED_PROTOCOL'
  | 'TIMEOUT'
  | 'UNAUTHORIZED'
  | 'INVALID_MESSAGE'
  | 'BAD_ACTION'
  | 'UNKNOWN';

const SERVER_VERSION = '1.0-1.2.3-20240912-171526';

/** Greets, and says after how much silence either side may leave. */
export function setupFrame(keepaliveSeconds: number): string {
  return JSON.stringify({
    type: 'SETUP',
    channel: 0,
    keepaliveTimeout: keepaliveSeconds,
    acceptKeepaliveTimeout: keepaliveSeconds,
    version: SERVER_VERSION,
  });
}

/** Says whether the session is authorised: with a user when it is. */
export function authStateFrame(userId: string | undefined): string {
  const state = userId === undefined ? 'UNAUTHORIZED' : 'AUTHORIZED';
  return JSON.stringify({ type: 'AUTH_STATE', channel: 0, state, userId });
}

/** Shows life. */
export function keepaliveFrame(): string {
  return '{"type":"KEEPALIVE","channel":0}';
}

/** Reports an error on a channel, or on the connection with channel 0. */
export function errorFrame(channel: number, error: DxlinkError, message: string): string {
  return JSON.stringify({ type: 'ERROR', channel, error, message });
}

/** Confirms a channel. */
export function channelOpenedFrame(channel: number, contract: string): string {
  const parameters = { contract, subFormat: 'LIST' };
  return JSON.stringify({ type: 'CHANNEL_OPENED', channel, service: 'FEED', parameters });
}

/** Confirms the end of a channel. */
export function channelClosedFrame(channel: number): string {
  return JSON.stringify({ type: 'CHANNEL_CLOSED', channel });
}

/** `eventFields` only where a type's list is announced. */
export function feedConfigFrame(config: {
  readonly channel: number;
  readonly format: 'FULL' | 'COMPACT';
  readonly periodSeconds: number;
  readonly eventFields?: Readonly<Record<string, readonly FieldSpec[]>>;
}): string {
  const { channel, format, periodSeconds, eventFields } = config;
  const head = `{"type":"FEED_CONFIG","channel":${channel},"dataFormat":"${format}"`;
  const period = `,"aggregationPeriod":${javaDouble(periodSeconds)}`;
  if (eventFields === undefined) return `${head}${period}}`;
  const lists: Record<string, string[]> = {};
  for (const [type, specs] of Object.entries(eventFields)) {
    lists[type] = specs.map((spec) => spec.name);
  }
  return `${head}${period},"eventFields":${JSON.stringify(lists)}}`;
}

/** `data` is the text of the array's inside. */
export function feedDataFrame(channel: number, data: string): string {
  return `{"type":"FEED_DATA","channel":${channel},"data":[${data}]}`;
}
