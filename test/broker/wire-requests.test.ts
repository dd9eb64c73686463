import { describe, expect, it } from 'vitest';
import { bodyOf, noWordIn, WireRequests } from '../../src/broker/wire-requests.ts';
import { epochMicros } from '../../src/engine/domain/units.ts';

const at = (seconds: number) => {
  const micros = epochMicros(1_000_000_000 + seconds * 1_000_000);
  return { market: micros, wall: micros };
};

describe('the requests of an adapter', () => {
  it('are numbered, and wait as long as their kind is given', () => {
    const requests = new WireRequests<void>({ readMillis: 10, changeMillis: 8 });
    const read = requests.ask({ turn: 'look', method: 'GET', path: '/a' }, at(0), () => undefined);
    expect(read).toMatchObject({ kind: 'httpSend', requestId: '1', turn: 'look', path: '/a' });
    expect(read).toMatchObject({ body: undefined, timeoutMillis: 10 });
    const order = { turn: 'entry', method: 'POST', path: '/o', body: '{}' } as const;
    const sent = requests.ask(order, at(0), () => undefined);
    expect(sent).toMatchObject({ ...order, requestId: '2', timeoutMillis: 8 });
  });

  it('are answered once each, by number, and know when they were asked', () => {
    const requests = new WireRequests<number>({ readMillis: 10, changeMillis: 8 });
    const request = { turn: 'read', method: 'GET', path: '/a' } as const;
    const { requestId } = requests.ask(request, at(0), (_answer, now, askedAt) => {
      return now.wall - askedAt.wall;
    });
    const answer = { kind: 'httpResponse', requestId, status: 200, body: '' } as const;
    expect(requests.onAnswer(answer, at(3))).toBe(3_000_000);
    expect(requests.onAnswer(answer, at(4))).toBeUndefined();
  });

  it('have a body only where they were answered well', () => {
    const answered = { kind: 'httpResponse', requestId: '1', body: '{}' } as const;
    expect(bodyOf({ ...answered, status: 201 })).toBe('{}');
    expect(bodyOf({ ...answered, status: 404 })).toBeUndefined();
    expect(bodyOf({ kind: 'httpFailed', requestId: '1', reason: 'reset' })).toBeUndefined();
  });
});

describe('an answer to a change', () => {
  it('is no word of the broker’s where it never left, or says nothing of what was asked for', () => {
    const failed = { kind: 'httpFailed', requestId: '1', reason: 'gone' } as const;
    expect(noWordIn({ ...failed, neverSent: true })).toBe('unsent');
    expect(noWordIn(failed)).toBe('unproven');
    const words = [422, 403, 401, 429, 502, 200].map((status) =>
      noWordIn({ kind: 'httpResponse', requestId: '1', status, body: '' }),
    );
    const unproven = Array.from({ length: 4 }, () => 'unproven');
    expect(words).toEqual([undefined, undefined, ...unproven]);
  });
});
