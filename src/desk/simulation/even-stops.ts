/** Where the stop of the side that is left of a condor stands as its records tell it, with arithmetic of its own. */
import type { AuditRecord } from '../../engine/domain/audit-record.ts';
import type { Right } from '../../engine/domain/instrument.ts';
import type { ExitPlan } from '../../engine/domain/order.ts';
import type { StructurePosition } from '../../engine/portfolio/portfolio-book.ts';
import type { WholeTrades, WholeUnit } from './whole-trade.ts';

/** In 1/10,000 dollar. */
const TICK = 100;
const PRICE_PER_CENT = 100;
const SHARES = 100;

/** A record of a side that is left alone. */
export type Eased = Extract<AuditRecord['body'], { readonly kind: 'sideEased' }>;

/** What is held of a side, of which one unit is one of its shorts: a long beyond them covers none. */
export function sideOf(
  { legs: held }: StructurePosition,
  right: Right,
): WholeUnit & { readonly units: number } {
  const all = held.filter(({ instrument: i, quantity }) => {
    return quantity !== 0 && i.kind === 'option' && i.right === right;
  });
  const units = Math.max(0, ...all.map(({ quantity }) => -quantity));
  const legs = all.map((leg) => ({ ...leg, quantity: Math.min(leg.quantity, units) }));
  return { units, gone: 0, legs };
}

/** Told of each record of a side that is left alone, in their order. */
export class EvenStops {
  readonly #trades: WholeTrades;
  /** The least that the side which is left of each position is told to have cost. */
  readonly #least = new Map<string, number>();

  constructor(trades: WholeTrades) {
    this.#trades = trades;
  }

  onEased({ positionId, leastDebit }: Eased): void {
    this.#least.set(positionId, leastDebit);
  }

  /** As planned, until the side has cost no more than what leaves the trade at nothing: then there. */
  stopOf(
    position: StructurePosition,
    sideStop: NonNullable<ExitPlan['sideStop']>,
    units: number,
  ): { readonly stopsAt: number; readonly isEven: boolean } {
    const least = this.#least.get(position.positionId);
    const { lowest, highest } = this.#evenOf(position, units);
    const isReached = least !== undefined && highest >= TICK && least <= highest;
    const isEven = sideStop.afterOther !== undefined && isReached;
    return { isEven, stopsAt: isEven ? Math.min(sideStop.debit, lowest) : sideStop.debit };
  }

  /** Between what and what one unit may cost so that the trade comes out at nothing. Where units are gone whole
   * anything may be: others may have closed some of it, and what that cost stands in no order of the position's. */
  #evenOf(
    { positionId, realizedCents, openCashCents, feesCents }: StructurePosition,
    units: number,
  ) {
    const opening = this.#trades.openingOf(positionId);
    if (opening === undefined || opening.quantity !== units) {
      return { lowest: TICK, highest: Number.POSITIVE_INFINITY };
    }
    const cash = realizedCents + openCashCents - feesCents;
    const even = (cash * PRICE_PER_CENT) / SHARES / units;
    return { lowest: Math.max(TICK, even - TICK), highest: even };
  }

  clear(): void {
    this.#least.clear();
  }
}
