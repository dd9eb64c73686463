import { beforeEach, describe, expect, it } from 'vitest';
import { epochMicrosFromMillis } from '../../../src/engine/domain/units.ts';
import {
  EventReader,
  MAX_COUNT,
  MAX_EVENT_LEAD_MILLIS,
  MAX_IMPLIED_VOL,
  MAX_PRICE_DOLLARS,
  MIN_EVENT_MILLIS,
} from '../../../src/engine/feed/event-reader.ts';
import { type FeedType, MAX_SYMBOL_LENGTH } from '../../../src/engine/feed/feed-subscription.ts';
import { OPEN_MILLIS } from '../../support/feed/client-rig.ts';
import { recordingCalls } from '../../support/feed/recording-calls.ts';

const now = epochMicrosFromMillis(OPEN_MILLIS);

let reader: EventReader;
let calls: (readonly unknown[])[];

beforeEach(() => {
  const recording = recordingCalls();
  calls = recording.calls;
  reader = new EventReader(recording.sink);
  reader.startFrame(1, { market: now, wall: now });
});

function read(type: FeedType, ...raw: readonly unknown[]): (readonly unknown[])[] {
  raw.forEach((value, field) => {
    reader.raw[field] = value;
  });
  reader.read(type);
  return calls.splice(0);
}

const FAULT = ['fault', 'outOfRange'];

describe('EventReader', () => {
  it('believes the highest price and not the next one', () => {
    const highest = MAX_PRICE_DOLLARS * 10_000;
    expect(read('Quote', 'A', 1, MAX_PRICE_DOLLARS, 1, 1)).toEqual([
      ['quote', 'A', 10_000, highest, 1, 1],
    ]);
    expect(read('Quote', 'A', 1, MAX_PRICE_DOLLARS + 0.01, 1, 1)).toEqual([
      FAULT,
      ['quote', 'A', 10_000, undefined, 1, 0],
    ]);
  });

  it('knows no price below half of the smallest unit', () => {
    expect(read('Quote', 'A', 0.00004, 0.00005, 1, 1)).toEqual([
      ['quote', 'A', undefined, 1, 0, 1],
    ]);
  });

  it('believes the highest count and not the next one', () => {
    expect(read('Quote', 'A', 1, 2, MAX_COUNT, 0)).toEqual([
      ['quote', 'A', 10_000, 20_000, MAX_COUNT, 0],
    ]);
    expect(read('Quote', 'A', 1, 2, MAX_COUNT * 2, 0)[0]).toEqual(FAULT);
  });

  it('believes the highest volatility and not the next one', () => {
    const greeks = ['greeks', 'A', 0.5, MAX_IMPLIED_VOL, OPEN_MILLIS];
    expect(read('Greeks', 'A', OPEN_MILLIS, 0.5, MAX_IMPLIED_VOL)).toEqual([greeks]);
    expect(read('Greeks', 'A', OPEN_MILLIS, 0.5, MAX_IMPLIED_VOL + 0.001)).toEqual([FAULT]);
  });

  it.each([
    ['first', MIN_EVENT_MILLIS, MIN_EVENT_MILLIS - 1],
    ['last', OPEN_MILLIS + MAX_EVENT_LEAD_MILLIS, OPEN_MILLIS + MAX_EVENT_LEAD_MILLIS + 1],
  ])('believes the %s plausible time and not the one beyond it', (_, inside, outside) => {
    expect(read('Trade', 'A', inside, 1, 2, 3)).toEqual([['trade', 'A', 10_000, 2, 3, inside]]);
    expect(read('Trade', 'A', outside, 1, 2, 3)).toEqual([
      FAULT,
      ['trade', 'A', 10_000, 2, 3, undefined],
    ]);
  });

  it('takes the longest symbol and not a longer one', () => {
    const longest = 'x'.repeat(MAX_SYMBOL_LENGTH);
    expect(read('Quote', longest, 1, 2, 3, 4)).toHaveLength(1);
    expect(read('Quote', `${longest}x`, 1, 2, 3, 4)).toEqual([['fault', 'badRow']]);
  });

  it('takes a print that is flagged as removed for a cancellation', () => {
    const [call] = read('TimeAndSale', 'A', 2, OPEN_MILLIS, 7, 1, 5, 'SELL', 'NEW');
    expect(call).toMatchObject(['sale', 'A', { kind: 'cancel', aggressor: 'sell' }]);
  });

  it('drops a print without a price or a time', () => {
    expect(read('TimeAndSale', 'A', 0, OPEN_MILLIS, 7, 'NaN', 5, 'SELL', 'NEW')).toEqual([]);
    expect(read('TimeAndSale', 'A', 0, 0, 7, 1, 5, 'SELL', 'NEW')).toEqual([]);
  });
});
