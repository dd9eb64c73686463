/** What is held together and left together. */
import type { Instrument } from '../../engine/domain/instrument.ts';
import type { ExitPlan, StrategyName } from '../../engine/domain/order.ts';
import type { Cents, EpochMicros, Price } from '../../engine/domain/units.ts';

/** One contract (or shares) of a position; `quantity` is of the whole position, long positive. */
export interface HeldLeg {
  readonly instrument: Instrument;
  readonly quantity: number;
}

/** One open position as the exits see it. Legs that were closed or expired are gone from it. */
export interface OpenPosition {
  readonly positionId: string;
  readonly strategy: StrategyName;
  readonly legs: readonly HeldLeg[];
  /** Without what is held of wings beyond the units: it was left of others, and is no part of a price of these.
   * Undefined where that is nothing. */
  readonly legsOfUnits?: readonly HeldLeg[] | undefined;
  /** Signed net per share at which one unit was opened: credit positive, debit negative. */
  readonly entryNet: Price;
  /** Units of the structure of which something is open. */
  readonly quantity: number;
  /** What it cost per share of one unit, in 1/10,000 dollar, to leave what is gone of these units;
   * negative where it paid, 0 while they are open whole. Of three units it is seldom a whole number. */
  readonly goneDebit: number;
  readonly openedAt: EpochMicros;
  /** What these units would have brought, fees so far included, if all that is still open of them were
   * gone at nothing. */
  readonly cashSoFarCents: Cents;
  readonly exitPlan: ExitPlan;
  /** It was not opened here, and the plan is the schedule alone. */
  readonly isOfOthers?: boolean | undefined;
}
