/** Physical settlement at expiry: exercise, assignment, or nothing. Pure. */

import type { OptionContract } from '../../engine/domain/instrument.ts';
import { occSymbol } from '../../engine/domain/instrument.ts';
import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import type { EpochMicros, Price } from '../../engine/domain/units.ts';
import { addMicros, CONTRACT_MULTIPLIER, MICROS_PER_MINUTE } from '../../engine/domain/units.ts';
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

/** True for a short that ended just out of the money. */
export function isPinnedShort(contract: OptionContract, quantity: number, spot: Price): boolean {
  const distance = inTheMoney(contract, spot);
  return quantity < 0 && distance < AUTO_EXERCISE && distance >= -PIN_DISTANCE;
}

/** When a late assignment becomes known, by luck from 0 to 1: after last trade, before holders'
 * instructions end. */
export function lateAssignmentAt(session: SessionTimes, luck: number): EpochMicros {
  const latest = session.exerciseMark + INSTRUCTIONS_UNTIL_MINUTES * MICROS_PER_MINUTE;
  return addMicros(session.lastTrade, luck * (latest - session.lastTrade));
}

/** The facts of one settlement. */
export function settlementOf(
  contract: OptionContract,
  quantity: number,
  outcome: Settlement['outcome'],
  marketAt: EpochMicros,
): Settlement {
  const direction = contract.right === 'call' ? 1 : -1;
  const shares = outcome === 'expired' ? 0 : direction * quantity * CONTRACT_MULTIPLIER;
  return {
    settlementId: `paper-settlement-${occSymbol(contract).replaceAll(' ', '')}`,
    outcome,
    instrument: contract,
    quantity,
    shares,
    sharePrice: contract.strike,
    feesCents: settlementFees('paper', outcome),
    marketAt,
  };
}
