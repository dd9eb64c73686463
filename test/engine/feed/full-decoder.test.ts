import { describe, expect, it } from 'vitest';
import { EventReader } from '../../../src/engine/feed/event-reader.ts';
import { decodeFull } from '../../../src/engine/feed/full-decoder.ts';
import { recordingCalls } from '../../support/feed/recording-calls.ts';

function decode(...data: readonly unknown[]): (readonly unknown[])[] {
  const { calls, sink } = recordingCalls();
  decodeFull(data, new EventReader(sink));
  return calls;
}

describe('decodeFull', () => {
  it('leaves nothing of one event to the next', () => {
    const whole = { eventType: 'Quote', eventSymbol: 'A', bidPrice: 1, askPrice: 2, bidSize: 3 };
    expect(decode(whole, { eventType: 'Quote', eventSymbol: 'B' })).toEqual([
      ['quote', 'A', 10_000, 20_000, 3, 0],
      ['quote', 'B', undefined, undefined, 0, 0],
    ]);
  });

  it('reads the events around a broken one', () => {
    const quote = { eventType: 'Quote', eventSymbol: 'A', askPrice: 2, askSize: 1 };
    expect(decode(null, 7, [], {}, { eventType: 'Profile' }, quote)).toEqual([
      ...Array.from({ length: 4 }, () => ['fault', 'badRow']),
      ['fault', 'unknownType'],
      ['quote', 'A', undefined, 20_000, 0, 1],
    ]);
  });
});
