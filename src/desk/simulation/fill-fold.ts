/** Positions and cash folded from the facts alone: the independent book that oracles compare with. */

import type { BrokerEvent, Settlement } from '../../broker/order-gateway.ts';
import type { Instrument } from '../../engine/domain/instrument.ts';
import { instrumentSymbol, multiplierOf } from '../../engine/domain/instrument.ts';
import type { Fill } from '../../engine/domain/order.ts';
import { isTakenOver } from '../../engine/portfolio/adoptions.ts';
import type { HeldQuantity } from './expiry-payoff.ts';

const PRICE_PER_CENT = 100;

interface Lot {
  readonly instrument: Instrument;
  quantity: number;
}

export class FillFold {
  readonly #lots = new Map<string, Lot>();
  readonly #seen = new Set<string>();
  readonly #fills = new Map<string, Fill>();
  #cashCents = 0;
  #feesCents = 0;
  #adoptedCents = 0;

  /** Cash that came and went, fees included. */
  get cashCents(): number {
    return this.#cashCents;
  }

  /** What of it went on fees. */
  get feesCents(): number {
    return this.#feesCents;
  }

  /** What of it the operator took over at a price that nobody paid here. */
  get adoptedCents(): number {
    return this.#adoptedCents;
  }

  /** True of an execution that stands by the facts, and of one that was taken back. */
  knows(fillId: string): boolean {
    return this.#seen.has(fillId);
  }

  /** Folds one event; the same fill, bust or settlement again changes nothing. */
  apply(event: BrokerEvent): void {
    if (event.kind === 'fill') {
      if (!this.#isNew(event.fill.fillId)) return;
      this.#fills.set(event.fill.fillId, event.fill);
      this.#trade(event.fill, 1);
    } else if (event.kind === 'busted') {
      const fill = this.#fills.get(event.fillId);
      this.#fills.delete(event.fillId);
      if (fill !== undefined) this.#trade(fill, -1);
    } else if (event.kind === 'settlement') this.#settle(event.settlement);
  }

  #settle(settlement: Settlement): void {
    const { settlementId, instrument, isUnsigned, shares, sharePrice, feesCents } = settlement;
    if (!this.#isNew(settlementId)) return;
    const held = this.#lots.get(instrumentSymbol(instrument))?.quantity ?? 0;
    const sign = isUnsigned === true && held < 0 ? -1 : 1;
    const quantity = sign * settlement.quantity;
    this.#add(instrument, -quantity);
    if (shares !== 0 && instrument.kind === 'option') {
      this.#add({ kind: 'shares', symbol: instrument.root }, shares);
    }
    const inCash = quantity * (settlement.cashPerShare ?? 0) * multiplierOf(instrument);
    this.#cashCents += (inCash - shares * sharePrice) / PRICE_PER_CENT - feesCents;
    this.#feesCents += feesCents;
  }

  /** `direction`: -1 takes the fill back, fees and all. */
  #trade(fill: Fill, direction: 1 | -1): void {
    const { instrument, action, quantity, price, feesCents } = fill;
    const signed = (action.startsWith('buy') ? quantity : -quantity) * direction;
    this.#add(instrument, signed);
    const value = (signed * price * multiplierOf(instrument)) / PRICE_PER_CENT;
    this.#cashCents -= value + feesCents * direction;
    if (isTakenOver(fill)) this.#adoptedCents -= value;
    this.#feesCents += feesCents * direction;
  }

  #isNew(id: string): boolean {
    const isNew = !this.#seen.has(id);
    this.#seen.add(id);
    return isNew;
  }

  #add(instrument: Instrument, signed: number): void {
    const symbol = instrumentSymbol(instrument);
    const lot = this.#lots.get(symbol) ?? { instrument, quantity: 0 };
    lot.quantity += signed;
    if (lot.quantity === 0) this.#lots.delete(symbol);
    else this.#lots.set(symbol, lot);
  }

  /** What is held, by symbol, in a text of one meaning. */
  text(): string {
    return heldText(new Map([...this.#lots].map(([symbol, lot]) => [symbol, lot.quantity])));
  }

  held(): readonly HeldQuantity[] {
    return [...this.#lots.values()];
  }
}

/** Holdings in the order of their symbols. */
export function heldText(held: ReadonlyMap<string, number>): string {
  if (held.size === 0) return '';
  const symbols = [...held.keys()].filter((symbol) => held.get(symbol) !== 0).sort();
  return symbols.map((symbol) => `${symbol}:${held.get(symbol)}`).join(' ');
}
