/**
 * Looks for the order of one intent in everything the broker lists of the day. It is absent only
 * where both lists were read to their ends and neither held it. Pure.
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
        return this.#onBoth(intentId, { live, since, takenAt: at }, sinceAt);
      });
      return [...effects, ...rest];
    });
  }

  #onBoth(
    intentId: string,
    read: { readonly live: Listed; readonly since: OrderList; readonly takenAt: At },
    at: At,
  ): readonly GatewayEffect[] {
    const { live, since, takenAt } = read;
    if ('failed' in since) return this.#end(intentId, incomplete(since.failed), at);
    const effects = this.#parts.take(since.orders, at);
    const { ledger } = this.#parts;
    const chain = ledger.chain(intentId);
    if (chain === undefined) {
      const evidence = `${live.count} orders of the session and ${since.count} of the day read`;
      return [...effects, ...this.#end(intentId, { outcome: 'absent', takenAt, evidence }, at)];
    }
    const { standing, orders } = chain;
    const evidence = `order ${orders.map(({ id, status }) => `${id} ${status}`).join(', ')}`;
    const restated = told(ledger.restate(intentId, at.wall));
    const ended = this.#end(intentId, { outcome: 'found', standing, evidence }, at);
    return [...effects, ...restated, ...ended];
  }

  #end(intentId: string, search: OrderSearch, _at: At): readonly GatewayEffect[] {
    this.#looking.delete(intentId);
    return told([{ kind: 'searched', intentId, search }]);
  }
}

type Listed = Extract<OrderList, { readonly count: number }>;

function incomplete(evidence: string): OrderSearch {
  return { outcome: 'incomplete', evidence };
}
