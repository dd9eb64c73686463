/**
 * The account's picture of one moment, read in four requests: orders, positions and balances, orders
 * again. It is handed out only where nothing changed from the first to the last. Pure.
 */

import type { At } from '../../engine/domain/clock.ts';
import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import { addMicros, MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import type { AccountSnapshot, GatewayEffect, HeldPosition } from '../order-gateway.ts';
import type { WireRequests } from '../wire-requests.ts';
import type { TastyBalances } from './account-rows.ts';
import { balancesIn, positionsIn } from './account-rows.ts';
import type { OrderLedger } from './order-ledger.ts';
import type { OrderList, OrderLists } from './order-lists.ts';
import { snapshotOf } from './snapshot-of.ts';
import type { TastyOrder } from './tasty-order.ts';
import { isWhole } from './tasty-order.ts';

/** The broker frowns on lists that are polled: its stream is the first source, this the second. */
const EVERY_MICROS = 10 * MICROS_PER_SECOND;
const LEAST_APART_MICROS = 5 * MICROS_PER_SECOND;
const RETRY_MICROS = MICROS_PER_SECOND;
/** The positions of this broker trail its fills, by seconds at worst. */
const POSITIONS_LAG_MICROS = 4 * MICROS_PER_SECOND;
/** Requests have time limits of their own; a round that outlives them all is given up. */
const LONGEST_ROUND_MICROS = 90 * MICROS_PER_SECOND;
const NOTHING: readonly GatewayEffect[] = [];

interface Round {
  readonly begunAt: At;
  readonly mark: number;
  positions?: readonly HeldPosition[];
  balances?: TastyBalances;
}

export interface PollParts {
  readonly accountId: string;
  readonly requests: WireRequests<readonly GatewayEffect[]>;
  readonly ledger: OrderLedger;
  readonly lists: OrderLists;
  /** Takes orders that a list showed. */
  readonly take: (orders: readonly TastyOrder[], at: At) => readonly GatewayEffect[];
  /** Hears what a list showed that was asked for at `askedAt`. */
  readonly onListed: (
    orders: readonly TastyOrder[],
    askedAt: At,
    at: At,
  ) => readonly GatewayEffect[];
}

export class AccountPoll {
  readonly #parts: PollParts;
  #round: Round | undefined;
  #dueAt = Number.POSITIVE_INFINITY;
  #lastBegun = Number.NEGATIVE_INFINITY;
  #snapshot: AccountSnapshot | undefined;
  /** Counts what the stream told of positions and balances. */
  #news = 0;
  #session: SessionTimes | undefined;

  constructor(parts: PollParts) {
    this.#parts = parts;
  }

  get snapshot(): AccountSnapshot | undefined {
    return this.#snapshot;
  }

  /** The stream began anew: it repeats nothing, so everything is read at once. */
  beginAnew(at: At): void {
    this.#round = undefined;
    this.#lastBegun = Number.NEGATIVE_INFINITY;
    this.#dueAt = at.wall;
  }

  stop(): void {
    this.#round = undefined;
    this.#dueAt = Number.POSITIVE_INFINITY;
  }

  /** Something changed: the picture is old. */
  noteChange(at: At): void {
    this.#news += 1;
    const soonest = Math.max(at.wall, this.#lastBegun + LEAST_APART_MICROS);
    this.#dueAt = Math.min(this.#dueAt, soonest);
  }

  onClock(at: At, session: SessionTimes): readonly GatewayEffect[] {
    this.#session = session;
    const round = this.#round;
    if (round !== undefined && at.wall > round.begunAt.wall + LONGEST_ROUND_MICROS) this.#again(at);
    if (this.#round !== undefined || at.wall < this.#dueAt) return NOTHING;
    const settled = this.#parts.ledger.lastFillWall + POSITIONS_LAG_MICROS;
    if (at.wall < settled) return NOTHING;
    return this.#begin(at);
  }

  #begin(at: At): readonly GatewayEffect[] {
    this.#lastBegun = at.wall;
    this.#dueAt = addMicros(at.wall, EVERY_MICROS);
    const round: Round = { begunAt: at, mark: 0 };
    this.#round = round;
    return this.#parts.lists.live('read', at, (list, listedAt) =>
      this.#onFirst(round, list, listedAt),
    );
  }

  #onFirst(round: Round, list: OrderList, at: At): readonly GatewayEffect[] {
    if (this.#round !== round) return NOTHING;
    if ('failed' in list) return this.#again(at);
    const { requests, accountId, take, onListed } = this.#parts;
    const events = [...take(list.orders, at), ...onListed(list.orders, round.begunAt, at)];
    const marked: Round = { begunAt: at, mark: this.#mark() };
    this.#round = marked;
    const read = (what: string, put: (body: string) => void) =>
      requests.ask(
        { turn: 'read', method: 'GET', path: `/accounts/${accountId}/${what}` },
        at,
        (answer, answeredAt) => {
          if (this.#round !== marked) return NOTHING;
          if (answer.kind === 'httpResponse' && answer.status === 200) put(answer.body);
          else return this.#again(answeredAt);
          return this.#onPart(marked, answeredAt);
        },
      );
    return [
      ...events,
      read('positions', (body) => {
        const positions = positionsIn(body);
        if (positions !== undefined) marked.positions = positions;
        else this.#again(at);
      }),
      read('balances', (body) => {
        const balances = balancesIn(body);
        if (balances !== undefined) marked.balances = balances;
        else this.#again(at);
      }),
    ];
  }

  #onPart(round: Round, at: At): readonly GatewayEffect[] {
    const { positions, balances } = round;
    if (this.#round !== round || positions === undefined || balances === undefined) return NOTHING;
    return this.#parts.lists.live('read', at, (list, listedAt) =>
      this.#onLast(round, list, listedAt),
    );
  }

  #onLast(round: Round, list: OrderList, at: At): readonly GatewayEffect[] {
    if (this.#round !== round) return NOTHING;
    if ('failed' in list) return this.#again(at);
    const events = this.#parts.take(list.orders, at);
    const { positions, balances } = round;
    const isWholePicture = list.orders.every((o) => o.standing !== 'filled' || isWhole(o));
    const hasChanged = this.#mark() !== round.mark || !isWholePicture;
    const session = this.#session;
    if (hasChanged || positions === undefined || balances === undefined || session === undefined) {
      return [...events, ...this.#again(at)];
    }
    this.#round = undefined;
    const { accountId, ledger } = this.#parts;
    const fillsSince = session.open;
    this.#snapshot = snapshotOf(ledger, list.orders, {
      asOf: round.begunAt,
      accountId,
      positions,
      fillsSince,
      ...balances,
    });
    return events;
  }

  #mark(): number {
    return this.#parts.ledger.version + this.#news;
  }

  #again(at: At): readonly GatewayEffect[] {
    this.#round = undefined;
    this.#dueAt = Math.min(this.#dueAt, addMicros(at.wall, RETRY_MICROS));
    return NOTHING;
  }
}
