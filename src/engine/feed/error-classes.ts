/**
 * What can go wrong on the feed, as a closed set, and what each means for the connection. Texts
 * and close codes are those DXLink servers are known to send. The text decides before the code: one
 * code, UNAUTHORIZED, stands for a dead token and for too many sessions alike.
 */

/** What the server said, or how the socket ended. */
export type ServerErrorClass =
  | 'sessionNotFound'
  | 'tokenExpired'
  | 'authFailed'
  | 'unauthorized'
  | 'sessionLimit'
  | 'peerTimeout'
  | 'rateLimit'
  | 'subscriptionSize'
  | 'badAction'
  | 'protocolError'
  | 'serverError'
  | 'keepaliveLost'
  | 'frameTooLarge'
  | 'upgradeRefused'
  | 'endpointRefused'
  | 'socketClosed';

/** What this client noticed by itself about the connection. */
export type LocalErrorClass =
  | 'tokenFailed'
  | 'handshakeTimeout'
  | 'silence'
  | 'channelClosed'
  | 'requested'
  | 'refusedSubscription';

/** What was wrong with a frame or a part of one; the part is dropped, the rest is used. */
export type FrameFault =
  | 'malformedFrame'
  | 'badMessage'
  | 'unknownMessage'
  | 'unexpectedMessage'
  | 'badConfig'
  | 'formatMismatch'
  | 'unannouncedType'
  | 'unknownType'
  | 'rowLength'
  | 'fieldMissing'
  | 'badRow'
  | 'badScalar'
  | 'outOfRange'
  | 'poisonCandle'
  | 'snapshotTooLong';

export type FeedErrorClass = ServerErrorClass | LocalErrorClass | FrameFault;

/**
 * `keep` count it and go on · `heal` stop sending, then subscribe again what stayed silent ·
 * `reconnect` with the token at hand · `newToken` drop the token, reconnect with a fresh one ·
 * `slowReconnect` others hold the sessions: wait long · `smallerFrames` halve frames, reconnect.
 */
export type Remedy = 'keep' | 'heal' | 'reconnect' | 'newToken' | 'slowReconnect' | 'smallerFrames';

/** What to do about each class that concerns the connection. */
export const REMEDIES: Readonly<Record<ServerErrorClass | LocalErrorClass, Remedy>> = {
  sessionNotFound: 'newToken',
  tokenExpired: 'newToken',
  authFailed: 'newToken',
  unauthorized: 'newToken',
  sessionLimit: 'slowReconnect',
  peerTimeout: 'reconnect',
  rateLimit: 'heal',
  subscriptionSize: 'keep',
  badAction: 'keep',
  protocolError: 'keep',
  serverError: 'keep',
  keepaliveLost: 'reconnect',
  frameTooLarge: 'smallerFrames',
  upgradeRefused: 'reconnect',
  endpointRefused: 'newToken',
  socketClosed: 'reconnect',
  tokenFailed: 'newToken',
  handshakeTimeout: 'reconnect',
  silence: 'reconnect',
  channelClosed: 'reconnect',
  requested: 'reconnect',
  refusedSubscription: 'keep',
};

const TEXTS: readonly (readonly [RegExp, ServerErrorClass])[] = [
  [/number of user sessions|session.*exceeded/i, 'sessionLimit'],
  [/session not found/i, 'sessionNotFound'],
  [/token has expired|reauthentication is required/i, 'tokenExpired'],
  [/authentication failed|AuthException/i, 'authFailed'],
  [/subscription rate is too high/i, 'rateLimit'],
  [/subscription size.*too big/i, 'subscriptionSize'],
];

const CODES: ReadonlyMap<string, ServerErrorClass> = new Map([
  ['UNAUTHORIZED', 'unauthorized'],
  ['TIMEOUT', 'peerTimeout'],
  ['BAD_ACTION', 'badAction'],
  ['UNSUPPORTED_PROTOCOL', 'protocolError'],
  ['INVALID_MESSAGE', 'protocolError'],
]);

/** Classifies an ERROR message by its text, then by its code. */
export function classifyError(code: string, message: string): ServerErrorClass {
  for (const [text, errorClass] of TEXTS) if (text.test(message)) return errorClass;
  return CODES.get(code) ?? 'serverError';
}

const UPGRADE_STATUS = /\b(?:HTTP|response:?|status(?: code)?:?)\s*([45])\d\d\b/i;

/**
 * Classifies the end of a socket by its reason: `1000 Bye`, `1009`, `1006`, `HTTP 502` or the text
 * of a network error. A 4xx at the upgrade says that the address that came with the token is wrong;
 * a 5xx is an outage of the provider.
 */
export function classifyClose(reason: string): ServerErrorClass {
  const upgrade = UPGRADE_STATUS.exec(reason);
  if (upgrade !== null) return upgrade[1] === '4' ? 'endpointRefused' : 'upgradeRefused';
  const [code = ''] = reason.trim().split(/\W/, 1);
  if (code === '1009') return 'frameTooLarge';
  if (code === '1000') return 'keepaliveLost';
  return 'socketClosed';
}
