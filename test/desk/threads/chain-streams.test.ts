import { describe, expect, it } from 'vitest';
import { ChainStreams } from '../../../src/desk/threads/chain-streams.ts';
import {
  addMicros,
  type EpochMicros,
  epochMicros,
  MICROS_PER_SECOND,
} from '../../../src/engine/domain/units.ts';
import { buildSession } from '../../support/chain-builder.ts';

const SESSION = buildSession('2026-11-20');

/** So many seconds after a connection that was made two hours into the session. */
function at(seconds: number, from: EpochMicros = addMicros(SESSION.open, 7_200_000_000)) {
  const micros = seconds * MICROS_PER_SECOND;
  return { market: addMicros(from, micros), wall: epochMicros(1_000_000_000 + micros) };
}

/** A connection of which the underlying and two options were told once. */
function connected(underlying = 'SPY'): ChainStreams {
  const streams = new ChainStreams(underlying);
  streams.want(2);
  streams.begin(at(0).wall);
  for (const row of [-1, 0, 1]) streams.quoted(row);
  streams.traded(-1);
  return streams;
}

describe('the streams of a chain', () => {
  it.each([
    ['SPY', 10],
    ['XSP', 30],
  ])('miss %s where it alone was silent for more than %d s', (underlying, limit) => {
    const streams = connected(underlying);
    streams.quoted(0);
    expect(streams.silence(at(limit), SESSION)).toBeUndefined();
    streams.quoted(0);
    const millis = limit * 1_000 + 1;
    const silence = streams.silence(at(limit + 0.001), SESSION);
    expect(silence).toEqual({ of: 'underlying', millis });
  });

  it('hear an index by its trades, and what has quotes by those alone', () => {
    const news = (underlying: string, told: 'quoted' | 'traded') => {
      const streams = connected(underlying);
      for (let second = 5; second <= 60; second += 5) {
        streams.quoted(0);
        streams[told](-1);
        if (streams.silence(at(second), SESSION) !== undefined) return false;
      }
      return true;
    };
    expect([news('SPY', 'quoted'), news('SPY', 'traded')]).toEqual([true, false]);
    expect([news('XSP', 'quoted'), news('XSP', 'traded')]).toEqual([false, true]);
  });

  it('name the options where all is silent, and nothing where none is wanted', () => {
    const streams = connected();
    expect(streams.silence(at(11), SESSION)).toEqual({ of: 'options', millis: 11_000 });
    streams.want(0);
    expect(streams.silence(at(12), SESSION)).toBeUndefined();
  });

  it('miss no underlying outside the session or in the first minute of it', () => {
    const opened = addMicros(SESSION.open, 59 * MICROS_PER_SECOND);
    const silent = (from: EpochMicros) => {
      const streams = connected();
      streams.quoted(0);
      return (
        streams.silence(at(0, from), SESSION) ??
        streams.silence({ ...at(11), market: from }, SESSION)
      );
    };
    expect([silent(opened), silent(SESSION.lastTrade)]).toEqual([undefined, undefined]);
    expect(connected().silence(at(60), undefined)).toBeUndefined();
  });

  it.each([
    ['SPY', 'quoted'],
    ['XSP', 'traded'],
  ] as const)(
    'hand on of %s behind a silence what is news, and all once the market is over',
    (underlying, told) => {
      const streams = connected(underlying);
      expect(streams[told](-1)).toBe(true);
      streams.silence(at(0), SESSION);
      streams.silence(at(40), SESSION);
      streams.begin(at(42).wall);
      expect([streams[told](-1), streams.quoted(0), streams.traded(0)]).toEqual([
        false,
        true,
        true,
      ]);
      expect(streams[told](-1)).toBe(true);
      streams.begin(at(43).wall);
      streams.silence({ ...at(44), market: SESSION.lastTrade }, SESSION);
      expect(streams[told](-1)).toBe(true);
    },
  );
});
