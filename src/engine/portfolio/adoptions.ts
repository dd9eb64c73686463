/**
 * What the operator took over by hand, as its counterparty: of contracts that were gone and of shares
 * that had come it holds the other side, until the settlement that explains them is told. That one then
 * changes what this says and no position. Core thread only.
 */

import { assert } from '../domain/assert.ts';
import { dayNumberOfDate } from '../domain/civil-date.ts';
import type { Instrument } from '../domain/instrument.ts';
import { instrumentSymbol, underlyingOfContract } from '../domain/instrument.ts';
import type { Fill } from '../domain/order.ts';
import type { Cents, SessionDate } from '../domain/units.ts';
import { cents, price } from '../domain/units.ts';
import type { SettlementFacts } from './settlement-facts.ts';
import { StructureLots } from './structure-lots.ts';

/** Longer than any broker is asked for what became of a contract. */
const KEPT_DAYS = 10;
/** Version 0.1.0 wrote `adopted-` and moved what such a settlement brought: its journals fold as they did. */
const PREFIX = 'takenover-';

/** The id of the execution that takes over what differs in one instrument; `seq` names the moment. */
export function adoptedFillId(seq: number, symbol: string): string {
  return `${PREFIX}${seq}-${symbol.replaceAll(' ', '')}`;
}

/** True for what the operator took over. */
export function isTakenOver({ fillId }: Fill): boolean {
  return fillId.startsWith(PREFIX);
}

/** The part of a settlement that was taken over before it was told. */
export interface Explained {
  /** Contracts, signed as they were held. */
  readonly contracts: number;
  /** Shares that came (+) or went (-) with them. */
  readonly shares: number;
  /** What both are worth beyond the prices at which they were taken over. */
  readonly realizedCents: Cents;
}

export class Adoptions {
  #lots = new StructureLots();

  /** Notes an execution of `signed`, of which `closed` closed something; of any other than an adoption
   * nothing. */
  note(fill: Fill, signed: number, closed: number): void {
    const { instrument, price: at } = fill;
    if (!isTakenOver(fill)) return;
    this.#lots.trade(instrument, instrument.kind === 'shares' ? -signed : -closed, at);
  }

  /** Contracts of an instrument that were taken out and not settled yet, signed as they were held. */
  takenOut(instrument: Instrument): number {
    const symbol = instrumentSymbol(instrument);
    const lots = this.#lots.held();
    return lots.find((lot) => instrumentSymbol(lot.instrument) === symbol)?.quantity ?? 0;
  }

  /** A settlement of `quantity` contracts, of which `unheld` are not held, trades with what was taken
   * over: how much of it that explains. */
  settle(settlement: SettlementFacts, quantity: number, unheld: number): Explained {
    const { instrument, shares, sharePrice, cashPerShare = price(0) } = settlement;
    const gone = this.#lots.reduce(instrument, -unheld, cashPerShare);
    const contracts = -gone.quantity;
    const withThem = shares === 0 ? 0 : Math.round((shares * contracts) / quantity);
    const come = this.#lots.reduce(sharesBehind(instrument), withThem, sharePrice);
    const realizedCents = cents(gone.realizedCents + come.realizedCents);
    return { contracts, shares: come.quantity, realizedCents };
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

/** What a contract is exercised into. */
export function sharesBehind(option: Instrument): Extract<Instrument, { kind: 'shares' }> {
  assert(option.kind === 'option', 'only options settle into shares');
  return { kind: 'shares', symbol: underlyingOfContract(option) };
}
