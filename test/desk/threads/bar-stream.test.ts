import { describe, expect, it } from 'vitest';
import { BarStream } from '../../../src/desk/threads/bar-stream.ts';

const MINUTE = 60_000_000;
const FROM = 100 * MINUTE;

/** A stream that was asked for from the hundredth minute on, with the bars of these. */
function streamOf(...minutes: readonly number[]): BarStream {
  const stream = new BarStream();
  stream.want(FROM);
  for (const minute of minutes) stream.came(minute * MINUTE);
  return stream;
}

describe('bars', () => {
  it('are asked for anew once they are silent, once until one is new', () => {
    const stream = streamOf(101, 102);
    expect([stream.isOwed(false), stream.isOwed(true)]).toEqual([false, true]);
    stream.askedAnew();
    stream.came(102 * MINUTE);
    expect(stream.isOwed(true)).toBe(false);
    stream.came(103 * MINUTE);
    expect([stream.isOwed(false), stream.isOwed(true)]).toEqual([false, true]);
  });

  it('are asked for anew once for a minute that was left out', () => {
    const stream = streamOf(101, 103);
    expect(stream.isOwed(false)).toBe(true);
    stream.askedAnew();
    for (const minute of [101, 103, 104]) stream.came(minute * MINUTE);
    expect(stream.isOwed(false)).toBe(false);
  });

  it('are left out before the first that came, too, and not over a night', () => {
    expect(streamOf(102).isOwed(false)).toBe(true);
    const stream = streamOf(101, 102);
    stream.want(1_000 * MINUTE);
    stream.came(1_001 * MINUTE);
    expect(stream.isOwed(false)).toBe(false);
  });
});
