/**
 * Looks for the order of one intent in everything the broker lists from the intent's own day on: its list
 * of live orders is of today's session alone. It is absent only where both lists were read to their ends
 * and neither held it. Pure.
 */

import type { At } from '../../engine/domain/clock.ts';
import type { SessionDate } from '../../engine/domain/units.ts';
import type { GatewayEffect, OrderSearch } from '../order-gateway.ts';
import type { OrderLedger } from './order-ledger.ts';
import type { OrderList, OrderLists } from './order-lists.ts';
import { told } from './order-news.ts';
import type { TastyOrder } from './tasty-order.ts';

export interface SearchParts {
  readonly ledger: OrderLedger;
  readonly lists: OrderLists;
  /** Takes orders that a list showed. */
  readonly take: (orders: readonly TastyOrder[], at: At) => readonly GatewayEffect[];
}

export class OrderSearcher {
  readonly #parts: SearchParts;
  /** Intents that are being looked for: one search each at a time. */
  readonly #looking = new Set<string>();

  constructor(parts: SearchParts) {
    this.#parts = parts;
  }

  begin(intentId: string, date: SessionDate, at: At): readonly GatewayEffect[] {
    if (this.#looking.has(intentId)) return [];
    this.#looking.add(intentId);
    const { lists, ledger } = this.#parts;
    // What is looked for of a close keeps its position from being left: it waits for nothing else.
    const purpose = ledger.intent(intentId)?.purpose ?? 'open';
    const turn = purpose === 'open' ? 'search' : 'exit';
    return lists.live(turn, at, (live, liveAt) => {
      if ('failed' in live) return this.#end(intentId, incomplete(live.failed), liveAt);
      const effects = this.#parts.take(live.orders, liveAt);
      const rest = lists.since(turn, date, liveAt, (since, sinceAt) => {
        return this.#onBoth(intentId, { live, since, date, takenAt: at }, sinceAt);
      });
      return [...effects, ...rest];
    });
  }

  #onBoth(
    intentId: string,
    read: {
      readonly live: Listed;
      readonly since: OrderList;
      readonly date: SessionDate;
      readonly takenAt: At;
    },
    at: At,
  ): readonly GatewayEffect[] {
    const { live, since, date, takenAt } = read;
    if ('failed' in since) return this.#end(intentId, incomplete(since.failed), at);
    const effects = this.#parts.take(chainIn(since.orders, intentId), at);
    const { ledger } = this.#parts;
    const chain = ledger.chain(intentId);
    if (chain === undefined) {
      const evidence = `${live.count} orders of the session and ${since.count} since ${date} read`;
      return [...effects, ...this.#end(intentId, { outcome: 'absent', takenAt, evidence }, at)];
    }
    const { standing, orders } = chain;
    const evidence = `order ${orders.map(({ id, status }) => `${id} ${status}`).join(', ')}`;
    const restated = told(ledger.restate(intentId, at.wall), 'snapshot');
    const ended = this.#end(intentId, { outcome: 'found', standing, evidence }, at);
    return [...effects, ...restated, ...ended];
  }

  #end(intentId: string, search: OrderSearch, _at: At): readonly GatewayEffect[] {
    this.#looking.delete(intentId);
    return told([{ kind: 'searched', intentId, search }]);
  }
}

type Listed = Extract<OrderList, { readonly count: number }>;

/** The orders of an intent: what carries its tag, and what replaced that. What else a list of days holds
 * was told in its own time and is not told again. */
function chainIn(orders: readonly TastyOrder[], intentId: string): readonly TastyOrder[] {
  const ids = new Set<string>();
  return orders.filter(({ id, externalId, replacesId }) => {
    const isOf = externalId === intentId || (replacesId !== undefined && ids.has(replacesId));
    if (isOf) ids.add(id);
    return isOf;
  });
}

function incomplete(evidence: string): OrderSearch {
  return { outcome: 'incomplete', evidence };
}
