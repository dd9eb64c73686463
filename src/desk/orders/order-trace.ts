/** Latencies of orders, measured by the shell outside the step and outside every hashed record. */
import type { EngineEvent, OrderLatency } from '../engine-api.ts';

const MICROS_PER_MILLI = 1_000;
/** Orders whose latencies are kept; the oldest give way. */
const MAX_TRACED = 4_096;

interface Trace {
  confirmedAt: number;
  durableAt: number | undefined;
  sentAt: number | undefined;
  ackAt: number | undefined;
  filledAt: number | undefined;
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

  /** Puts latencies onto every order in a result, wherever it stands in it. */
  decorate(result: unknown): unknown {
    if (Array.isArray(result)) return result.map((item) => this.decorate(item));
    if (typeof result !== 'object' || result === null) return result;
    const entries = Object.entries(result).map(([name, value]) => [name, this.decorate(value)]);
    const copy: Record<string, unknown> = Object.fromEntries(entries);
    const { orderId } = copy;
    if (typeof orderId === 'string' && 'latency' in copy) copy['latency'] = this.latency(orderId);
    return copy;
  }
}
