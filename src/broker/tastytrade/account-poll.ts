/**
 * The account's picture of one moment, read in four requests: orders, positions and balances, orders
 * again. It is handed out only where nothing changed from the first to the last. Pure.
 */

import type { At } from '../../engine/domain/clock.ts';
import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import { MICROS_PER_MINUTE, MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import type { AccountSnapshot, GatewayEffect, HeldPosition } from '../order-gateway.ts';
import { PicturePace } from '../picture-pace.ts';
import type { WireRequests } from '../wire-requests.ts';
import { bodyOf, isThrottled } from '../wire-requests.ts';
import type { TastyBalances } from './account-rows.ts';
import { balancesIn, positionsIn } from './account-rows.ts';
import type { OrderLedger } from './order-ledger.ts';
import type { OrderList, OrderLists } from './order-lists.ts';
import { snapshotOf } from './snapshot-of.ts';
import type { TastyOrder } from './tasty-order.ts';

/** Pictures that are wanted sooner begin at least this far apart: one read of positions a second is
 * the ceiling of the broker's own client. */
const LEAST_APART_MICROS = 1_100_000;
/** The broker would rather be listened to than asked: where it says that this is too often, it is asked
 * as rarely as off hours for so long. */
const CALM_MICROS = 10 * MICROS_PER_MINUTE;
const RETRY_MICROS = MICROS_PER_SECOND;
/** The positions of this broker trail its fills: by milliseconds, on its test system up to three
 * seconds. */
const POSITIONS_LAG_MICROS = 3_250_000;
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
  /** Hears what the account holds. */
  readonly onHeld: (positions: readonly HeldPosition[], at: At) => void;
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
  readonly #pace = new PicturePace(LEAST_APART_MICROS, Number.POSITIVE_INFINITY);
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
    this.#pace.beginAnew(at);
  }

  /** True where the account has not let itself be read for so long that the last picture is none. */
  isBlind(at: At): boolean {
    return this.#pace.isBlind(at);
  }

  /** Something changed: the picture is old. */
  noteChange(at: At): void {
    this.#news += 1;
    this.lookAgain(at);
  }

  /** Begins the next round sooner, where rounds are taken at all. */
  lookAgain(at: At): void {
    this.#pace.lookAgain(at);
  }

  onClock(at: At, session: SessionTimes): readonly GatewayEffect[] {
    this.#session = session;
    const { runningSince } = this.#pace;
    if (runningSince !== undefined && at.wall > runningSince + LONGEST_ROUND_MICROS) this.#fail(at);
    if (this.#round !== undefined || !this.#pace.isDue(at)) return NOTHING;
    const settled = this.#parts.ledger.lastFillWall + POSITIONS_LAG_MICROS;
    if (at.wall < settled) return NOTHING;
    return this.#begin(at);
  }

  #begin(at: At): readonly GatewayEffect[] {
    this.#pace.begin(at, this.#session);
    const round: Round = { begunAt: at, mark: 0 };
    this.#round = round;
    return this.#parts.lists.live('read', at, (list, listedAt) =>
      this.#onFirst(round, list, listedAt),
    );
  }

  #onFirst(round: Round, list: OrderList, at: At): readonly GatewayEffect[] {
    if (this.#round !== round) return NOTHING;
    if ('failed' in list) return this.#fail(at, list.isThrottled);
    const { requests, accountId, take, onListed } = this.#parts;
    const events = [...take(list.orders, at), ...onListed(list.orders, round.begunAt, at)];
    const marked: Round = { begunAt: at, mark: this.#mark() };
    this.#round = marked;
    const read = (what: string, put: (body: string, answeredAt: At) => void) =>
      requests.ask(
        { turn: 'read', method: 'GET', path: `/accounts/${accountId}/${what}` },
        at,
        (answer, answeredAt) => {
          if (this.#round !== marked) return NOTHING;
          const body = bodyOf(answer);
          if (body === undefined) return this.#fail(answeredAt, isThrottled(answer));
          put(body, answeredAt);
          return this.#onPart(marked, answeredAt);
        },
      );
    return [
      ...events,
      read('positions', (body, answeredAt) => {
        const positions = positionsIn(body);
        if (positions === undefined) {
          this.#fail(at);
          return;
        }
        marked.positions = positions;
        this.#parts.onHeld(positions, answeredAt);
      }),
      read('balances', (body) => {
        const balances = balancesIn(body);
        if (balances !== undefined) marked.balances = balances;
        else this.#fail(at);
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
    if ('failed' in list) return this.#fail(at, list.isThrottled);
    const { accountId, ledger, take } = this.#parts;
    const events = take(list.orders, at);
    const { positions, balances } = round;
    const awaitsFills = list.orders.some(({ id }) => ledger.order(id)?.awaitsFills === true);
    const hasChanged = this.#mark() !== round.mark || awaitsFills;
    const session = this.#session;
    if (hasChanged || positions === undefined || balances === undefined || session === undefined) {
      return [...events, ...this.#fail(at)];
    }
    this.#round = undefined;
    this.#pace.completed();
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

  #fail(at: At, isThrottled = false): readonly GatewayEffect[] {
    this.#pace.failed(at);
    if (isThrottled) this.#pace.calmUntil(at.wall + CALM_MICROS);
    return this.#again(at);
  }

  #again(at: At): readonly GatewayEffect[] {
    this.#round = undefined;
    this.#pace.again(at, RETRY_MICROS);
    return NOTHING;
  }
}
