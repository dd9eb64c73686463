/**
 * The two sources of an account behind wires, the broker's stream and its lists: where a list shows an execution
 * or an end that a stream which is up does not tell, somebody is told of it, only then, and only until the stream
 * tells it or begins anew. Reckoned from what is heard over the wires, by the broker's own words.
 */

import type { AuditRecord } from '../../engine/domain/audit-record.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import { MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import type { Input } from '../inputs.ts';
import type { Report } from './order-oracle.ts';

const CODE = 'STREAM_MISSED';
/** What the lists of so long after the stream began show may be of before. */
const TRAILS_MICROS = 10 * MICROS_PER_SECOND;
/** A round that is begun anew leaves the answer of the last one unheard: lists that have to have shown it, and
 * lists that may be the first that was heard. */
const SHOWN_BY_LISTS = 3;
/** It is told within so long of the last of them, or over within so long, and by so many ticks of the clock. */
const TOLD_WITHIN_MICROS = 5 * MICROS_PER_SECOND;
const TOLD_BY_TICKS = 3;

/** What a message or a list says of an order of an intent. */
export interface OrderNews {
  readonly intentId: string;
  readonly orderId: string;
  /** Contracts executed so far, leg by leg. */
  readonly filled: ReadonlyMap<string, number>;
  /** `ended`: it was cancelled or rejected · `done`: it filled or expired. */
  readonly standing: 'working' | 'ended' | 'done' | 'replaced';
}

/** What reaches the engine, in the order in which it does. */
export type Heard =
  | { readonly kind: 'up' }
  | { readonly kind: 'down' }
  | { readonly kind: 'stream'; readonly orders: readonly OrderNews[] }
  | {
      readonly kind: 'list';
      readonly askedAt: EpochMicros;
      readonly orders: readonly OrderNews[];
    };

/** What one source has shown of the orders: contracts by order and leg, and ends by order. */
class Shown {
  readonly #filled = new Map<string, Map<string, number>>();
  readonly ended = new Set<string>();

  take({ orderId, filled, standing }: OrderNews): void {
    const shown = this.#filled.get(orderId) ?? new Map<string, number>();
    this.#filled.set(orderId, shown);
    for (const [leg, quantity] of filled) {
      shown.set(leg, Math.max(shown.get(leg) ?? 0, quantity));
    }
    if (standing === 'ended') this.ended.add(orderId);
  }

  hasFills({ orderId, filled }: OrderNews): boolean {
    const shown = this.#filled.get(orderId);
    for (const [leg, quantity] of filled) if (quantity > (shown?.get(leg) ?? 0)) return false;
    return true;
  }
}

/** Something that has to be told, or to be over. */
interface Due {
  lists: number;
  ticks: number;
  since: EpochMicros | undefined;
}

export class StreamOracle {
  readonly #report: Report;
  readonly #intents = new Set<string>();
  readonly #open = new Set<string>();
  #upSince: EpochMicros | undefined;
  /** Lists heard since then. */
  #lists = 0;
  /** What the stream told, and what it need not tell: at least, and at most. */
  #told = new Shown();
  #mayKnow = new Shown();
  /** The newest that any list showed of the orders of each intent. */
  readonly #listed = new Map<string, Map<string, OrderNews>>();
  readonly #untold = new Map<string, Due>();
  readonly #left = new Map<string, Due>();
  /** Said once of each intent. */
  readonly #said = new Set<string>();
  #isTick = false;

  constructor(report: Report) {
    this.#report = report;
  }

  onInput({ kind }: Input): void {
    if (kind === 'clock') this.#isTick = true;
  }

  onHeard(heard: Heard, wall: EpochMicros): void {
    if (heard.kind === 'up' || heard.kind === 'down') {
      this.#begin(heard.kind === 'up' ? wall : undefined);
    } else if (this.#upSince === undefined) return;
    else if (heard.kind === 'stream') {
      for (const news of heard.orders) {
        this.#told.take(news);
        this.#mayKnow.take(news);
      }
    } else if (heard.askedAt >= this.#upSince) this.#onList(heard, this.#upSince);
  }

  #begin(upSince: EpochMicros | undefined): void {
    this.#upSince = upSince;
    this.#lists = 0;
    this.#told = new Shown();
    this.#mayKnow = new Shown();
    this.#listed.clear();
    this.#untold.clear();
  }

  #onList({ askedAt, orders }: Extract<Heard, { kind: 'list' }>, upSince: EpochMicros): void {
    this.#lists += 1;
    const isOfBefore = this.#lists <= SHOWN_BY_LISTS || askedAt < upSince + TRAILS_MICROS;
    for (const news of orders) {
      if (this.#lists === 1) this.#told.take(news);
      if (isOfBefore) this.#mayKnow.take(news);
      const { intentId, orderId } = news;
      const known = this.#listed.get(intentId) ?? new Map<string, OrderNews>();
      this.#listed.set(intentId, known.set(orderId, news));
    }
    for (const intentId of new Set(orders.map((news) => news.intentId))) {
      if (!this.#intents.has(intentId)) continue;
      const due = this.#untold.get(intentId);
      if (!this.#mustTell(intentId)) this.#untold.delete(intentId);
      else if (due === undefined) {
        this.#untold.set(intentId, { lists: 1, ticks: 0, since: undefined });
      } else due.lists += 1;
    }
  }

  #ordersOf(intentId: string): readonly OrderNews[] {
    return [...(this.#listed.get(intentId)?.values() ?? [])];
  }

  /** True where the stream lacks an execution that a list shows, or has told of no end of an intent that has
   * ended. */
  #mustTell(intentId: string): boolean {
    const orders = this.#ordersOf(intentId);
    if (orders.some((news) => !this.#mayKnow.hasFills(news))) return true;
    const ended = orders.filter(({ standing }) => standing === 'ended');
    const isElse = orders.some(({ standing }) => standing === 'working' || standing === 'done');
    const isHeard = ended.some(({ orderId }) => this.#mayKnow.ended.has(orderId));
    return ended.length > 0 && !isElse && !isHeard;
  }

  /** True where there is anything that the stream has not told. */
  #mayTell(intentId: string): boolean {
    return this.#ordersOf(intentId).some((news) => {
      const { standing, orderId } = news;
      const isEndUnheard = standing === 'ended' && !this.#told.ended.has(orderId);
      return isEndUnheard || !this.#told.hasFills(news);
    });
  }

  onRecord({ body }: AuditRecord): void {
    if (body.kind === 'intentRecorded') this.#intents.add(body.intent.intentId);
    if (body.kind !== 'alert' || body.code !== CODE) return;
    const { action, subject = '' } = body;
    if (action === 'resolve') this.#open.delete(subject);
    if (action !== undefined) return;
    this.#open.add(subject);
    if (this.#mayTell(subject)) return;
    this.#report(`the stream has told all of ${subject}, and it is told that it has not`);
  }

  /** Called after every step. */
  afterStep(wall: EpochMicros): void {
    if (!this.#isTick) return;
    this.#isTick = false;
    if (this.#upSince === undefined) return;
    for (const [intentId, due] of this.#untold) {
      const isSaid = this.#open.has(intentId) || this.#said.has(intentId);
      const isTold = isSaid || !this.#mustTell(intentId);
      if (isTold) this.#untold.delete(intentId);
      else if (due.lists >= SHOWN_BY_LISTS && isOverdue(due, wall)) {
        this.#untold.delete(intentId);
        this.#said.add(intentId);
        this.#report(
          `a list shows what the stream has not told of ${intentId}, and nobody was told`,
        );
      }
    }
    for (const intentId of this.#open) this.#judgeOpen(intentId, wall);
  }

  #judgeOpen(intentId: string, wall: EpochMicros): void {
    const due = this.#left.get(intentId) ?? { lists: 0, ticks: 0, since: undefined };
    if (this.#mayTell(intentId)) this.#left.delete(intentId);
    else if (isOverdue(due, wall)) {
      this.#report(`${CODE} ${intentId} is told of still, and the stream has told all of it`);
      this.#left.delete(intentId);
      this.#open.delete(intentId);
    } else this.#left.set(intentId, due);
  }

  /** Begins again from what the journal kept. */
  onCrash(records: readonly AuditRecord[]): void {
    this.#begin(undefined);
    for (const each of [this.#intents, this.#open]) each.clear();
    this.#left.clear();
    for (const { body } of records) {
      if (body.kind === 'intentRecorded') this.#intents.add(body.intent.intentId);
    }
    this.#isTick = false;
  }
}

/** Counts a tick. */
function isOverdue(due: Due, wall: EpochMicros): boolean {
  due.since ??= wall;
  due.ticks += 1;
  return due.ticks > TOLD_BY_TICKS && wall - due.since > TOLD_WITHIN_MICROS;
}
