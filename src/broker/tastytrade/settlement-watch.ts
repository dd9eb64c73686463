/**
 * Looks for exercise, assignment and expiry, which the broker may post at any hour of any day: at every
 * start, again and again, and at once where a contract has left the account. Pure.
 */

import { dateOfDayNumber, dayNumberOfDate } from '../../engine/domain/civil-date.ts';
import type { At } from '../../engine/domain/clock.ts';
import { newYorkDate } from '../../engine/domain/session-calendar.ts';
import { addMicros, MICROS_PER_MINUTE } from '../../engine/domain/units.ts';
import type { GatewayEffect, Settlement } from '../order-gateway.ts';
import type { ToldSettlements } from '../told-settlements.ts';
import type { WireRequests } from '../wire-requests.ts';
import { told } from './order-news.ts';
import { PER_PAGE, settlementsIn } from './settlements.ts';

const EVERY_MICROS = 2 * MICROS_PER_MINUTE;
/** A Friday's settlement may be posted on the Tuesday after a holiday. */
const LOOK_BACK_DAYS = 5;
const MOST_PAGES = 20;

export interface SettlementParts {
  readonly accountId: string;
  readonly requests: WireRequests<readonly GatewayEffect[]>;
  readonly told: ToldSettlements;
  readonly symbols: () => ReadonlySet<string>;
  /** True of one that is no part of what this engine holds. */
  readonly isForeign: (settlement: Settlement) => boolean;
}

export class SettlementWatch {
  readonly #parts: SettlementParts;
  #dueAt = Number.POSITIVE_INFINITY;
  #isReading = false;

  constructor(parts: SettlementParts) {
    this.#parts = parts;
  }

  beginAnew(at: At): void {
    this.#isReading = false;
    this.#dueAt = at.wall;
  }

  /** A contract is not held any more: where it was settled, the next picture may find it told. */
  hurry(at: At): void {
    this.#dueAt = Math.min(this.#dueAt, at.wall);
  }

  onClock(at: At): readonly GatewayEffect[] {
    if (this.#isReading || at.wall < this.#dueAt) return [];
    this.#dueAt = addMicros(at.wall, EVERY_MICROS);
    this.#parts.told.forgetOld(at.market);
    if (this.#parts.symbols().size === 0) return [];
    this.#isReading = true;
    return this.#read(0, at);
  }

  #read(page: number, at: At): readonly GatewayEffect[] {
    const { accountId, requests } = this.#parts;
    const today = dayNumberOfDate(newYorkDate(at.market));
    const since = dateOfDayNumber(today - LOOK_BACK_DAYS);
    const query = `start-date=${since}&type=Receive%20Deliver&per-page=${PER_PAGE}&page-offset=${page}`;
    const path = `/accounts/${accountId}/transactions?${query}`;
    const asked = requests.ask({ turn: 'read', method: 'GET', path }, at, (answer, answeredAt) => {
      this.#isReading = false;
      if (answer.kind === 'httpFailed' || answer.status !== 200) return [];
      const read = settlementsIn(answer.body, this.#parts.symbols(), answeredAt.wall);
      const own = (read?.found ?? []).filter((found) => !this.#parts.isForeign(found));
      const news = own.filter((found) => this.#parts.told.isNews(found));
      const effects = told(news.map((settlement) => ({ kind: 'settlement', settlement })));
      if (read === undefined || read.isLast || page + 1 >= MOST_PAGES) return effects;
      this.#isReading = true;
      return [...effects, ...this.#read(page + 1, answeredAt)];
    });
    return [asked];
  }
}
