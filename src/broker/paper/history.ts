/** The paper broker's memory: its account and orders rebuilt from what the journal holds. */

import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { Fill, OrderIntent } from '../../engine/domain/order.ts';
import type { Cents, EpochMicros } from '../../engine/domain/units.ts';
import { epochMicros } from '../../engine/domain/units.ts';
import type { BrokerEvent } from '../order-gateway.ts';
import { PaperAccount } from './paper-account.ts';
import type { PaperOrder } from './paper-order.ts';
import { brokerOrderId, countFill, remainingUnits } from './paper-order.ts';
import type { LedgerEntry } from './paper-statement.ts';

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
    isTriggered: intent.stopTrigger === undefined,
    isQuoted: false,
    filled: intent.legs.map(() => 0),
    executions: 0,
    lastDue: due,
  };
}

/** The account and the orders, the ended ones too, by client id. */
export interface ReplayedHistory {
  readonly account: PaperAccount;
  readonly orders: Map<string, PaperOrder>;
  readonly executions: Fill[];
  /** Every booking of the account, oldest first. */
  readonly ledger: LedgerEntry[];
  /** The orders that ended, in the order of their ends. */
  readonly ended: Set<PaperOrder>;
}

/** Replays the events; an execution that was busted later never happened. An intent of which nothing was told
 * is not among the orders: this broker has no memory but the journal, so it does not exist. */
export function replayHistory(history: PaperHistory, startingCashCents: Cents): ReplayedHistory {
  const account = new PaperAccount(startingCashCents);
  const replayed: ReplayedHistory = {
    account,
    orders: new Map(),
    executions: [],
    ledger: [],
    ended: new Set(),
  };
  const intents = new Map(history.intents.map((intent) => [intent.intentId, intent]));
  const seenFills = new Set(
    history.brokerEvents.flatMap((event) => (event.kind === 'busted' ? [event.fillId] : [])),
  );
  for (const event of history.brokerEvents) {
    if (event.kind === 'fill') {
      if (seenFills.has(event.fill.fillId)) continue;
      seenFills.add(event.fill.fillId);
    }
    replay(replayed, intents, event);
  }
  return replayed;
}

/** What is told first of an order that has reached the broker. */
const REACHED: ReadonlySet<BrokerEvent['kind']> = new Set(['accepted', 'rejected', 'cancelled']);

function replay(
  { account, orders, executions, ledger, ended }: ReplayedHistory,
  intents: ReadonlyMap<string, OrderIntent>,
  event: BrokerEvent,
): void {
  if (event.kind === 'connection' || event.kind === 'marked') return;
  if (event.kind === 'settlement') {
    account.applySettlement(event.settlement);
    ledger.push(event);
    return;
  }
  const intent = intents.get(event.kind === 'fill' ? event.fill.intentId : event.intentId);
  if (intent === undefined) return;
  if (event.kind === 'fill') {
    account.applyFill(event.fill, intent.positionId);
    executions.push(event.fill);
    ledger.push(event);
  }
  const known = orders.get(intent.intentId);
  if (known === undefined && !REACHED.has(event.kind)) return;
  const order: PaperOrder = known ?? { ...newOrder(intent, epochMicros(0)), status: 'working' };
  orders.set(intent.intentId, order);
  fold(order, event);
  if (order.status === 'ended') ended.add(order);
}

function fold(order: PaperOrder, event: BrokerEvent): void {
  if (event.kind === 'fill') {
    countFill(order, event.fill);
    // an execution proves that a stop was set off
    order.isTriggered = true;
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
