/**
 * What the desk asks of a working order has an end: a new limit is taken or refused, a call-back ends the
 * order or is refused, within minutes. And what was called back is not conceded on: no limit
 * of it is moved, not after a restart either, unless the broker refused to call it back. Nothing that opens
 * works on where trading is halted, the engine stops, or its position is flattened or was closed. One user.
 */

import type { BrokerEvent } from '../../broker/order-gateway.ts';
import type { AuditRecord } from '../../engine/domain/audit-record.ts';
import type { At } from '../../engine/domain/clock.ts';
import { MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import { tradingStateOf } from '../../risk/trading-state.ts';
import type { DeskContext } from '../desk-context.ts';
import { brokerEventOf } from '../journal-summary.ts';
import { isClose, isExternal, type OrderRecord } from '../orders/order-book.ts';
import { LookClock } from './look-clock.ts';
import type { Report } from './order-oracle.ts';

/** Looks are this far apart at least. */
const STEP_MICROS = MICROS_PER_SECOND / 2;
/** Events that leave an order to be worked on, whatever was asked of it. */
const GIVES_BACK: ReadonlySet<BrokerEvent['kind']> = new Set(['cancelRejected', 'reopened']);

/** What is waited for: the answer to a new limit or to a call-back, or a call-back itself. */
type Awaited = 'limit' | 'callBack' | 'toBeCalledBack';

interface Waiting {
  readonly what: Awaited;
  readonly lasted: number;
}

/** A broker may refuse a change some times over, while its requests are used up besides: a quarter of a
 * minute after the first it is told, and these are minutes. */
const LONGEST_MICROS: Readonly<Record<Awaited, number>> = {
  limit: 180 * MICROS_PER_SECOND,
  callBack: 180 * MICROS_PER_SECOND,
  toBeCalledBack: 60 * MICROS_PER_SECOND,
};

const WORDS: Readonly<Record<Awaited, string>> = {
  limit: 'asked for a limit and hears nothing',
  callBack: 'called back and hears nothing',
  toBeCalledBack: 'works on, and nothing is to open',
};

/** True where nothing that opens may work on. What somebody gives elsewhere after a halt is theirs. */
function isUnwanted({ day, orders }: DeskContext, order: OrderRecord): boolean {
  const { intent } = order;
  if (intent.purpose !== 'open' || isExternal(order)) return false;
  const isHalted = tradingStateOf(day.status) === 'halted' || day.stopping;
  if (isHalted || day.flattening.has(intent.positionId)) return true;
  return orders.all().some((other) => {
    return isClose(other) && other.intent.positionId === intent.positionId;
  });
}

function awaitedOf(desk: DeskContext, order: OrderRecord): Awaited | undefined {
  if (order.status !== 'working') return undefined;
  if (order.cancelRequested) return 'callBack';
  if (isUnwanted(desk, order)) return 'toBeCalledBack';
  return order.limit === order.brokerLimit ? undefined : 'limit';
}

export class AskOracle {
  readonly #report: Report;
  readonly #calledBack = new Set<string>();
  #waiting = new Map<string, Waiting>();
  readonly #looks = new LookClock();

  constructor(report: Report) {
    this.#report = report;
  }

  onRecord(record: AuditRecord): void {
    const { body } = record;
    if (body.kind === 'repriced' && this.#calledBack.has(body.intentId)) {
      this.#report(`${body.intentId} was called back and is moved to ${body.limit}`);
    }
    this.#onFact(record);
  }

  #onFact(record: AuditRecord): void {
    const { body } = record;
    if (body.kind === 'cancelRequested') this.#calledBack.add(body.intentId);
    const event = brokerEventOf(record);
    if (event !== undefined && GIVES_BACK.has(event.kind) && 'intentId' in event) {
      this.#calledBack.delete(event.intentId);
    }
  }

  get isWaiting(): boolean {
    return this.#waiting.size > 0;
  }

  /** Called after every step, with the time as it is. */
  afterStep(desk: DeskContext, { market: now }: At): void {
    const { at, day, orders } = desk;
    const since = this.#looks.since(now);
    if (since !== undefined && since < STEP_MICROS) return;
    const counted = this.#looks.look(now);
    const before = this.#waiting;
    this.#waiting = new Map();
    if (at.market >= day.session.lastTrade) return;
    for (const order of orders.live()) {
      const what = awaitedOf(desk, order);
      if (what !== undefined) this.#look(order, what, counted, before);
    }
  }

  #look(
    { intent: { intentId } }: OrderRecord,
    what: Awaited,
    counted: number,
    before: ReadonlyMap<string, Waiting>,
  ): void {
    const known = before.get(intentId);
    const lasted = known?.what === what ? known.lasted + counted : 0;
    const isTooLong = lasted > LONGEST_MICROS[what];
    if (isTooLong) this.#report(`${intentId} ${WORDS[what]}`);
    this.#waiting.set(intentId, { what, lasted: isTooLong ? 0 : lasted });
  }

  /** Begins again from what the journal kept. */
  onCrash(records: readonly AuditRecord[]): void {
    this.#waiting = new Map();
    this.#looks.forget();
    this.#calledBack.clear();
    for (const record of records) this.#onFact(record);
  }
}
