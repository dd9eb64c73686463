import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Task } from '../../../src/broker/paper/agenda.ts';
import { Agenda } from '../../../src/broker/paper/agenda.ts';
import { epochMicros, sessionDate } from '../../../src/engine/domain/units.ts';

const cancel = (intentId: string): Task => ({ kind: 'cancel', intentId });
const settle: Task = { kind: 'settle', expiry: sessionDate('2026-08-04') };

describe('the agenda', () => {
  it('is empty at first', () => {
    const agenda = new Agenda();
    expect(agenda.next()).toBeUndefined();
    expect(agenda.take(epochMicros(1e15))).toBeUndefined();
  });

  it('gives a task at its time and not one microsecond before', () => {
    const agenda = new Agenda();
    agenda.add(epochMicros(10), cancel('a'));
    expect(agenda.next()).toBe(10);
    expect(agenda.take(epochMicros(9))).toBeUndefined();
    expect(agenda.take(epochMicros(10))?.task).toEqual(cancel('a'));
    expect(agenda.next()).toBeUndefined();
  });

  it('settles after everything else of the same time', () => {
    const agenda = new Agenda();
    agenda.add(epochMicros(10), settle);
    agenda.add(epochMicros(10), cancel('a'));
    agenda.add(epochMicros(10), cancel('b'));
    const taken = [1, 2, 3].map(() => agenda.take(epochMicros(10))?.task);
    expect(taken).toEqual([cancel('a'), cancel('b'), settle]);
  });

  it('gives tasks by time, and those of one time in the order they came', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 5 })), (dues) => {
        const agenda = new Agenda();
        for (const [i, due] of dues.entries()) agenda.add(epochMicros(due), cancel(String(i)));
        const expected = dues.map((due, i) => ({ due, i })).toSorted((a, b) => a.due - b.due);
        for (const { due, i } of expected) {
          expect(agenda.take(epochMicros(5))).toEqual({ due, task: cancel(String(i)) });
        }
      }),
    );
  });
});
