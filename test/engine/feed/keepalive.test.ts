import { describe, expect, it } from 'vitest';
import { Keepalive } from '../../../src/engine/feed/keepalive.ts';

const SECOND = 1_000_000;

function agreed(keepaliveSeconds?: number, acceptKeepaliveSeconds?: number): Keepalive {
  const keepalive = new Keepalive();
  keepalive.connected(0);
  keepalive.agree({ keepaliveSeconds, acceptKeepaliveSeconds });
  return keepalive;
}

describe('Keepalive', () => {
  it('sends every 25 s and waits for 60 s unless the server says otherwise', () => {
    const keepalive = agreed();
    expect([keepalive.sendBy, keepalive.deadAt]).toEqual([25 * SECOND, 60 * SECOND]);
    keepalive.sent(5 * SECOND);
    keepalive.received(7 * SECOND);
    expect([keepalive.sendBy, keepalive.deadAt]).toEqual([30 * SECOND, 67 * SECOND]);
  });

  it.each([
    [1, 10],
    [10, 10],
    [45, 45],
    [120, 120],
    [1e9, 120],
  ])('bears %i announced seconds of silence for %i s', (announced, borne) => {
    expect(agreed(announced).deadAt).toBe(borne * SECOND);
  });

  it.each([
    [60, 25],
    [50, 25],
    [30, 15],
    [0.001, 1],
  ])('sends often enough for a server that bears %d s: every %d s', (asked, every) => {
    expect(agreed(60, asked).sendBy).toBe(every * SECOND);
  });

  it('forgets what was agreed with the socket', () => {
    const keepalive = agreed(120, 10);
    keepalive.connected(0);
    expect([keepalive.sendBy, keepalive.deadAt]).toEqual([25 * SECOND, 60 * SECOND]);
  });
});
