/** Settlement at expiry: exercise or assignment, in shares or in cash, or nothing. Pure. */

import type { OptionContract } from '../../engine/domain/instrument.ts';
import { multiplierOf, occSymbol } from '../../engine/domain/instrument.ts';
import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import { underlyingOfRoot } from '../../engine/domain/underlying.ts';
import type { EpochMicros, Price } from '../../engine/domain/units.ts';
import { addMicros, MICROS_PER_MINUTE, price } from '../../engine/domain/units.ts';
import { settlementFees } from '../fees.ts';
import type { Settlement } from '../order-gateway.ts';

/** In the money by this much is exercised without being asked (OCC exercise by exception). */
const AUTO_EXERCISE: number = 100;
/** A short this close out of the money may still be assigned: its holder watches the price move on
 * after the mark. */
const PIN_DISTANCE: number = 500;
/** Holders may instruct until about 17:30 on a full day: so long after the exercise mark. */
const INSTRUCTIONS_UNTIL_MINUTES = 85;

/** How far in the money a contract is, per share; negative out of the money. */
export function inTheMoney(contract: OptionContract, spot: Price): number {
  return contract.right === 'call' ? spot - contract.strike : contract.strike - spot;
}

/** What automatic exercise makes of a holding, judged at `spot`. */
export function outcomeAt(
  contract: OptionContract,
  quantity: number,
  spot: Price,
): Settlement['outcome'] {
  if (inTheMoney(contract, spot) < AUTO_EXERCISE) return 'expired';
  return quantity > 0 ? 'exercised' : 'assigned';
}

/** True for a short that ended just out of the money, where its holder may still take the shares. */
export function isPinnedShort(contract: OptionContract, quantity: number, spot: Price): boolean {
  if (underlyingOfRoot(contract.root)?.settlement === 'cash') return false;
  const distance = inTheMoney(contract, spot);
  return quantity < 0 && distance < AUTO_EXERCISE && distance >= -PIN_DISTANCE;
}

/** When a late assignment becomes known, by luck from 0 to 1: after last trade, before holders'
 * instructions end. */
export function lateAssignmentAt(session: SessionTimes, luck: number): EpochMicros {
  const latest = session.exerciseMark + INSTRUCTIONS_UNTIL_MINUTES * MICROS_PER_MINUTE;
  return addMicros(session.lastTrade, luck * (latest - session.lastTrade));
}

/** What expired, and how. */
export interface Expiring {
  readonly contract: OptionContract;
  /** Contracts, signed as they were held. */
  readonly quantity: number;
  readonly outcome: Settlement['outcome'];
  /** The price by which exercise was judged. */
  readonly spot: Price;
  /** Settlements of the contract before this one: a fill that shows late is settled by itself. */
  readonly before: number;
}

/** The facts of one settlement. */
export function settlementOf(expiring: Expiring, marketAt: EpochMicros): Settlement {
  const { contract, quantity, outcome, spot, before } = expiring;
  const isCash = underlyingOfRoot(contract.root)?.settlement === 'cash';
  const direction = contract.right === 'call' ? 1 : -1;
  const isWorth = outcome !== 'expired';
  const worth = isWorth ? inTheMoney(contract, spot) : 0;
  const symbol = occSymbol(contract).replaceAll(' ', '');
  return {
    settlementId: `paper-settlement-${symbol}-${before + 1}`,
    outcome,
    instrument: contract,
    quantity,
    shares: isWorth && !isCash ? direction * quantity * multiplierOf(contract) : 0,
    sharePrice: contract.strike,
    ...(isCash ? { cashPerShare: price(worth) } : {}),
    feesCents: settlementFees('paper', outcome),
    marketAt,
  };
}
