import { describe, expect, it } from 'vitest';
import { classifyClose, classifyError, REMEDIES } from '../../../src/engine/feed/error-classes.ts';

const TOO_MANY_SESSIONS = 'The number of user sessions has exceeded the configured limit';

describe('classifyError', () => {
  it.each([
    [
      'UNKNOWN',
      'com.devexperts.mdd.dxlink.auth.AuthException: Session not found: api',
      'sessionNotFound',
      'newToken',
    ],
    [
      'UNAUTHORIZED',
      'Your authentication token has expired, reauthentication is required',
      'tokenExpired',
      'newToken',
    ],
    ['UNAUTHORIZED', 'Authentication failed', 'authFailed', 'newToken'],
    ['UNAUTHORIZED', TOO_MANY_SESSIONS, 'sessionLimit', 'slowReconnect'],
    ['UNAUTHORIZED', 'anything else', 'unauthorized', 'newToken'],
    ['TIMEOUT', '', 'peerTimeout', 'reconnect'],
    ['BAD_ACTION', 'Your subscription rate is too high', 'rateLimit', 'heal'],
    ['BAD_ACTION', 'Your subscription size is too big', 'subscriptionSize', 'keep'],
    [
      'BAD_ACTION',
      "subscription size for event type 'Candle' is too big",
      'subscriptionSize',
      'keep',
    ],
    ['BAD_ACTION', 'Channel 1 is already open', 'badAction', 'keep'],
    ['UNSUPPORTED_PROTOCOL', '', 'protocolError', 'keep'],
    ['INVALID_MESSAGE', 'no channel', 'protocolError', 'keep'],
    ['UNKNOWN', '', 'serverError', 'keep'],
    ['SOMETHING_NEW', '', 'serverError', 'keep'],
  ] as const)('takes %s "%s" for %s, remedy %s', (code, message, errorClass, remedy) => {
    expect(classifyError(code, message)).toBe(errorClass);
    expect(REMEDIES[errorClass]).toBe(remedy);
  });

  it('reads the text before the code: too many sessions is no reason to drop the token', () => {
    expect(classifyError('UNAUTHORIZED', TOO_MANY_SESSIONS)).toBe('sessionLimit');
    expect(classifyError('BAD_ACTION', TOO_MANY_SESSIONS)).toBe('sessionLimit');
  });
});

describe('classifyClose', () => {
  it.each([
    ['1000 Bye', 'keepaliveLost', 'reconnect'],
    ['1009', 'frameTooLarge', 'smallerFrames'],
    ['1001 going away', 'socketClosed', 'reconnect'],
    ['1006', 'socketClosed', 'reconnect'],
    ['1011 internal error', 'socketClosed', 'reconnect'],
    ['HTTP 502', 'upgradeRefused', 'reconnect'],
    ['Unexpected server response: 503', 'upgradeRefused', 'reconnect'],
    ['HTTP 400', 'endpointRefused', 'newToken'],
    ['ECONNRESET', 'socketClosed', 'reconnect'],
    ['', 'socketClosed', 'reconnect'],
  ] as const)('takes "%s" for %s, remedy %s', (reason, errorClass, remedy) => {
    expect(classifyClose(reason)).toBe(errorClass);
    expect(REMEDIES[errorClass]).toBe(remedy);
  });
});
