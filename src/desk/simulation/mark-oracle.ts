/**
 * The exercise mark: what is recorded is the last sound price of the underlying before it, at once when it is past,
 * and from then on no long that was in the money by it counts as paid for. Reckoned from what went into the desk.
 */

import { UNDERLYING } from '../../engine/chain/chain-layout.ts';
import type { AuditRecord } from '../../engine/domain/audit-record.ts';
import { isInTheMoney } from '../../engine/domain/instrument.ts';
import { newYorkText } from '../../engine/domain/session-calendar.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import { addMicros, MICROS_PER_MINUTE } from '../../engine/domain/units.ts';
import type { PositionLeg } from '../../engine/portfolio/portfolio-book.ts';
import type { DeskContext } from '../desk-context.ts';
import type { Input } from '../inputs.ts';
import type { MomentWindow } from './moment-oracle.ts';
import type { Report } from './order-oracle.ts';

/** What was heard longer before the mark is no price of it. */
const HEARD_WITHIN_MICROS = 5 * MICROS_PER_MINUTE;
/** A quote of the underlying that is wider tells no price, a fraction of its mid. */
const MOST_WIDTH_FRACTION = 0.002;
/** What is told of a page that ends because what is left has nothing to lose. */
const PAID = /^what is left of (\S+) is left to expire: its loss is paid$/;

interface HeardPrice {
  readonly market: EpochMicros;
  readonly mid: number;
}

export class MarkOracle {
  readonly #window: Pick<MomentWindow, 'markAt'>;
  readonly #report: Report;
  /** The last sound price that may be that of the mark, in 1/10,000 dollar. */
  #heard: HeardPrice | undefined;
  #recorded: number | undefined;
  readonly #toldPaid: string[] = [];

  constructor(window: Pick<MomentWindow, 'markAt'>, report: Report) {
    this.#window = window;
    this.#report = report;
  }

  onInput(input: Input): void {
    if (input.kind !== 'quote' || input.index !== UNDERLYING) return;
    const { bid, ask, at } = input;
    if (this.#isOfMark(at.market) && bid !== undefined && ask !== undefined && bid <= ask) {
      const mid = (bid + ask) / 2;
      if (ask - bid <= MOST_WIDTH_FRACTION * mid) this.#heard = { market: at.market, mid };
    }
  }

  onRecord({ body, at }: AuditRecord): void {
    if (body.kind === 'markHeard') this.#onMark(body.spot, at.market);
    if (body.kind !== 'alert' || body.action !== 'resolve') return;
    const [, positionId] = PAID.exec(body.text) ?? [];
    if (positionId !== undefined) this.#toldPaid.push(positionId);
  }

  #onMark(spot: number, market: EpochMicros): void {
    const time = newYorkText(market);
    const due = this.#priceOfMark();
    if (this.#recorded !== undefined) this.#report(`${time}: the mark is recorded again`);
    else if (market <= this.#window.markAt) this.#report(`${time}: the mark is yet to come`);
    else if (due === undefined || Math.round(due) !== spot) {
      this.#report(
        `${time}: the mark is recorded at ${spot}, and was heard at ${due ?? 'nothing'}`,
      );
    }
    this.#recorded = spot;
  }

  /** Called after every step. */
  afterStep({ book }: DeskContext): void {
    for (const positionId of this.#toldPaid.splice(0)) {
      const mark = this.#recorded;
      if (mark === undefined) continue;
      const legs = book.structure(positionId)?.legs ?? [];
      if (!legs.some((leg) => isExercised(leg, mark))) continue;
      this.#report(`${positionId} passes for paid, and is in the money by the mark of ${mark}`);
    }
  }

  /** Called on the clock. */
  judge({ at }: DeskContext): void {
    const { markAt } = this.#window;
    if (at.market <= markAt || this.#recorded !== undefined) return;
    const due = this.#priceOfMark();
    if (due === undefined) return;
    this.#report(`${newYorkText(at.market)}: the mark of ${due} is not recorded`);
    this.#recorded = due;
  }

  /** Another process has heard nothing, and knows what is recorded. */
  onCrash(records: readonly AuditRecord[]): void {
    this.#heard = undefined;
    this.#toldPaid.length = 0;
    const last = records.findLast(({ body }) => body.kind === 'markHeard')?.body;
    this.#recorded = last?.kind === 'markHeard' ? last.spot : undefined;
  }

  #isOfMark(market: EpochMicros): boolean {
    const { markAt } = this.#window;
    return market <= markAt && market >= addMicros(markAt, -HEARD_WITHIN_MICROS);
  }

  #priceOfMark(): number | undefined {
    return this.#heard !== undefined && this.#isOfMark(this.#heard.market)
      ? this.#heard.mid
      : undefined;
  }
}

function isExercised({ instrument, quantity }: PositionLeg, mark: number): boolean {
  return instrument.kind === 'option' && quantity > 0 && isInTheMoney(instrument, mark);
}
