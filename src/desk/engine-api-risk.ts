/** What faces see of limits, and of why the desk decided as it did. Part of the door. */
import type { DenialCode } from '../engine/domain/verdict.ts';

/** One limit with its use and room, in the unit named. */
export interface LimitView {
  readonly name: string;
  /** Its number in the list of controls. */
  readonly control: number;
  readonly unit: 'cents' | 'shares' | 'contracts' | 'orders' | 'milliseconds' | 'state';
  readonly limit: number | string;
  readonly used: number | string | null;
  readonly room: number | null;
  readonly ok: boolean;
  /** What the gate says of an order that does not pass; none where nothing is refused for it. */
  readonly refusals: readonly DenialCode[];
  readonly note: string;
}

/** What closing one position would do to a net delta beyond its cap. Offered, never done. */
export interface ReducingOffer {
  readonly positionId: string;
  readonly positionDelta: number;
  readonly netDelta: number;
  readonly netDeltaAfter: number;
  readonly next: string;
}

export interface RiskCheckView {
  readonly openingsAllowed: boolean;
  readonly blockedBy: readonly string[];
  readonly limits: readonly LimitView[];
  readonly limitsVersion: string;
  /** Only while net delta is beyond its cap. */
  readonly reducingOffer: ReducingOffer | null;
  /** The newest first; as many as were asked for. */
  readonly decisions: readonly DecisionView[];
}

/** One decision of the desk, in plain words, with the limits it came closest to. */
export interface DecisionView {
  /** Number of the record in the journal. */
  readonly seq: number;
  readonly at: string;
  readonly decided: 'allowed' | 'refused' | 'sent' | 'exit' | 'state';
  readonly words: string;
  /** `usedPercent` above 100 is past the limit, also of one that is a least, as a rest is; it is null where
   * the limit is nothing. */
  readonly closest: readonly {
    readonly code: DenialCode;
    readonly used: number;
    readonly limit: number;
    readonly usedPercent: number | null;
  }[];
}
