import { beforeEach, describe, expect, it } from 'vitest';
import type { OrderNews } from '../../../src/desk/simulation/stream-oracle.ts';
import { StreamOracle } from '../../../src/desk/simulation/stream-oracle.ts';
import type { AuditBody, AuditRecord } from '../../../src/engine/domain/audit-record.ts';
import type { OrderIntent } from '../../../src/engine/domain/order.ts';
import { epochMicros, sessionDate } from '../../../src/engine/domain/units.ts';

const intentId = '20261120-000001';

function micros(second: number) {
  return epochMicros(1_000_000_000 + second * 1_000_000);
}

function record(body: AuditBody): AuditRecord {
  const at = { market: micros(0), wall: micros(0) };
  return { version: 1, seq: 1, session: sessionDate('2026-11-20'), at, body };
}

function news(filled: number, standing: OrderNews['standing'] = 'working'): OrderNews {
  return { intentId, orderId: '7', filled: new Map([['leg', filled]]), standing };
}

let said: string[];
let oracle: StreamOracle;

function list(second: number, ...orders: OrderNews[]): void {
  const askedAt = micros(second - 0.5);
  oracle.onHeard({ kind: 'list', askedAt, orders }, micros(second));
}

function stream(second: number, ...orders: OrderNews[]): void {
  oracle.onHeard({ kind: 'stream', orders }, micros(second));
}

function tick(second: number): void {
  oracle.onInput({ kind: 'clock', at: { market: micros(second), wall: micros(second) } });
  oracle.afterStep(micros(second));
}

function tell(action?: 'resolve'): void {
  const alert = { kind: 'alert', code: 'STREAM_MISSED', text: '', subject: intentId } as const;
  if (action === undefined) oracle.onRecord(record({ ...alert, severity: 'warning' }));
  else oracle.onRecord(record({ ...alert, severity: 'info', action }));
}

/** Lists and ticks every two seconds from one time to another. */
function pass(from: number, to: number, ...orders: OrderNews[]): void {
  for (let second = from; second <= to; second += 2) {
    list(second, ...orders);
    tick(second + 1);
  }
}

/** A stream that has been up for half a minute, and an order that works. */
beforeEach(() => {
  said = [];
  oracle = new StreamOracle((what) => said.push(what));
  const intent = { intentId } as OrderIntent;
  oracle.onRecord(record({ kind: 'intentRecorded', intent, tokenSha256: '' } as AuditBody));
  oracle.onHeard({ kind: 'up' }, micros(0));
  pass(1, 30, news(0));
});

const NOBODY = `a list shows what the stream has not told of ${intentId}, and nobody was told`;
const STILL = `STREAM_MISSED ${intentId} is told of still, and the stream has told all of it`;
const FALSE = `the stream has told all of ${intentId}, and it is told that it has not`;

describe('what a list shows and the stream does not tell', () => {
  it.each([[news(1)], [news(0, 'ended')]])('has to be told, once', (listed) => {
    pass(40, 60, listed);
    expect(said).toEqual([NOBODY]);
  });

  it('is well told by the stream, or to somebody', () => {
    list(40, news(1));
    stream(42, news(1));
    pass(44, 60, news(1));
    list(62, news(2));
    tell();
    pass(64, 80, news(2));
    expect(said).toEqual([]);
  });

  it('is no difference while the stream is down, or where it was before that began', () => {
    oracle.onHeard({ kind: 'down' }, micros(31));
    pass(32, 50, news(1));
    oracle.onHeard({ kind: 'up' }, micros(51));
    pass(52, 80, news(1));
    expect(said).toEqual([]);
  });

  it('is no end where another order took its place, or the order filled', () => {
    list(40, news(0, 'replaced'), { ...news(1), orderId: '8' });
    stream(41, { ...news(1), orderId: '8' });
    pass(42, 60, news(0, 'ended'), { ...news(1, 'done'), orderId: '8' });
    expect(said).toEqual([]);
  });
});

describe('a page of it', () => {
  it('is false where the stream has told all', () => {
    list(40, news(1));
    stream(41, news(1));
    tell();
    expect(said).toEqual([FALSE]);
  });

  it('is over once the stream has told it', () => {
    list(40, news(1));
    tell();
    stream(50, news(1));
    pass(51, 53, news(1));
    tell('resolve');
    pass(55, 70, news(1));
    expect(said).toEqual([]);
    list(71, news(2));
    tell();
    stream(72, news(2));
    pass(73, 90, news(2));
    expect(said).toEqual([STILL]);
  });

  it('is over with its stream, and with its run', () => {
    list(40, news(1));
    tell();
    oracle.onHeard({ kind: 'up' }, micros(41));
    pass(42, 60, news(1));
    expect(said).toEqual([STILL]);
    tell();
    oracle.onCrash([]);
    pass(62, 90, news(1));
    expect(said).toEqual([STILL, FALSE]);
  });
});
