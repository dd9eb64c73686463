/** What the operator set about exits and ladders, once for the run. Plain data. */
import type { ExitChoices, Urgency } from '../../engine/domain/exit-choices.ts';
import { STANDARD_EXITS } from '../../engine/domain/exit-choices.ts';

export interface ExitSettings extends ExitChoices {
  /** How openings, and closes that a trader asks for, concede. */
  readonly entryLadder: Urgency;
  readonly exitLadder: Urgency;
  /** Buy back shorts for a nickel or less in the last hour. */
  readonly nickelBuyBack: boolean;
  /** The paper broker holds stop orders. */
  readonly paperNativeStops: boolean;
  /** tastytrade holds stop orders; absent in older recordings, whose adapter gave it none. */
  readonly tastytradeNativeStops?: boolean;
  /** Days on which the underlying trades without its dividend, ascending. */
  readonly exDividendDates: readonly string[];
}

/** What holds where nothing was set, and in recordings from before there were settings. */
export const DEFAULT_EXIT_SETTINGS: ExitSettings = {
  ...STANDARD_EXITS,
  entryLadder: 'normal',
  exitLadder: 'normal',
  nickelBuyBack: false,
  paperNativeStops: false,
  exDividendDates: [],
};
