import { describe, expect, it } from 'vitest';
import type { EngineEvent, OrderStatusView, OrderView } from '../../../src/desk/engine-api.ts';
import { OrderTraces } from '../../../src/desk/orders/order-trace.ts';

function orderEvent(orderId: string, status: OrderStatusView): EngineEvent {
  return { kind: 'order', order: { orderId, status } as OrderView };
}

describe('the latencies of an order', () => {
  it('are measured from step to step, in milliseconds', () => {
    const traces = new OrderTraces();
    traces.recorded('a', 1_000);
    traces.durable('a', 3_000);
    expect(traces.sent('a', 4_500)).toBe(3_500);
    traces.observe(orderEvent('a', 'pending'), 4_600);
    traces.observe(orderEvent('a', 'working'), 9_500);
    traces.observe(orderEvent('a', 'filled'), 14_500);
    expect(traces.latency('a')).toEqual({
      confirmToJournalMs: 2,
      confirmToSendMs: 3.5,
      sendToAckMs: 5,
      sendToFillMs: 10,
    });
  });

  it('are null for the steps not taken yet', () => {
    const traces = new OrderTraces();
    traces.recorded('a', 1_000);
    traces.durable('a', 2_000);
    expect(traces.latency('a')).toEqual({
      confirmToJournalMs: 1,
      confirmToSendMs: null,
      sendToAckMs: null,
      sendToFillMs: null,
    });
  });

  it('count each step the first time only', () => {
    const traces = new OrderTraces();
    traces.recorded('a', 0);
    for (const at of [1_000, 9_000]) {
      traces.durable('a', at);
      traces.sent('a', at);
      traces.observe(orderEvent('a', 'filled'), at + 1_000);
    }
    expect(traces.latency('a')).toEqual({
      confirmToJournalMs: 1,
      confirmToSendMs: 1,
      sendToAckMs: 1,
      sendToFillMs: 1,
    });
  });

  it('are not known of orders that were never recorded here', () => {
    const traces = new OrderTraces();
    traces.durable('x', 1);
    traces.observe(orderEvent('x', 'filled'), 2);
    traces.observe({ kind: 'positions' }, 2);
    expect([traces.sent('x', 1), traces.latency('x')]).toEqual([undefined, null]);
  });

  it('are kept of the newest orders only', () => {
    const traces = new OrderTraces();
    for (let n = 0; n <= 4_096; n += 1) traces.recorded(`o${n}`, n);
    expect(traces.latency('o0')).toBeNull();
    expect(traces.latency('o1')).not.toBeNull();
    expect(traces.latency('o4096')).not.toBeNull();
  });
});

describe('latencies on an answer', () => {
  const traces = new OrderTraces();
  traces.recorded('a', 0);
  traces.sent('a', 2_000);
  const latency = traces.latency('a');

  it('stand on every order in it, however deep', () => {
    const answer = {
      value: { orderId: 'a', latency: null, orders: [{ orderId: 'a', latency: null }] },
    };
    expect(traces.decorate(answer)).toEqual({
      value: { orderId: 'a', latency, orders: [{ orderId: 'a', latency }] },
    });
  });

  it('leave everything else as it is', () => {
    const answer = { value: { orderId: 'a', list: [1, null, 'x'], latency: null } };
    traces.decorate(answer);
    expect(answer.value.latency).toBeNull();
    expect(traces.decorate({ orderId: 'a' })).toEqual({ orderId: 'a' });
    expect(traces.decorate({ latency: 7 })).toEqual({ latency: 7 });
    expect(traces.decorate('text')).toBe('text');
    expect(traces.decorate(undefined)).toBeUndefined();
  });
});
