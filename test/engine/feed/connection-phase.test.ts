import { describe, expect, it } from 'vitest';
import { isAnswerAwaited, PhaseTimer } from '../../../src/engine/feed/connection-phase.ts';

const SECOND = 1_000_000;

describe('PhaseTimer', () => {
  it('gives each step 10 s and the whole handshake 30 s', () => {
    const timer = new PhaseTimer();
    timer.handshakeBegins(0);
    expect(timer.endsAt).toBe(10 * SECOND);
    timer.stepBegins(9 * SECOND);
    expect(timer.endsAt).toBe(19 * SECOND);
    timer.stepBegins(25 * SECOND);
    expect(timer.endsAt).toBe(30 * SECOND);
  });

  it('ends a phase at a time of its own where one is set', () => {
    const timer = new PhaseTimer();
    timer.handshakeBegins(0);
    timer.endAt(60 * SECOND);
    expect(timer.endsAt).toBe(60 * SECOND);
  });
});

describe('isAnswerAwaited', () => {
  it('is true from the token until every channel is open', () => {
    const phases = ['idle', 'backoff', 'token', 'socket', 'greeting', 'authorize'] as const;
    expect([...phases, 'channels' as const, 'open' as const].filter(isAnswerAwaited)).toEqual([
      ...phases.slice(2),
      'channels',
    ]);
  });
});
