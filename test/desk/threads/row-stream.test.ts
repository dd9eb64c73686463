import { describe, expect, it } from 'vitest';
import { RowStream } from '../../../src/desk/threads/row-stream.ts';
import type { SessionTimes } from '../../../src/engine/domain/session-calendar.ts';
import {
  addMicros,
  type EpochMicros,
  epochMicros,
  MICROS_PER_SECOND,
} from '../../../src/engine/domain/units.ts';
import { buildSession } from '../../support/chain-builder.ts';

const SESSION = buildSession('2026-11-20');

/** Two hours into the session by market time, so many seconds after the connection. */
function at(seconds: number) {
  const micros = seconds * MICROS_PER_SECOND;
  const market = addMicros(SESSION.open, 7_200 * MICROS_PER_SECOND + micros);
  return { market, wall: epochMicros(1_000_000_000 + micros) };
}

/** A connection of which both rows were quoted once. */
function connected(): RowStream {
  const stream = new RowStream(10_000);
  stream.want(2);
  stream.begin(at(0).wall);
  stream.quoted(0);
  stream.quoted(1);
  return stream;
}

describe('the quotes of some rows', () => {
  it.each([
    [10, undefined],
    [10.001, 10_001],
  ])('%d s after the connection without news are silent for %j ms', (seconds, millis) => {
    expect(connected().silentMillis(at(seconds), SESSION)).toBe(millis);
  });

  it('are as old as the last look that found news of any row', () => {
    const stream = connected();
    stream.quoted(1);
    expect(stream.silentMillis(at(9), SESSION)).toBeUndefined();
    expect(stream.silentMillis(at(19), SESSION)).toBeUndefined();
    expect(stream.silentMillis(at(20), SESSION)).toBe(11_000);
  });

  it('are due while any is wanted, and through the session until its last trade', () => {
    const stream = connected();
    const dueAt = (micros: EpochMicros) => stream.isDue({ market: micros, wall: micros }, SESSION);
    const { open, lastTrade } = SESSION;
    expect(dueAt(lastTrade)).toBe(true);
    stream.want(0);
    const times = [addMicros(open, -1), open, addMicros(lastTrade, -1), lastTrade];
    expect(times.map(dueAt)).toEqual([false, true, true, false]);
  });

  it('may be silent before the first minute is over, and have their time from there', () => {
    const stream = connected();
    // A second before the first minute after the open is over.
    const early = 59 - 7_200;
    expect(stream.silentMillis(at(early), SESSION)).toBeUndefined();
    expect(stream.silentMillis(at(early + 10), SESSION)).toBeUndefined();
    expect(stream.silentMillis(at(early + 11), SESSION)).toBe(11_000);
  });

  it('have the time of a new connection to speak, and their first word on it is no news', () => {
    const stream = connected();
    stream.begin(at(60).wall);
    stream.quoted(0);
    expect(stream.silentMillis(at(70), SESSION)).toBeUndefined();
    stream.quoted(1);
    expect(stream.silentMillis(at(71), SESSION)).toBe(11_000);
  });

  it('need not speak where none are wanted, without a session, and beside its hours', () => {
    const none = connected();
    none.want(0);
    expect(none.silentMillis(at(60), SESSION)).toBeUndefined();
    expect(connected().silentMillis(at(60), undefined)).toBeUndefined();
    const silentAt = (market: SessionTimes['open']) =>
      connected().silentMillis({ ...at(60), market }, SESSION);
    const opened = addMicros(SESSION.open, 60 * MICROS_PER_SECOND);
    expect([silentAt(addMicros(opened, -1)), silentAt(opened)]).toEqual([undefined, 60_000]);
    const { lastTrade } = SESSION;
    expect([silentAt(addMicros(lastTrade, -1)), silentAt(lastTrade)]).toEqual([60_000, undefined]);
  });

  it('owe news behind a silence for which a connection was given up', () => {
    const stream = connected();
    expect(stream.isLive).toBe(true);
    stream.wentSilent();
    stream.begin(at(12).wall);
    stream.quoted(0);
    expect(stream.isLive).toBe(false);
    stream.quoted(0);
    expect(stream.isLive).toBe(true);
    stream.silentMillis(at(13), SESSION);
    expect(stream.isLive).toBe(true);
  });
});
