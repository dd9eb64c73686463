/** What the dashboard shows, once a second to everyone who looks. Main thread only. */

import type { ServerResponse } from 'node:http';
import type { Caller, EngineApi } from '../desk/engine-api.ts';
import { wallMicros } from '../engine/domain/clock.ts';
import { dollarsFromPrice } from '../engine/domain/units.ts';
import { chainRow, rowsAround } from '../mcp/chain-rows.ts';
import { every } from '../mcp/timers-shell.ts';
import { ordersOfToday } from '../mcp/tools/todays-orders.ts';
import type { HttpFault } from './http-reply.ts';

const SHOW_EVERY_MILLIS = 1_000;
const MOST_VIEWERS = 16;
/** A viewer that reads slower than this falls off. */
const MOST_UNREAD_BYTES = 1 << 20;
const STRIKES = 20;
const ORDERS = 10;
const FIELDS = ['bid', 'ask', 'iv', 'delta', 'volume', 'ageMs', 'modelled'] as const;
const VIEWER: Caller = { principal: 'dashboard', authority: 'observe' };

const TOO_MANY_VIEWERS: HttpFault = {
  status: 503,
  code: 'TOO_MANY_VIEWERS',
  message: `${MOST_VIEWERS} dashboards are open: close one`,
  headers: { 'Retry-After': '10' },
};

function chainOf(api: EngineApi): object | null {
  const slice = api.chain();
  if (slice === undefined) return null;
  const spot = slice.spot === undefined ? slice.forward : dollarsFromPrice(slice.spot);
  const wall = wallMicros();
  const rows = rowsAround(slice, spot ?? 0, STRIKES).map((row) => chainRow(row, FIELDS, wall));
  return { underlying: slice.underlying, spot: spot ?? null, epoch: slice.epoch, rows };
}

function valueIn<T>(answer: { readonly value: T } | { readonly denied: unknown }): T | null {
  return 'value' in answer ? answer.value : null;
}

/** One picture of the engine. What it did not answer is null: an empty list says that there is nothing. */
export async function snapshotOf(api: EngineApi): Promise<object> {
  const [market, pnl, delta, orders, alerts] = await Promise.all([
    api.marketStatus(),
    api.pnl(VIEWER),
    api.portfolioDelta(VIEWER),
    api.recentOrders(ORDERS, VIEWER),
    api.alerts(VIEWER),
  ]);
  const stamp = api.stamp();
  const listed = valueIn(orders)?.orders;
  return {
    stamp,
    health: api.health(),
    chain: chainOf(api),
    market: valueIn(market),
    pnl: valueIn(pnl),
    delta: valueIn(delta),
    orders: listed === undefined ? null : ordersOfToday(listed, stamp.asOf),
    alerts: valueIn(alerts)?.alerts ?? null,
  };
}

/** Sends snapshots as server-sent events. */
export class LiveView {
  readonly #api: EngineApi;
  readonly #viewers = new Set<ServerResponse>();
  #stop: (() => void) | undefined;
  #isBusy = false;

  constructor(api: EngineApi) {
    this.#api = api;
  }

  /** Adds a viewer until it goes away. */
  attach(response: ServerResponse): HttpFault | undefined {
    if (this.#viewers.size >= MOST_VIEWERS) return TOO_MANY_VIEWERS;
    response.writeHead(200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
    });
    this.#viewers.add(response);
    response.once('close', () => this.#detach(response));
    this.#stop ??= every(SHOW_EVERY_MILLIS, () => void this.#show());
    void this.#show();
    return undefined;
  }

  close(): void {
    for (const viewer of this.#viewers) viewer.end();
  }

  #detach(response: ServerResponse): void {
    this.#viewers.delete(response);
    if (this.#viewers.size > 0) return;
    this.#stop?.();
    this.#stop = undefined;
  }

  async #show(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      const event = `data: ${JSON.stringify(await snapshotOf(this.#api))}\n\n`;
      for (const viewer of this.#viewers) {
        if (viewer.writableLength > MOST_UNREAD_BYTES) viewer.destroy();
        else viewer.write(event);
      }
    } catch {
      // The next beat tries again; the page counts how long it has heard nothing.
    } finally {
      this.#isBusy = false;
    }
  }
}
