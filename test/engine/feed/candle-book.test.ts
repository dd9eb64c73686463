import { beforeEach, describe, expect, it } from 'vitest';
import { epochMicros, price } from '../../../src/engine/domain/units.ts';
import { CandleBook } from '../../../src/engine/feed/candle-book.ts';
import { EVENT_FLAGS } from '../../../src/engine/feed/event-flags.ts';
import { RecordingHandler } from '../../support/feed/recording-handler.ts';

const SYMBOL = 'SPY{=m,tho=true}';
const PENDING = EVENT_FLAGS.pending;
const REMOVE = EVENT_FLAGS.removeEvent;
const BEGIN = EVENT_FLAGS.snapshotBegin;
const END = EVENT_FLAGS.snapshotEnd;
const SNIP = EVENT_FLAGS.snapshotSnip;

let handler: RecordingHandler;
let book: CandleBook;

beforeEach(() => {
  handler = new RecordingHandler();
  book = new CandleBook(handler);
});

function row(minute: number, flags: number, close?: number, sequence = 0): void {
  const timeMillis = minute * 60_000;
  const bar =
    close === undefined
      ? undefined
      : {
          startsAt: epochMicros(timeMillis * 1_000),
          open: price(close),
          high: price(close),
          low: price(close),
          close: price(close),
          volume: 1,
        };
  book.row(SYMBOL, { flags, timeMillis, sequence, bar });
}

/** Calls since the last look, as `minute=close` and `-minute`. */
function told(): string[] {
  return handler.takeEvents().map(([name, , what]) => {
    if (name === 'removeCandle') return `-${Number(what) / 60_000_000}`;
    const bar = what as { startsAt: number; close: number };
    return `${bar.startsAt / 60_000_000}=${bar.close}`;
  });
}

describe('CandleBook', () => {
  it('reads the flags at their places in the protocol', () => {
    expect([PENDING, REMOVE, BEGIN, END, SNIP]).toEqual([1, 2, 4, 8, 16]);
  });

  it('delivers a snapshot at its end, oldest bar first, without its marker', () => {
    row(3, BEGIN, 30);
    row(2, 0, 20);
    expect(told()).toEqual([]);
    row(1, REMOVE | END);
    expect(told()).toEqual(['2=20', '3=30']);
  });

  it('keeps the bar at which the end marker stands', () => {
    row(3, BEGIN, 30);
    row(2, 0, 20);
    row(2, REMOVE | END);
    expect(told()).toEqual(['2=20', '3=30']);
  });

  it('takes a bar back that is removed while a snapshot comes', () => {
    row(3, BEGIN, 30);
    row(2, 0, 20);
    row(3, REMOVE);
    row(1, REMOVE | END);
    expect(told()).toEqual(['2=20']);
  });

  it('delivers a cut snapshot too', () => {
    row(3, BEGIN, 30);
    row(2, SNIP, 20);
    expect(told()).toEqual(['2=20', '3=30']);
  });

  it('delivers nothing for an empty snapshot', () => {
    row(1, BEGIN | END | REMOVE);
    expect(told()).toEqual([]);
  });

  it('waits for the transaction that ends the snapshot to be complete', () => {
    row(3, BEGIN | PENDING, 30);
    row(2, END | PENDING, 20);
    expect(told()).toEqual([]);
    row(4, 0, 40);
    expect(told()).toEqual(['2=20', '3=30', '4=40']);
  });

  it('delivers live rows as they come, and a pending transaction whole', () => {
    row(5, 0, 50);
    row(5, 0, 51);
    expect(told()).toEqual(['5=50', '5=51']);
    row(6, PENDING, 60);
    expect(told()).toEqual([]);
    row(7, 0, 70);
    expect(told()).toEqual(['6=60', '7=70']);
  });

  it('puts a live row that comes during a snapshot into it', () => {
    row(3, BEGIN, 30);
    row(4, 0, 40);
    row(2, END, 20);
    expect(told()).toEqual(['2=20', '3=30', '4=40']);
  });

  it('takes back bars that a new snapshot covers and does not hold, and no older ones', () => {
    for (const minute of [1, 2, 3, 4]) row(minute, 0, minute);
    told();
    row(4, BEGIN, 40);
    row(2, END, 20);
    expect(told()).toEqual(['-3', '2=20', '4=40']);
  });

  it('keeps a good bar when a snapshot brings an unreadable row in its place', () => {
    row(2, 0, 20);
    told();
    row(3, BEGIN, 30);
    row(2, END, undefined);
    expect(told()).toEqual(['3=30']);
  });

  it('takes a bar back once, and only under the sequence it has', () => {
    row(2, 0, 20, 7);
    told();
    row(2, REMOVE, undefined, 6);
    expect(told()).toEqual([]);
    row(2, REMOVE, undefined, 7);
    row(2, REMOVE, undefined, 7);
    expect(told()).toEqual(['-2']);
  });

  it('starts over when a snapshot begins again before the first one ended', () => {
    row(9, BEGIN, 90);
    row(8, 0, 80);
    row(3, BEGIN, 30);
    row(2, END, 20);
    expect(told()).toEqual(['2=20', '3=30']);
  });

  it('drops a half snapshot with its connection', () => {
    row(9, BEGIN, 90);
    book.connectionLost();
    row(10, 0, 100);
    expect(told()).toEqual(['10=100']);
  });

  it('names the newest bar after which another began', () => {
    const whole = () => book.wholeUntilMillis(SYMBOL, 60_000);
    expect(whole()).toBeUndefined();
    row(2, 0, 20);
    expect(whole()).toBeUndefined();
    row(4, 0, 40);
    row(3, 0, 30);
    expect(whole()).toBe(3 * 60_000);
    book.forget([SYMBOL]);
    expect(whole()).toBeUndefined();
  });

  it('names the bar before the first that is missing, until that has come', () => {
    for (const minute of [30, 31, 32, 35, 36]) row(minute, 0, minute);
    const whole = (from: number) => book.wholeUntilMillis(SYMBOL, from * 60_000);
    expect(whole(29)).toBe(32 * 60_000);
    expect(whole(28)).toBeUndefined();
    expect(whole(34)).toBe(35 * 60_000);
    for (const minute of [33, 34]) row(minute, 0, minute);
    expect(whole(29)).toBe(35 * 60_000);
  });
});
