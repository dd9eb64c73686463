import { finiteOf } from './wire-value.ts';

/** A control message from the server, checked. Configuration and data go to the decoder. */
export type ServerMessage =
  | {
      readonly type: 'SETUP';
      /** Longest silence of the server, in seconds, before it may be taken for dead. */
      readonly keepaliveSeconds: number | undefined;
      /** Longest silence of this client that the server would like, in seconds. */
      readonly acceptKeepaliveSeconds: number | undefined;
    }
  | { readonly type: 'AUTH_STATE'; readonly isAuthorized: boolean }
  | { readonly type: 'KEEPALIVE' }
  | {
      readonly type: 'ERROR';
      readonly channel: number;
      readonly code: string;
      readonly message: string;
    }
  | { readonly type: 'CHANNEL_OPENED'; readonly channel: number }
  | { readonly type: 'CHANNEL_CLOSED'; readonly channel: number };

type Fields = Readonly<Record<string, unknown>>;

function positive(value: unknown): number | undefined {
  const number = finiteOf(value);
  return number !== undefined && number > 0 ? number : undefined;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** The channel of a message: a whole number from 0 up; undefined where it is anything else. */
export function channelOf(fields: Fields): number | undefined {
  const channel = fields['channel'];
  return typeof channel === 'number' && Number.isSafeInteger(channel) && channel >= 0
    ? channel
    : undefined;
}

function authState(fields: Fields): ServerMessage | 'broken' {
  const state = fields['state'];
  if (state !== 'AUTHORIZED' && state !== 'UNAUTHORIZED') return 'broken';
  return { type: 'AUTH_STATE', isAuthorized: state === 'AUTHORIZED' };
}

/**
 * Reads a control message. Unknown extra fields are ignored; `unknown` is a type that this client
 * has no use for, `broken` a known type whose required fields are wrong.
 */
export function readServerMessage(fields: Fields): ServerMessage | 'unknown' | 'broken' {
  const channel = channelOf(fields);
  if (channel === undefined) return 'broken';
  switch (fields['type']) {
    case 'SETUP':
      return {
        type: 'SETUP',
        keepaliveSeconds: positive(fields['keepaliveTimeout']),
        acceptKeepaliveSeconds: positive(fields['acceptKeepaliveTimeout']),
      };
    case 'AUTH_STATE':
      return authState(fields);
    case 'KEEPALIVE':
      return { type: 'KEEPALIVE' };
    case 'ERROR':
      return {
        type: 'ERROR',
        channel,
        code: textOf(fields['error']),
        message: textOf(fields['message']),
      };
    case 'CHANNEL_OPENED':
    case 'CHANNEL_CLOSED':
      return { type: fields['type'], channel };
    default:
      return 'unknown';
  }
}
