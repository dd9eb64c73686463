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
  /** The keeper's answer: a token of a minute, to be renewed half a minute before its end. */
  function token(name: string): void {
    login.onAnswer({
      kind: 'access',
      token: name,
      millisLeft: 60_000,
      millisToRenewal: 30_000,
    });
  }
  return { asked, time, login, token };
}

const FAILED = { kind: 'accessFailed', reason: '/oauth/token answered 503' } as const;

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
    const { asked, login, token } = oauthRig();
    expect(login.now()).toBeUndefined();
    const both = Promise.all([login.fetch(), login.fetch()]);
    expect(asked).toEqual([{ kind: 'access' }]);
    token('t1');
    const [first, second] = await both;
    expect(first).toBe(second);
    expect(first.headers).toEqual({ authorization: 'Bearer t1' });
  });

  it('are asked for when the keeper would renew them, and meanwhile the old ones serve', () => {
    const { asked, time, login, token } = oauthRig();
    void login.fetch();
    token('t1');
    time.millis = 29_999;
    expect(login.now()).toBeDefined();
    expect(asked).toHaveLength(1);
    time.millis = 30_000;
    expect(login.now()?.headers).toEqual({ authorization: 'Bearer t1' });
    expect(asked).toHaveLength(2);
    time.millis = 60_000;
    expect(login.now()).toBeUndefined();
  });

  it('serve to their end where the next ones are not to be had, which are asked for at a pace', () => {
    const { asked, time, login, token } = oauthRig();
    void login.fetch();
    token('t1');
    for (time.millis = 30_000; time.millis < 60_000; time.millis += 1_000) {
      const before = asked.length;
      expect(login.now()?.headers).toEqual({ authorization: 'Bearer t1' });
      if (asked.length > before) login.onAnswer(FAILED);
    }
    expect(asked).toHaveLength(1 + 6);
    expect(login.now()).toBeUndefined();
  });

  it('that the broker refused are named when others are asked for', () => {
    const { asked, login, token } = oauthRig();
    void login.fetch();
    token('t1');
    const secrets = login.now();
    if (secrets !== undefined) login.refused(secrets);
    expect(login.now()).toBeUndefined();
    void login.fetch();
    expect(asked.at(-1)).toEqual({ kind: 'access', refused: 't1' });
  });

  it('that are doubted serve until others are there, however often these are not to be had', () => {
    const { asked, time, login, token } = oauthRig();
    login.doubted();
    expect(asked).toEqual([]);
    void login.fetch();
    token('t1');
    login.doubted();
    expect(asked.at(-1)).toEqual({ kind: 'access', doubted: 't1' });
    login.onAnswer(FAILED);
    login.doubted();
    expect(login.now()?.headers).toEqual({ authorization: 'Bearer t1' });
    expect(asked).toHaveLength(2);
    time.millis = 5_000;
    expect(login.now()).toBeDefined();
    expect(asked).toHaveLength(3);
    expect(asked.at(-1)).toEqual({ kind: 'access', doubted: 't1' });
    token('t2');
    expect(login.now()?.headers).toEqual({ authorization: 'Bearer t2' });
    expect(asked).toHaveLength(3);
  });

  it('that are not to be had are an error to everyone who waits, and are asked for again', async () => {
    const { asked, login, token } = oauthRig();
    const waiting = login.fetch();
    login.onAnswer({ kind: 'accessFailed', reason: '/oauth/token answered 400' });
    await expect(waiting).rejects.toThrow('/oauth/token answered 400');
    void login.fetch();
    expect(asked).toHaveLength(2);
    token('t');
  });
});
