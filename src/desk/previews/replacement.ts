/** What is kept of a replacement between its confirm and its sending. */
import type { EpochMicros } from '../../engine/domain/units.ts';
import type { TokenGrant } from '../../risk/confirm-token.ts';

/** A replacement that waits for the end of the order it replaces. */
export interface Replacement {
  readonly grant: TokenGrant;
  readonly openUpToCents: number | undefined;
  /** Units of the old order that had filled when the trader agreed. */
  readonly filledBefore: number;
  /** Wall time after which nothing is sent any more. */
  readonly until: EpochMicros;
  /** Why nothing is to be sent any more, where somebody wants the order gone and not another. */
  calledOff?: string;
}

/** Replacements of the session that were confirmed and are no orders. */
export interface Replacements {
  /** Those that wait, by the order whose end they wait for. */
  readonly waiting: Map<string, Replacement>;
  /** Why the others were not sent, by what would have been their ids. */
  readonly unsent: Map<string, string>;
}
