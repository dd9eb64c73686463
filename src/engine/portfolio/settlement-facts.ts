/** What a settlement says of a position, as far as a book needs it. */

import type { Instrument } from '../domain/instrument.ts';
import type { Cents, EpochMicros, Price } from '../domain/units.ts';

/** What exercise, assignment or expiry did to one option position. */
export interface SettlementFacts {
  readonly settlementId: string;
  readonly instrument: Instrument;
  /** Contracts settled, signed as they were held. */
  readonly quantity: number;
  /** The broker did not say whether they were held long or short: `quantity` is their number, and what is
   * held tells the sign. */
  readonly isUnsigned?: boolean;
  /** Shares received (+) or delivered (-), and their price per share (the strike). */
  readonly shares: number;
  readonly sharePrice: Price;
  /** Cash for each share behind the contracts, to who held them long: of index options alone. */
  readonly cashPerShare?: Price;
  readonly feesCents: Cents;
  readonly marketAt: EpochMicros;
}

/** Contracts settled, signed, of an option of which `held` are held. */
export function settledOf({ quantity, isUnsigned }: SettlementFacts, held: number): number {
  return isUnsigned === true && held < 0 ? -quantity : quantity;
}
