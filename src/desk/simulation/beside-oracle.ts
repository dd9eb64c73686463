/** What only the broker holds, as the engine itself has told it: no flatten is answered without a word of it,
 * and none is told as done. */

import type { AuditRecord } from '../../engine/domain/audit-record.ts';
import { parseOccSymbol } from '../../engine/domain/instrument.ts';
import { MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import { externalPositionId } from '../../engine/portfolio/external-position.ts';
import type { DeskContext } from '../desk-context.ts';
import { unclosedIn } from './answer-oracle.ts';
import type { Report } from './order-oracle.ts';

/** What the records say of a symbol, and since when by the wall clock. */
interface Told {
  readonly symbol: string;
  readonly since: number;
}

/** An answer is as old as this, where the disk took its time with what it promises. */
const OLDEST_ANSWER_MICROS = 10 * MICROS_PER_SECOND;
const HELD_BESIDE = /^(.+): the broker holds /;
/** Stands for whatever is not known of an account. */
const ACCOUNT = 'account';

function nameOf(symbol: string): string {
  return externalPositionId(parseOccSymbol(symbol) ?? { kind: 'shares', symbol });
}

export class BesideOracle {
  readonly #report: Report;
  #told: readonly Told[] = [];
  #isDone = false;

  constructor(report: Report) {
    this.#report = report;
  }

  onRecord({ body, at }: AuditRecord): void {
    if (body.kind === 'engineStarted') this.#told = [];
    if (body.kind === 'alert' && body.code === 'FLATTEN_DONE') this.#isDone = true;
    if (body.kind !== 'reconciled') return;
    const symbols = body.differences.flatMap((text) => HELD_BESIDE.exec(text)?.[1] ?? []);
    this.#told = symbols.map((symbol) => {
      return this.#told.find((told) => told.symbol === symbol) ?? { symbol, since: at.wall };
    });
  }

  /** The first answer to a flatten. */
  onFlatten(desk: DeskContext, result: unknown): void {
    const names = unclosedIn(result).map(({ positionId }) => positionId);
    if (names.includes(ACCOUNT)) return;
    for (const symbol of this.#standing(desk, desk.at.wall - OLDEST_ANSWER_MICROS)) {
      if (names.includes(nameOf(symbol))) continue;
      this.#report(`a flatten was answered without a word of ${symbol}, which only the broker has`);
    }
  }

  /** Called after every step. */
  afterStep(desk: DeskContext): void {
    if (!this.#isDone) return;
    this.#isDone = false;
    for (const symbol of this.#standing(desk, desk.at.wall)) {
      this.#report(`a flatten was told as done while only the broker has ${symbol}`);
    }
  }

  /** What was told by then, and differs in the newest picture still. */
  #standing({ gateway, book, at }: DeskContext, by: number): readonly string[] {
    const picture = gateway.snapshot(at);
    if (picture === undefined) return [];
    const theirs = new Map(picture.positions.map((each) => [each.symbol, each.quantity]));
    return this.#told
      .filter(({ since }) => since <= by)
      .map(({ symbol }) => symbol)
      .filter((symbol) => (theirs.get(symbol) ?? 0) !== (book.held().get(symbol) ?? 0));
  }
}
