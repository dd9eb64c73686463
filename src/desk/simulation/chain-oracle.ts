/**
 * What is held of today's chain is watched: in session it never goes without a chain for longer than a
 * login and a second try take, whether the listing of the day comes or not. One user.
 */

import { type EpochMicros, MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import type { DeskContext } from '../desk-context.ts';
import type { Report } from './order-oracle.ts';

const LONGEST_MICROS = 10 * MICROS_PER_SECOND;
/** A longer stretch between two looks counts nothing: the engine's clocks may have stepped. */
const LONGEST_STEP_MICROS = 5 * MICROS_PER_SECOND;

function isUnwatched({ book, day, at }: DeskContext): boolean {
  const { open, lastTrade, date } = day.session;
  if (day.chainOpen || at.market < open || at.market >= lastTrade || !book.hasStructures()) {
    return false;
  }
  const legs = book.structures().flatMap((position) => position.legs);
  return legs.some(({ instrument, quantity }) => {
    return quantity !== 0 && instrument.kind === 'option' && instrument.expiry === date;
  });
}

export class ChainOracle {
  readonly #report: Report;
  #lookedAt: EpochMicros | undefined;
  #lasted = 0;

  constructor(report: Report) {
    this.#report = report;
  }

  afterStep(desk: DeskContext): void {
    if (!isUnwatched(desk)) {
      this.onCrash();
      return;
    }
    const { market } = desk.at;
    const step = market - (this.#lookedAt ?? market);
    if (step > 0 && step <= LONGEST_STEP_MICROS) this.#lasted += step;
    this.#lookedAt = market;
    if (this.#lasted <= LONGEST_MICROS) return;
    this.#report('what is held is watched on no chain');
    this.onCrash();
  }

  /** Counts anew. */
  onCrash(): void {
    this.#lookedAt = undefined;
    this.#lasted = 0;
  }
}
