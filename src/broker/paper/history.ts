/** The paper broker's memory: its account and orders rebuilt from what the journal holds. */

import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { OrderIntent } from '../../engine/domain/order.ts';
import type { Cents, EpochMicros } from '../../engine/domain/units.ts';
import { epochMicros } from '../../engine/domain/units.ts';
import type { BrokerEvent } from '../order-gateway.ts';
import { PaperAccount } from './paper-account.ts';
import type { PaperOrder } from './paper-order.ts';
import { brokerOrderId, countFill, remainingUnits } from './paper-order.ts';

export interface PaperHistory {
  /** Every intent that was recorded, sent or not. */
  readonly intents: readonly OrderIntent[];
  readonly brokerEvents: readonly BrokerEvent[];
}

/** A new order on its way in. */
export function newOrder(intent: OrderIntent, due: EpochMicros): PaperOrder {
  return {
    intent,
    symbols: intent.legs.map((leg) => instrumentSymbol(leg.instrument)),
    brokerOrderId: brokerOrderId(intent.intentId),
    status: 'arriving',
    ending: '',
    limit: intent.limit,
    filled: intent.legs.map(() => 0),
    executions: 0,
    lastDue: due,
  };
}

/** The account and the orders, the ended ones too, by client id. */
export interface ReplayedHistory {
  readonly account: PaperAccount;
  readonly orders: Map<string, PaperOrder>;
}

/** Replays the events. An intent that was never accepted is not among the orders: this broker has
 * no memory but the journal, so it does not exist. */
export function replayHistory(history: PaperHistory, startingCashCents: Cents): ReplayedHistory {
  const account = new PaperAccount(startingCashCents);
  const replayed: ReplayedHistory = { account, orders: new Map() };
  const intents = new Map(history.intents.map((intent) => [intent.intentId, intent]));
  const seenFills = new Set<string>();
  for (const event of history.brokerEvents) {
    if (event.kind === 'fill') {
      if (seenFills.has(event.fill.fillId)) continue;
      seenFills.add(event.fill.fillId);
    }
    replay(replayed, intents, event);
  }
  return replayed;
}

function replay(
  { account, orders }: ReplayedHistory,
  intents: ReadonlyMap<string, OrderIntent>,
  event: BrokerEvent,
): void {
  if (event.kind === 'connection') return;
  if (event.kind === 'settlement') {
    account.applySettlement(event.settlement);
    return;
  }
  const intent = intents.get(event.kind === 'fill' ? event.fill.intentId : event.intentId);
  if (intent === undefined) return;
  const order = orders.get(intent.intentId);
  if (event.kind === 'fill') account.applyFill(event.fill, intent.positionId);
  if (order !== undefined) fold(order, event);
  else if (event.kind === 'accepted') {
    orders.set(intent.intentId, { ...newOrder(intent, epochMicros(0)), status: 'working' });
  }
}

function fold(order: PaperOrder, event: BrokerEvent): void {
  if (event.kind === 'fill') {
    countFill(order, event.fill);
    if (remainingUnits(order) === 0) end(order, 'filled');
  } else if (event.kind === 'replaced') order.limit = event.limit;
  else if (event.kind === 'cancelled' || event.kind === 'expired' || event.kind === 'rejected') {
    end(order, event.kind);
  }
}

/** Ends an order; `how` is the word a late request hears. */
export function end(order: PaperOrder, how: string): void {
  order.status = 'ended';
  order.ending = how;
}
