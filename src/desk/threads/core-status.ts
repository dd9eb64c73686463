/** What the faces know of the core between questions. */

import type { CounterName, Counters } from '../../ops/counters.ts';
import { tradingStateOf } from '../../risk/trading-state.ts';
import { heldDelta } from '../account/book-greeks.ts';
import { dayPnl } from '../account/day-pnl.ts';
import type { DeskContext } from '../desk-context.ts';
import type { Stamp } from '../engine-api.ts';
import { isoNewYork } from '../iso-time.ts';
import { newestQuoteAge } from '../session/freshness.ts';

const STATE_NUMBERS = { active: 0, reducing: 1, halted: 2 } as const;

/** The stamp that stands on every answer. */
export function stampOf(desk: DeskContext): Stamp {
  return {
    asOf: isoNewYork(desk.at.market),
    dataAgeMs: newestQuoteAge(desk) ?? null,
    environment: desk.config.environment,
    broker: desk.gateway.capabilities.name,
    tradingState: tradingStateOf(desk.day.status),
    killed: desk.day.killed,
  };
}

/** Brings a counter up to a total that is counted elsewhere. */
export function catchUp(counters: Counters, name: CounterName, total: number): void {
  counters.add(name, total - counters.get(name));
}

/** Writes the desk's gauges, and the counters whose totals the chain keeps. */
export function setGauges(desk: DeskContext, counters: Counters): void {
  counters.set('core_heartbeat_wall_micros', desk.at.wall);
  counters.set('trading_state', STATE_NUMBERS[tradingStateOf(desk.day.status)]);
  counters.set('orders_open', desk.orders.live().length);
  counters.set('positions_open', desk.book.structures().length);
  counters.set('feed_connected', desk.day.feedConnected ? 1 : 0);
  counters.set('chain_epoch', desk.reader.epoch());
  counters.set('chain_contracts', desk.chain.contractCount);
  const { compared, mean, worst } = desk.chain.feedGap;
  counters.set('feed_deltas_compared', compared);
  counters.set('feed_delta_gap_mean', mean);
  counters.set('feed_delta_gap_worst', worst);
  catchUp(counters, 'quotes_crossed', desk.chain.crossedQuotes);
  catchUp(counters, 'quotes_locked', desk.chain.lockedQuotes);
  counters.set('day_pnl_cents', dayPnl(desk).liquidationCents);
  counters.set('net_delta', heldDelta(desk));
}
