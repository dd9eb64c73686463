import { describe, expect, it } from 'vitest';
import { ChannelFormat } from '../../../src/engine/feed/channel-format.ts';
import { decodeCompact } from '../../../src/engine/feed/compact-decoder.ts';
import { EventReader } from '../../../src/engine/feed/event-reader.ts';
import { recordingCalls } from '../../support/feed/recording-calls.ts';

function decode(announced: object, ...data: readonly unknown[]): (readonly unknown[])[] {
  const { calls, sink } = recordingCalls();
  const format = new ChannelFormat();
  format.apply({ dataFormat: 'COMPACT', eventFields: announced });
  decodeCompact(data, format, new EventReader(sink));
  return calls;
}

const QUOTE = ['eventSymbol', 'bidPrice', 'askPrice', 'bidSize', 'askSize'];

describe('decodeCompact', () => {
  it('leaves nothing of one row to the next', () => {
    const rows = ['A', 1, 2, 3, 4, 'B', 'NaN', 2, 'NaN', 'NaN'];
    expect(decode({ Quote: QUOTE }, 'Quote', rows)).toEqual([
      ['quote', 'A', 10_000, 20_000, 3, 4],
      ['quote', 'B', undefined, 20_000, 0, 0],
    ]);
  });

  it('leaves nothing of one type to a type with other fields', () => {
    const announced = { Quote: QUOTE, Summary: ['eventSymbol'] };
    const nothing = { openInterest: undefined, dayOpen: undefined, prevClose: undefined };
    expect(decode(announced, 'Quote', ['A', 1, 2, 3, 4], 'Summary', ['B'])).toEqual([
      ['quote', 'A', 10_000, 20_000, 3, 4],
      ['summary', 'B', nothing],
    ]);
  });

  it('reads no row of a group that is one value short or long', () => {
    for (const rows of [
      ['A', 1, 2, 3, 4, 'B', 1, 2, 3],
      ['A', 1, 2, 3, 4, 'B'],
    ]) {
      expect(decode({ Quote: QUOTE }, 'Quote', rows)).toEqual([['fault', 'rowLength']]);
    }
  });

  it('takes an empty group for no news', () => {
    expect(decode({ Quote: QUOTE }, 'Quote', [])).toEqual([]);
  });
});
