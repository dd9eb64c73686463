import { describe, expect, it } from 'vitest';
import type { PacePlan, Turn } from '../../../src/broker/request-pacer.ts';
import { createPaceMemory, RequestPacer } from '../../../src/broker/request-pacer.ts';
import { TurnQueue, type TurnRequest } from '../../../src/desk/threads/turn-queue.ts';

/** Two requests in ten seconds, of which what is read may use one. */
const PLAN: PacePlan = [
  { limit: 2, windowMicros: 10_000_000, covers: /^/, shares: { read: 1, look: 1 } },
];

function asked(turn: Turn, patienceMillis = 60_000): TurnRequest {
  return { turn, method: 'GET', path: '/', patienceMillis };
}

function queue(): TurnQueue<TurnRequest> {
  return new TurnQueue(new RequestPacer(PLAN, createPaceMemory(PLAN)));
}

describe('a queue for turns', () => {
  it('lets go at once while there are turns, then exits before reads as they come free', () => {
    const turns = queue();
    const [read, exit] = [asked('read'), asked('exit')];
    expect(turns.take(asked('read'), 1)).toBe('go');
    expect(turns.take(asked('exit'), 2)).toBe('go');
    expect(turns.next()).toBeUndefined();
    expect([turns.take(read, 3), turns.take(exit, 4)]).toEqual(['waits', 'waits']);
    expect(turns.due(4)).toEqual({ go: [], refused: [] });
    expect(turns.next()).toBe(10_000_001);
    expect(turns.due(10_000_001)).toEqual({ go: [exit], refused: [] });
    expect(turns.due(10_000_002)).toEqual({ go: [], refused: [] });
    expect(turns.due(20_000_001)).toEqual({ go: [read], refused: [] });
    expect(turns.next()).toBeUndefined();
  });

  it('lets what finishes a move go before all, and begins no move that would have to wait', () => {
    const turns = queue();
    const [exit, finish] = [asked('exit', 1_000), asked('finish', 1_000)];
    expect([turns.take(asked('exit'), 1), turns.take(asked('move'), 1)]).toEqual(['go', 'go']);
    expect(turns.take(asked('move'), 2)).toBe('refused');
    expect([turns.take(exit, 2), turns.take(finish, 2)]).toEqual(['waits', 'waits']);
    expect(turns.due(10_000_001)).toEqual({ go: [finish, exit], refused: [] });
  });

  it('refuses an opening at once, a read where its patience ends, and an exit never', () => {
    const turns = queue();
    const [read, exit] = [asked('read', 1_000), asked('exit', 1_000)];
    turns.take(asked('exit'), 1);
    turns.take(asked('exit'), 1);
    expect(turns.take(asked('entry'), 2)).toBe('refused');
    expect([turns.take(read, 2), turns.take(exit, 2)]).toEqual(['waits', 'waits']);
    const refused = [{ request: read, waitMicros: 8_999_999 }];
    expect(turns.due(1_000_002)).toEqual({ go: [], refused });
    expect(turns.due(10_000_001)).toEqual({ go: [exit], refused: [] });
  });
});
