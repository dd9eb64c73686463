import { describe, expect, it } from 'vitest';
import { addMicros, epochMicrosFromMillis } from '../../../src/engine/domain/units.ts';
import { SubscriptionBook } from '../../../src/engine/feed/subscription-book.ts';
import {
  FRAME_GAP_MICROS,
  HEAL_AFTER_MICROS,
  MAX_ENTRIES_PER_FRAME,
  SubscriptionPacer,
} from '../../../src/engine/feed/subscription-pacer.ts';
import { OPEN_MILLIS } from '../../support/feed/client-rig.ts';

const start = epochMicrosFromMillis(OPEN_MILLIS);

function pacerFor(count: number) {
  const book = new SubscriptionBook();
  book.want(Array.from({ length: count }, (_, i) => ({ type: 'Quote', symbol: `S${i}` })));
  const pacer = new SubscriptionPacer(book, { channelOf: () => 1, resumeMillis: () => undefined });
  return { book, pacer };
}

function entriesOf(frame: string | undefined): number {
  return (JSON.parse(frame ?? '{"add":[]}') as { add: unknown[] }).add.length;
}

describe('SubscriptionPacer', () => {
  it('has nothing to do until the channel is open', () => {
    const { pacer } = pacerFor(1);
    expect(pacer.wakeAt(start)).toBeUndefined();
    expect(pacer.nextFrame(start)).toBeUndefined();
    pacer.channelOpened(1);
    expect(pacer.wakeAt(start)).toBe(start);
    expect(pacer.nextFrame(start)).toBe(
      '{"type":"FEED_SUBSCRIPTION","channel":1,"reset":true,"add":[{"type":"Quote","symbol":"S0"}]}',
    );
    expect(pacer.wakeAt(start)).toBeUndefined();
  });

  it('fills a frame and sends the rest 100 ms later, not before', () => {
    const { pacer } = pacerFor(MAX_ENTRIES_PER_FRAME + 1);
    pacer.channelOpened(1);
    expect(entriesOf(pacer.nextFrame(start))).toBe(MAX_ENTRIES_PER_FRAME);
    const due = addMicros(start, FRAME_GAP_MICROS);
    expect(pacer.wakeAt(start)).toBe(due);
    expect(pacer.nextFrame(addMicros(due, -1))).toBeUndefined();
    expect(entriesOf(pacer.nextFrame(due))).toBe(1);
  });

  it('wakes for healing when nothing else waits', () => {
    const { pacer } = pacerFor(1);
    pacer.channelOpened(1);
    pacer.nextFrame(start);
    pacer.rateRefused(start);
    const due = addMicros(start, HEAL_AFTER_MICROS);
    expect(pacer.wakeAt(start)).toBe(due);
    expect(pacer.nextFrame(addMicros(due, -1))).toBeUndefined();
    expect(entriesOf(pacer.nextFrame(due))).toBe(1);
  });

  it('never shrinks frames below ten entries', () => {
    const { pacer } = pacerFor(100);
    for (let i = 0; i < 20; i += 1) pacer.shrinkFrames();
    pacer.channelOpened(1);
    expect(entriesOf(pacer.nextFrame(start))).toBe(10);
  });
});
