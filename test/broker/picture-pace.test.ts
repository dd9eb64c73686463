import { describe, expect, it } from 'vitest';
import { PicturePace } from '../../src/broker/picture-pace.ts';
import type { At } from '../../src/engine/domain/clock.ts';
import { sessionTimes } from '../../src/engine/domain/session-calendar.ts';
import { addMicros, sessionDate } from '../../src/engine/domain/units.ts';

const SESSION = sessionTimes(sessionDate('2026-11-20'));
if (SESSION === undefined) throw new RangeError('the date has a session');
const { open } = SESSION;

/** Seconds after the open. The wall clock shows another time than the market's. */
function at(seconds: number): At {
  return { market: addMicros(open, seconds * 1e6), wall: addMicros(open, (seconds + 900) * 1e6) };
}

/** The first tenth of a second after `from` at which a round is due. */
function dueAfter(pace: PicturePace, from: number): number {
  for (let tenths = Math.round(from * 10); tenths < from * 10 + 200; tenths += 1) {
    if (pace.isDue(at(tenths / 10))) return tenths / 10;
  }
  return Number.POSITIVE_INFINITY;
}

function begun(seconds: number): PicturePace {
  const pace = new PicturePace(1_000_000, 0);
  pace.begin(at(seconds), SESSION);
  return pace;
}

describe('the pace of pictures', () => {
  it('is three seconds from beginning to beginning while options trade, ten at other times', () => {
    expect(dueAfter(begun(0), 0)).toBe(3);
    expect(dueAfter(begun(-1), -1)).toBe(9);
    const pace = new PicturePace(1_000_000, 0);
    pace.begin(at(0), undefined);
    expect(dueAfter(pace, 0)).toBe(10);
  });

  it('is that of off hours for as long as the broker is left in peace', () => {
    const pace = new PicturePace(1_000_000, 0);
    pace.calmUntil(at(60).wall);
    pace.begin(at(59), SESSION);
    expect(dueAfter(pace, 59)).toBe(69);
    pace.begin(at(60), SESSION);
    expect(dueAfter(pace, 60)).toBe(63);
  });

  it('brings a look forward, as far as rounds may be apart, and never puts one off', () => {
    const pace = begun(0);
    pace.lookAgain(at(0.2));
    expect(dueAfter(pace, 0.2)).toBe(1);
    pace.lookAgain(at(5));
    pace.again(at(0.2), 500_000);
    expect(dueAfter(pace, 0.2)).toBe(0.7);
  });

  it('begins only when it is asked to, where nothing was to be read yet', () => {
    const pace = new PicturePace(1_000_000, Number.POSITIVE_INFINITY);
    pace.lookAgain(at(1));
    expect(dueAfter(pace, 1)).toBe(Number.POSITIVE_INFINITY);
    pace.beginAnew(at(1));
    expect(dueAfter(pace, 1)).toBe(1);
  });

  it('is blind once reads have failed or hung for half a minute with none that ended', () => {
    const pace = begun(0);
    expect([pace.isBlind(at(29.9)), pace.isBlind(at(30))]).toEqual([false, true]);
    pace.failed(at(5));
    pace.begin(at(20), SESSION);
    expect(pace.isBlind(at(30))).toBe(true);
    pace.completed();
    expect(pace.isBlind(at(30))).toBe(false);
    pace.failed(at(40));
    expect([pace.isBlind(at(69.9)), pace.isBlind(at(70))]).toEqual([false, true]);
  });
});
