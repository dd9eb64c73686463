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

/** What the operator took over of one instrument, as it was traded, and what that cost. */
interface TakenOver {
  quantity: number;
  cents: number;
}

export class FillFold {
  readonly #lots = new Map<string, Lot>();
  readonly #seen = new Set<string>();
  readonly #fills = new Map<string, Fill>();
  /** Of contracts that were gone and of shares that had come or gone: a settlement may be told of them yet. */
  readonly #takenOver = new Map<string, TakenOver>();
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

  /** What the operator took over before a settlement was told of it never was, once that is: the settlement says
   * what came of it. What is held is settled first. */
  #settle(settlement: Settlement): void {
    const { settlementId, instrument, isUnsigned, shares, sharePrice, feesCents } = settlement;
    if (!this.#isNew(settlementId)) return;
    const held = this.#heldOf(instrument);
    const gone = 0 - (this.#takenOver.get(instrumentSymbol(instrument))?.quantity ?? 0);
    const sign = isUnsigned === true && (held || gone) < 0 ? -1 : 1;
    const quantity = sign * settlement.quantity;
    const unheld = quantity - Math.sign(quantity) * within(held, quantity);
    const explained = this.#undoTakenOver(instrument, 0 - unheld);
    this.#add(instrument, -quantity);
    if (shares !== 0 && instrument.kind === 'option') {
      const ofShares = { kind: 'shares', symbol: instrument.root } as const;
      this.#undoTakenOver(
        ofShares,
        Math.round((shares * Math.abs(explained)) / Math.abs(quantity)),
      );
      this.#add(ofShares, shares);
    }
    const inCash = quantity * (settlement.cashPerShare ?? 0) * multiplierOf(instrument);
    this.#cashCents += (inCash - shares * sharePrice) / PRICE_PER_CENT - feesCents;
    this.#feesCents += feesCents;
  }

  /** `direction`: -1 takes the fill back, fees and all. */
  #trade(fill: Fill, direction: 1 | -1): void {
    const { instrument, action, quantity, price, feesCents } = fill;
    const signed = (action.startsWith('buy') ? quantity : -quantity) * direction;
    const perOne = (price * multiplierOf(instrument)) / PRICE_PER_CENT;
    if (isTakenOver(fill)) this.#takeOver(instrument, signed, perOne);
    this.#add(instrument, signed);
    this.#cashCents -= signed * perOne + feesCents * direction;
    this.#feesCents += feesCents * direction;
  }

  #takeOver(instrument: Instrument, signed: number, perOne: number): void {
    const symbol = instrumentSymbol(instrument);
    const known = this.#takenOver.get(symbol) ?? { quantity: 0, cents: 0 };
    const closed = Math.sign(signed) * within(-this.#heldOf(instrument), signed);
    const counted = instrument.kind === 'shares' ? signed : closed;
    this.#takenOver.set(symbol, {
      quantity: known.quantity + counted,
      cents: known.cents + counted * perOne,
    });
    this.#adoptedCents -= signed * perOne;
  }

  /** Takes back so much of what was taken over, at its average. Returns how much that was. */
  #undoTakenOver(instrument: Instrument, signed: number): number {
    const known = this.#takenOver.get(instrumentSymbol(instrument));
    const undone = known === undefined ? 0 : Math.sign(signed) * within(known.quantity, signed);
    if (known === undefined || undone === 0) return 0;
    const cents = Math.round((known.cents * undone) / known.quantity);
    known.quantity -= undone;
    known.cents -= cents;
    this.#add(instrument, -undone);
    this.#cashCents += cents;
    this.#adoptedCents += cents;
    return undone;
  }

  #isNew(id: string): boolean {
    const isNew = !this.#seen.has(id);
    this.#seen.add(id);
    return isNew;
  }

  #heldOf(instrument: Instrument): number {
    return this.#lots.get(instrumentSymbol(instrument))?.quantity ?? 0;
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

/** As much of `signed` as there is of it on the same side. */
function within(there: number, signed: number): number {
  return there * signed <= 0 ? 0 : Math.min(Math.abs(there), Math.abs(signed));
}

/** Holdings in the order of their symbols. */
export function heldText(held: ReadonlyMap<string, number>): string {
  if (held.size === 0) return '';
  const symbols = [...held.keys()].filter((symbol) => held.get(symbol) !== 0).sort();
  return symbols.map((symbol) => `${symbol}:${held.get(symbol)}`).join(' ');
}
