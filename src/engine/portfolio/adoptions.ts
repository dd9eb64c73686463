/**
 * What the operator took over by hand, as its counterparty: of contracts that were gone and of shares
 * that had come it holds the other side, until the settlement that explains them is told. That one then
 * changes what this says and no position. Core thread only.
 */

import { dayNumberOfDate } from '../domain/civil-date.ts';
import type { Instrument } from '../domain/instrument.ts';
import { instrumentSymbol } from '../domain/instrument.ts';
import type { Fill } from '../domain/order.ts';
import type { Price, SessionDate } from '../domain/units.ts';
import type { Reduction } from './structure-lots.ts';
import { StructureLots } from './structure-lots.ts';

/** Longer than any broker is asked for what became of a contract. */
const KEPT_DAYS = 10;
const PREFIX = 'adopted-';

/** The id of the execution that takes over what differs in one instrument; `seq` names the moment. */
export function adoptedFillId(seq: number, symbol: string): string {
  return `${PREFIX}${seq}-${symbol.replaceAll(' ', '')}`;
}

export class Adoptions {
  #lots = new StructureLots();

  /** Notes an execution, of which `signed` left or came; of any other than an adoption nothing. */
  note({ fillId, instrument, price: at }: Fill, signed: number): void {
    if (fillId.startsWith(PREFIX)) this.#lots.trade(instrument, -signed, at);
  }

  /** Contracts of an instrument that were taken out and not settled yet, signed as they were held. */
  takenOut(instrument: Instrument): number {
    const symbol = instrumentSymbol(instrument);
    const lots = this.#lots.held();
    return lots.find((lot) => instrumentSymbol(lot.instrument) === symbol)?.quantity ?? 0;
  }

  /** A settlement trades with what was taken over: how much of it that explains, and what it is worth
   * beyond the price at which it was taken over. */
  settle(instrument: Instrument, signed: number, at: Price): Reduction {
    return this.#lots.reduce(instrument, signed, at);
  }

  /** Forgets contracts of which nothing comes any more, and shares that none is left to explain. */
  beginSession(date: SessionDate): void {
    const oldest = dayNumberOfDate(date) - KEPT_DAYS;
    const lots = this.#lots.held();
    const isAwaited = lots.some(({ instrument }) => {
      return instrument.kind === 'option' && dayNumberOfDate(instrument.expiry) >= oldest;
    });
    if (!isAwaited) this.#lots = new StructureLots();
  }
}
