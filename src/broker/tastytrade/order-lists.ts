/** Reads a list of orders to its end, page by page. Pure. */

import type { At } from '../../engine/domain/clock.ts';
import type { SessionDate } from '../../engine/domain/units.ts';
import type { GatewayEffect } from '../order-gateway.ts';
import { remembered } from '../remembered-reading.ts';
import type { Turn } from '../request-pacer.ts';
import type { WireRequests } from '../wire-requests.ts';
import { isThrottled } from '../wire-requests.ts';
import { pageIn, refusalIn } from './envelope.ts';
import type { TastyOrder } from './tasty-order.ts';
import { parseTastyOrder, rowIn } from './tasty-order.ts';

const PER_PAGE = 200;
/** A list that never ends is not a list: ten thousand orders of one day. */
const MOST_PAGES = 50;

/** What a list held when it was read to its end, oldest first; or why it was not. */
export type OrderList =
  | { readonly orders: readonly TastyOrder[]; readonly count: number }
  | { readonly failed: string; readonly isThrottled?: boolean };

export type OnList = (list: OrderList, at: At) => readonly GatewayEffect[];

/** The lists of one account. */
export class OrderLists {
  readonly #requests: WireRequests<readonly GatewayEffect[]>;
  readonly #root: string;
  readonly #isKnown: (id: string, tag: string | undefined) => boolean;

  /** `isKnown`: true of the id of an order that was read before, and of the tag of an order of ours. */
  constructor(
    requests: WireRequests<readonly GatewayEffect[]>,
    accountId: string,
    isKnown: (id: string, tag: string | undefined) => boolean,
  ) {
    this.#requests = requests;
    this.#isKnown = isKnown;
    this.#root = `/accounts/${accountId}/orders`;
  }

  /** The orders of today's session, ended ones too. It is one page unless it says otherwise. */
  live(turn: Turn, at: At, onList: OnList): readonly GatewayEffect[] {
    const pathOf = (page: number) =>
      `${this.#root}/live${page === 0 ? '' : `?page-offset=${page}`}`;
    const perPage = Number.POSITIVE_INFINITY;
    return this.#page({ turn, pathOf, perPage, page: 0, orders: [], count: 0 }, at, onList);
  }

  /** Everything since a date. The date is required from a version of the service on. */
  since(turn: Turn, date: SessionDate, at: At, onList: OnList): readonly GatewayEffect[] {
    const query = `start-date=${date}&sort=Asc&per-page=${PER_PAGE}`;
    const pathOf = (page: number) => `${this.#root}?${query}&page-offset=${page}`;
    const begun = {
      turn,
      pathOf,
      perPage: PER_PAGE,
      page: 0,
      orders: [],
      count: 0,
    } as const;
    return this.#page(begun, at, onList);
  }

  /** True of a row that could not be read and is an order that is known, or may be one. Somebody's order in what
   * this engine has no word for is left out. */
  readonly #isMissed = (item: unknown): boolean => {
    const row = rowIn(item);
    return row === undefined || this.#isKnown(row.id, row.tag);
  };

  #page(list: Progress, at: At, onList: OnList): readonly GatewayEffect[] {
    const path = list.pathOf(list.page);
    const asked = this.#requests.ask(
      { turn: list.turn, method: 'GET', path },
      at,
      (answer, answeredAt) => {
        if (answer.kind === 'httpFailed') return onList({ failed: answer.reason }, answeredAt);
        const { status, body } = answer;
        if (status !== 200) {
          const failed = refusalIn(status, body);
          return onList({ failed, isThrottled: isThrottled(answer) }, answeredAt);
        }
        const page = pageIn(body, list.perPage);
        if (page === undefined) return onList({ failed: 'the list cannot be read' }, answeredAt);
        const { found, unread } = rowsIn(body);
        const isLacking = unread.some(this.#isMissed);
        if (isLacking) return onList({ failed: 'an order in it cannot be read' }, answeredAt);
        const orders = [...list.orders, ...found];
        const count = list.count + page.items.length;
        if (page.isLast) return onList({ orders: orders.toSorted(oldestFirst), count }, answeredAt);
        if (list.page + 1 >= MOST_PAGES)
          return onList({ failed: 'the list has no end' }, answeredAt);
        return this.#page({ ...list, page: list.page + 1, orders, count }, answeredAt, onList);
      },
    );
    return [asked];
  }
}

interface Progress {
  readonly turn: Turn;
  readonly pathOf: (page: number) => string;
  readonly perPage: number;
  readonly page: number;
  readonly orders: readonly TastyOrder[];
  readonly count: number;
}

/** The orders in the rows of a page, and the rows that cannot be read as one. */
const rowsIn = remembered((body: string) => {
  const found: TastyOrder[] = [];
  const unread: unknown[] = [];
  for (const item of pageIn(body, PER_PAGE)?.items ?? []) {
    const order = parseTastyOrder(item);
    if (order === undefined) unread.push(item);
    else found.push(order);
  }
  return { found, unread };
});

function oldestFirst(a: TastyOrder, b: TastyOrder): number {
  return Number(a.id) - Number(b.id);
}
