/**
 * What is held of today's chain is watched: in session it never goes without a chain for longer than a
 * login and a second try take, whether the listing of the day comes or not. One user.
 */

import type { At } from '../../engine/domain/clock.ts';
import { MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import type { DeskContext } from '../desk-context.ts';
import { LookClock } from './look-clock.ts';
import type { Report } from './order-oracle.ts';

const LONGEST_MICROS = 10 * MICROS_PER_SECOND;

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
  readonly #looks = new LookClock();
  #lasted = 0;

  constructor(report: Report) {
    this.#report = report;
  }

  afterStep(desk: DeskContext, { market: now }: At): void {
    if (!isUnwatched(desk)) {
      this.onCrash();
      return;
    }
    this.#lasted += this.#looks.look(now);
    if (this.#lasted <= LONGEST_MICROS) return;
    this.#report('what is held is watched on no chain');
    this.onCrash();
  }

  /** Counts anew. */
  onCrash(): void {
    this.#looks.forget();
    this.#lasted = 0;
  }
}
