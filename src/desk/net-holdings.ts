/** What the executions and settlements of a journal net to, contract by contract, as the book has it: what a
 * settlement names beyond what is held is held by nobody. Pure. */
import type { BrokerEvent } from '../broker/order-gateway.ts';
import type { Instrument } from '../engine/domain/instrument.ts';
import { instrumentSymbol } from '../engine/domain/instrument.ts';
import type { Fill } from '../engine/domain/order.ts';
import { isOpening, legSign } from '../engine/domain/order.ts';
import { shareQuantity } from '../engine/domain/share-quantity.ts';
import type { SessionDate } from '../engine/domain/units.ts';
import { Adoptions, sharesBehind } from '../engine/portfolio/adoptions.ts';
import type { SettlementFacts } from '../engine/portfolio/settlement-facts.ts';
import { settledOf } from '../engine/portfolio/settlement-facts.ts';

/** An event that changes what is held, and the session in which it was recorded. */
export interface HoldingChange {
  readonly session: SessionDate;
  readonly event: BrokerEvent;
}

const CHANGES: ReadonlySet<BrokerEvent['kind']> = new Set(['fill', 'busted', 'settlement']);

export function changesHoldings({ kind }: BrokerEvent): boolean {
  return CHANGES.has(kind);
}

/** True when nothing is left of what was filled and settled, busted executions aside. */
export function isFlatAfter(changes: readonly HoldingChange[]): boolean {
  const busted = new Set<string>();
  for (const { event } of changes) if (event.kind === 'busted') busted.add(event.fillId);
  const holdings = new NetHoldings();
  for (const { session, event } of changes) {
    holdings.beginSession(session);
    if (event.kind === 'settlement') holdings.settle(event.settlement);
    if (event.kind === 'fill' && !busted.has(event.fill.fillId)) holdings.trade(event.fill);
  }
  return holdings.isFlat();
}

class NetHoldings {
  /** Signed; what nets to nothing is absent. */
  readonly #held = new Map<string, number>();
  readonly #adoptions = new Adoptions();
  #session: SessionDate | undefined;

  beginSession(session: SessionDate): void {
    if (session !== this.#session) this.#adoptions.beginSession(session);
    this.#session = session;
  }

  trade(fill: Fill): void {
    const { instrument, action, quantity } = fill;
    const signed = legSign(action) * quantity;
    const closed = isOpening(action) ? 0 : this.#closedBy(instrument, signed);
    this.#adoptions.note(fill, signed, closed);
    this.#add(instrument, signed);
  }

  settle(settlement: SettlementFacts): void {
    const { instrument, shares } = settlement;
    const held = this.#held.get(instrumentSymbol(instrument));
    const quantity = settledOf(settlement, held ?? this.#adoptions.takenOut(instrument));
    const closed = this.#closedBy(instrument, -quantity);
    const known = this.#adoptions.settle(settlement, quantity, quantity + closed);
    this.#add(instrument, closed);
    this.#add(sharesBehind(instrument), shares - known.shares);
  }

  isFlat(): boolean {
    return this.#held.size === 0;
  }

  /** The part of a signed trade that closes what is held. */
  #closedBy(instrument: Instrument, signed: number): number {
    const held = this.#held.get(instrumentSymbol(instrument)) ?? 0;
    if (held * signed >= 0) return 0;
    return Math.sign(signed) * Math.min(Math.abs(signed), Math.abs(held));
  }

  #add(instrument: Instrument, signed: number): void {
    const symbol = instrumentSymbol(instrument);
    const quantity = shareQuantity((this.#held.get(symbol) ?? 0) + signed);
    if (quantity === 0) this.#held.delete(symbol);
    else this.#held.set(symbol, quantity);
  }
}
