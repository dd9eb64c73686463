import { describe, expect, it } from 'vitest';
import { SECRET_MARKS } from '../../../src/broker/order-gateway.ts';
import type { ToIo } from '../../../src/desk/threads/core-protocol.ts';
import {
  keySecrets,
  OAuthSecrets,
  withoutSecrets,
  withSecrets,
} from '../../../src/desk/threads/wire-secrets-shell.ts';

function oauthRig() {
  const asked: ToIo[] = [];
  const time = { millis: 0 };
  const login = new OAuthSecrets(
    (message) => asked.push(message),
    () => time.millis,
  );
  return { asked, time, login };
}

describe('secrets of a wire', () => {
  it('stand where their marks are, escaped for JSON, and are taken out again', () => {
    const secrets = keySecrets({ kind: 'keys', keyId: 'PK"1', secretKey: 's$&' }).now();
    const text = JSON.stringify({ key: SECRET_MARKS.keyId, secret: SECRET_MARKS.secretKey });
    const filled = withSecrets(text, secrets);
    expect(JSON.parse(filled)).toEqual({ key: 'PK"1', secret: 's$&' });
    expect(withoutSecrets('echo s$& end', secrets)).toBe(`echo ${SECRET_MARKS.secretKey} end`);
    expect(withoutSecrets('nothing known', undefined)).toBe('nothing known');
    expect(secrets.headers).toEqual({ 'apca-api-key-id': 'PK"1', 'apca-api-secret-key': 's$&' });
  });

  it('of an OAuth login are asked for once, however many wait', async () => {
    const { asked, login } = oauthRig();
    expect(login.now()).toBeUndefined();
    const both = Promise.all([login.fetch(), login.fetch()]);
    expect(asked).toEqual([{ kind: 'access' }]);
    login.onAnswer({ kind: 'access', token: 't1', millisLeft: 60_000 });
    const [first, second] = await both;
    expect(first).toBe(second);
    expect(first.headers).toEqual({ authorization: 'Bearer t1' });
  });

  it('are renewed before they end, and meanwhile the old ones serve', () => {
    const { asked, time, login } = oauthRig();
    void login.fetch();
    login.onAnswer({ kind: 'access', token: 't1', millisLeft: 60_000 });
    time.millis = 54_999;
    expect(login.now()).toBeDefined();
    expect(asked).toHaveLength(1);
    time.millis = 55_000;
    expect(login.now()?.headers).toEqual({ authorization: 'Bearer t1' });
    expect(asked).toHaveLength(2);
    time.millis = 60_000;
    expect(login.now()).toBeUndefined();
  });

  it('that the broker refused are named when others are asked for', () => {
    const { asked, login } = oauthRig();
    void login.fetch();
    login.onAnswer({ kind: 'access', token: 't1', millisLeft: 60_000 });
    const secrets = login.now();
    if (secrets !== undefined) login.refused(secrets);
    void login.fetch();
    expect(asked.at(-1)).toEqual({ kind: 'access', refused: 't1' });
  });

  it('that are not to be had are an error to everyone who waits, and are asked for again', async () => {
    const { asked, login } = oauthRig();
    const waiting = login.fetch();
    login.onAnswer({ kind: 'accessFailed', reason: '/oauth/token answered 400' });
    await expect(waiting).rejects.toThrow('/oauth/token answered 400');
    void login.fetch();
    expect(asked).toHaveLength(2);
    login.onAnswer({ kind: 'access', token: 't', millisLeft: 1 });
  });
});
