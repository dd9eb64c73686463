import { beforeEach, describe, expect, it } from 'vitest';
import type { BrokerEvent } from '../../src/broker/order-gateway.ts';
import type { OrderFacts } from '../../src/broker/stream-witness.ts';
import { StreamWitness } from '../../src/broker/stream-witness.ts';
import type { At } from '../../src/engine/domain/clock.ts';
import { epochMicros } from '../../src/engine/domain/units.ts';

const intentId = '20261120-000001';

function at(second: number): At {
  const wall = epochMicros(1_000_000_000 + Math.round(second * 1_000_000));
  return { market: wall, wall };
}

function facts(filled: number, more: Partial<OrderFacts> = {}): OrderFacts {
  return { intentId, orderId: '7', filled: new Map([['SPY', filled]]), hasEnded: false, ...more };
}

const EXECUTION: BrokerEvent = { kind: 'unheard', intentId, what: 'execution' };
const END: BrokerEvent = { kind: 'unheard', intentId, what: 'end' };
const OVER: BrokerEvent = { kind: 'unheard', intentId, what: undefined };

let witness: StreamWitness;

/** What a list shows that was asked for a moment before the time at which it is there. */
function list(second: number, ...orders: OrderFacts[]): void {
  witness.list(orders, at(second - 0.1), at(second));
}

/** A stream that has been up for ten seconds, and an order that works. */
beforeEach(() => {
  witness = new StreamWitness();
  witness.begin(at(0));
  list(1, facts(0));
  list(4, facts(0));
});

describe('what a list shows and the stream has not told', () => {
  it('is told after three seconds, once', () => {
    list(10, facts(1));
    expect(witness.judge(at(12.9))).toEqual([]);
    list(12.95, facts(1));
    expect(witness.judge(at(13))).toEqual([EXECUTION]);
    expect(witness.judge(at(60))).toEqual([]);
    list(61, facts(2));
    expect(witness.judge(at(70))).toEqual([]);
  });

  it('is told of an end', () => {
    list(10, facts(0, { hasEnded: true }));
    expect(witness.judge(at(13))).toEqual([END]);
  });

  it('is told of an order that no list and no message named before', () => {
    list(10, facts(0), facts(1, { orderId: '8', intentId: 'other' }));
    expect(witness.judge(at(13))).toEqual([{ ...EXECUTION, intentId: 'other' }]);
  });

  it('is told of one order of an intent while the other is heard', () => {
    list(10, facts(1), facts(1, { orderId: '8' }));
    witness.hear(facts(1));
    expect(witness.judge(at(13))).toEqual([EXECUTION]);
  });

  it('is no difference where the stream is a little late, or was first', () => {
    list(10, facts(1));
    witness.hear(facts(1));
    witness.hear(facts(2, { hasEnded: true }));
    list(12, facts(2, { hasEnded: true }));
    expect(witness.judge(at(30))).toEqual([]);
  });

  it('is over once the stream has told all of it, and may come again', () => {
    list(10, facts(2, { hasEnded: true }));
    expect(witness.judge(at(13))).toEqual([EXECUTION]);
    witness.hear(facts(1));
    expect(witness.judge(at(14))).toEqual([]);
    witness.hear(facts(2, { hasEnded: true }));
    expect(witness.judge(at(15))).toEqual([OVER]);
    list(20, facts(3));
    expect(witness.judge(at(22))).toEqual([]);
    expect(witness.judge(at(23))).toEqual([EXECUTION]);
  });

  it('is not held against totals that an older message repeats', () => {
    witness.hear(facts(2));
    witness.hear(facts(1));
    list(10, facts(2));
    list(11, facts(1));
    expect(witness.judge(at(30))).toEqual([]);
  });
});

describe('a stream that is down', () => {
  it('is told by itself: what it has not told by then is no difference', () => {
    list(10, facts(1));
    witness.end();
    expect(witness.judge(at(20))).toEqual([]);
    list(21, facts(2));
    expect(witness.judge(at(30))).toEqual([]);
  });

  it('leaves what was told open until it begins anew', () => {
    list(10, facts(1));
    expect(witness.judge(at(13))).toEqual([EXECUTION]);
    witness.end();
    expect(witness.judge(at(20))).toEqual([]);
    witness.begin(at(30));
    expect(witness.judge(at(30))).toEqual([OVER]);
    list(31, facts(1));
    expect(witness.judge(at(60))).toEqual([]);
  });
});

describe('a stream that has just begun', () => {
  it('need not tell what the first list shows, however late that comes', () => {
    witness.begin(at(100));
    list(150, facts(1, { hasEnded: true }));
    expect(witness.judge(at(200))).toEqual([]);
  });

  it('need not tell what lists show that trail it', () => {
    witness.begin(at(100));
    list(101, facts(1));
    list(103, facts(2));
    expect(witness.judge(at(200))).toEqual([]);
    list(203, facts(3));
    expect(witness.judge(at(206))).toEqual([EXECUTION]);
  });

  it('is not judged by a list that was asked for before', () => {
    witness.begin(at(100));
    witness.list([facts(0)], at(99), at(101));
    list(110, facts(1));
    expect(witness.judge(at(200))).toEqual([]);
  });
});

describe('an order that is not kept any more', () => {
  it('is forgotten, and what was told of it is over', () => {
    list(10, facts(1));
    witness.judge(at(13));
    expect(witness.size).toBe(2);
    witness.keep((each) => each !== intentId);
    expect(witness.judge(at(14))).toEqual([OVER]);
    expect(witness.size).toBe(0);
  });
});
