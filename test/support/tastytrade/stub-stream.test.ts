import { describe, expect, it } from 'vitest';
import { StubClock } from './stub-clock.ts';
import { StubLogin } from './stub-login.ts';
import { StubStream } from './stub-stream.ts';

function rig() {
  const clock = new StubClock(0);
  const login = new StubLogin(clock);
  const stream = new StubStream(clock, login, '5WT00001');
  const heard: Record<string, unknown>[] = [];
  const state = { isClosed: false };
  const client = {
    send: (text: string) => heard.push(JSON.parse(text) as Record<string, unknown>),
    close: () => {
      state.isClosed = true;
    },
  };
  stream.join(client);
  const grant = { grant_type: 'refresh_token', client_secret: login.clientSecret };
  const body = JSON.stringify({ ...grant, refresh_token: login.refreshToken });
  const { access_token: token } = login.token(body, 'application/json').body as {
    access_token: string;
  };
  const say = (message: object, bearer = token): void => {
    const authorized = { ...message, 'auth-token': `Bearer ${bearer}`, 'request-id': heard.length };
    stream.onMessage(client, JSON.stringify(authorized));
  };
  return { clock, stream, heard, state, say };
}

describe("the stub's account stream", () => {
  it('wants a hello first, for an account of its own, and tells nothing before', () => {
    const { stream, heard, say } = rig();
    say({ action: 'heartbeat' });
    say({ action: 'connect', value: ['another'] });
    stream.tell({ type: 'Order' });
    expect(heard.map(({ message }) => message)).toEqual([
      'connect-not-completed',
      'account not found',
    ]);
    say({ action: 'connect', value: ['5WT00001'] });
    say({ action: 'quote-alerts-subscribe' });
    stream.tell({ type: 'Order' });
    expect(heard.slice(2)).toMatchObject([
      { status: 'ok', action: 'connect' },
      { status: 'error', message: 'not implemented' },
      { type: 'Order' },
    ]);
    expect(new Set(heard.map((frame) => typeof frame['request-id']))).toEqual(
      new Set(['number', 'string', 'undefined']),
    );
  });

  it('takes no message under a dead token, and closes', () => {
    const { heard, state, say } = rig();
    say({ action: 'connect', value: ['5WT00001'] }, 'of yesterday');
    expect([heard[0]?.['message'], state.isClosed]).toEqual(['unauthorized', true]);
  });

  it('closes on a client that is silent for a minute, and not on one that beats', () => {
    const quiet = rig();
    const beating = rig();
    for (const each of [quiet, beating]) each.say({ action: 'connect', value: ['5WT00001'] });
    for (let beat = 0; beat < 4; beat += 1) {
      quiet.clock.advance(20_000);
      beating.clock.advance(20_000);
      beating.say({ action: 'heartbeat' });
    }
    expect([quiet.state.isClosed, beating.state.isClosed]).toEqual([true, false]);
  });
});
