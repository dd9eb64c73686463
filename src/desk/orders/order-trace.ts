/** Latencies of orders, measured by the shell outside the step and outside every hashed record. */
import { MICROS_PER_MILLI } from '../../engine/domain/units.ts';
import type { EngineEvent, OrderLatency } from '../engine-api.ts';

/** Orders whose latencies are kept; the oldest give way. */
const MAX_TRACED = 4_096;

interface Trace {
  confirmedAt: number;
  durableAt: number | undefined;
  sentAt: number | undefined;
  ackAt: number | undefined;
  filledAt: number | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

function millis(from: number | undefined, to: number | undefined): number | null {
  if (from === undefined || to === undefined) return null;
  return (to - from) / MICROS_PER_MILLI;
}

/** Core thread's shell only. Times are wall microseconds. */
export class OrderTraces {
  readonly #traces = new Map<string, Trace>();

  /** The intent was recorded: the step that did it began at `confirmedAt`. */
  recorded(intentId: string, confirmedAt: number): void {
    this.#traces.set(intentId, {
      confirmedAt,
      durableAt: undefined,
      sentAt: undefined,
      ackAt: undefined,
      filledAt: undefined,
    });
    if (this.#traces.size <= MAX_TRACED) return;
    const [oldest] = this.#traces.keys();
    if (oldest !== undefined) this.#traces.delete(oldest);
  }

  durable(intentId: string, at: number): void {
    const trace = this.#traces.get(intentId);
    if (trace !== undefined) trace.durableAt ??= at;
  }

  /** Handed to the broker. Returns microseconds since the confirm. */
  sent(intentId: string, at: number): number | undefined {
    const trace = this.#traces.get(intentId);
    if (trace === undefined) return undefined;
    trace.sentAt ??= at;
    return trace.sentAt - trace.confirmedAt;
  }

  /** Takes the times of acknowledgement and fill from the order's own events. */
  observe(event: EngineEvent, at: number): void {
    if (event.kind !== 'order') return;
    const trace = this.#traces.get(event.order.orderId);
    if (trace === undefined) return;
    const { status } = event.order;
    if (status !== 'pending' && status !== 'denied') trace.ackAt ??= at;
    if (status === 'filled') trace.filledAt ??= at;
  }

  latency(intentId: string): OrderLatency | null {
    const trace = this.#traces.get(intentId);
    if (trace === undefined) return null;
    const { confirmedAt, durableAt, sentAt, ackAt, filledAt } = trace;
    return {
      confirmToJournalMs: millis(confirmedAt, durableAt),
      confirmToSendMs: millis(confirmedAt, sentAt),
      sendToAckMs: millis(sentAt, ackAt),
      sendToFillMs: millis(sentAt, filledAt),
    };
  }

  /** The result with latencies on every order in it, wherever it stands; what has none is not copied:
   * most results hold no order, and a card is large. */
  decorate(result: unknown): unknown {
    if (Array.isArray(result)) return this.#decorateList(result);
    return isFields(result) ? this.#decorateFields(result) : result;
  }

  #decorateList(items: readonly unknown[]): readonly unknown[] {
    let copy: unknown[] | undefined;
    for (let place = 0; place < items.length; place += 1) {
      const item = items[place];
      const decorated = this.decorate(item);
      if (decorated === item) continue;
      copy ??= [...items];
      copy[place] = decorated;
    }
    return copy ?? items;
  }

  #decorateFields(fields: Fields): Fields {
    let copy: Record<string, unknown> | undefined;
    for (const name in fields) {
      const value = fields[name];
      if (typeof value !== 'object' || value === null) continue;
      const decorated = this.decorate(value);
      if (decorated === value) continue;
      copy ??= { ...fields };
      copy[name] = decorated;
    }
    const { orderId } = fields;
    if (typeof orderId !== 'string' || !('latency' in fields)) return copy ?? fields;
    return { ...(copy ?? fields), latency: this.latency(orderId) };
  }
}
