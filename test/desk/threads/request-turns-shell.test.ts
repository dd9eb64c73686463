import { describe, expect, it } from 'vitest';
import type { PacePlan, Turn } from '../../../src/broker/request-pacer.ts';
import { newAccountPace, RequestTurns } from '../../../src/desk/threads/request-turns-shell.ts';

const SECOND = 1_000_000;

/** Turns of one thread at a time that the test sets. What waits is looked at again on a timer. */
class TurnsRig {
  now = 1;
  readonly told: string[] = [];
  readonly turns: RequestTurns;
  #heard = Promise.withResolvers<void>();

  constructor(plan: PacePlan) {
    const pace = newAccountPace(plan);
    this.turns = new RequestTurns(
      pace,
      () => 1,
      () => this.now,
    );
  }

  take(name: string, turn: Turn, patienceMillis = 1_000_000): void {
    const request = { turn, method: 'GET', path: '/', patienceMillis };
    this.turns.take(
      request,
      () => this.#tell(`${name} goes`),
      (waitMicros) => this.#tell(`${name} is refused for ${waitMicros}`),
    );
  }

  async until(count: number): Promise<readonly string[]> {
    while (this.told.length < count) await this.#heard.promise;
    return this.told;
  }

  #tell(what: string): void {
    this.told.push(what);
    this.#heard.resolve();
    this.#heard = Promise.withResolvers();
  }
}

/** One request a window, which the clock of the test ends; the timer runs 20 ms. */
const SINGLE: PacePlan = [{ limit: 1, windowMicros: 20_000, covers: /^/ }];

describe('requests that wait for their turn', () => {
  it('leave within the call where there is one, those of a kind in order, exits before reads', async () => {
    const rig = new TurnsRig(SINGLE);
    rig.take('first', 'look');
    expect(rig.told).toEqual(['first goes']);
    rig.take('look', 'look');
    rig.take('read 1', 'read');
    rig.take('read 2', 'read');
    rig.take('cancel', 'exit');
    const step = async (count: number) => {
      rig.now += 20_000;
      return (await rig.until(count)).at(-1);
    };
    expect(await step(2)).toBe('cancel goes');
    expect(await step(3)).toBe('read 1 goes');
    expect(await step(4)).toBe('read 2 goes');
    expect(await step(5)).toBe('look goes');
  });

  it('are refused where they open, after the call; or where their patience ends, and an exit never', async () => {
    const rig = new TurnsRig(SINGLE);
    rig.take('first', 'look');
    rig.take('entry', 'entry');
    expect(rig.told).toEqual(['first goes']);
    expect(await rig.until(2)).toContain('entry is refused for 1000000000');
    rig.take('read', 'read', 5);
    rig.take('exit', 'exit', 5);
    rig.now += 6_000;
    expect(await rig.until(3)).toContain('read is refused for 14000');
    rig.now += 20_000;
    expect((await rig.until(4)).at(-1)).toBe('exit goes');
  });

  it('beyond a hundred are refused at once, and a promise tells for how long', async () => {
    const rig = new TurnsRig([{ limit: 1, windowMicros: 3_600 * SECOND, covers: /^/ }]);
    const ask = { turn: 'look', method: 'GET', path: '/', patienceMillis: 3_600_000 } as const;
    expect(await rig.turns.turn(ask)).toBe(0);
    for (let waiting = 0; waiting < 100; waiting += 1) rig.take('look', 'look');
    expect(await rig.turns.turn(ask)).toBe(3_600 * SECOND);
    rig.turns.stop();
    expect(rig.told).toEqual([]);
  });

  it('rest after an answer of 429 on this thread or another', async () => {
    const rig = new TurnsRig([{ limit: 9, windowMicros: SECOND, covers: /^/ }]);
    rig.turns.onStatus(429, null);
    rig.take('entry', 'entry');
    rig.take('cancel', 'exit');
    expect(rig.told).toEqual(['cancel goes']);
    expect(await rig.until(2)).toContain('entry is refused for 1000000000');
  });
});
