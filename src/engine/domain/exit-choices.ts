/** What a trader chooses about exits once, for all trades of a kind; a tool's argument goes first. */

/** How a condor is stopped: each side at the total credit; the same, a little sooner, with the side
 * that is left stopped at breakeven; or the whole structure at twice the credit. */
export const CONDOR_STOPS = ['side', 'breakeven', 'whole'] as const;
export type CondorStop = (typeof CONDOR_STOPS)[number];

/** `standard`: fixed targets. `trailing`: profits run and are closed as they shrink. */
export const EXIT_POLICIES = ['standard', 'trailing'] as const;
export type ExitPolicyName = (typeof EXIT_POLICIES)[number];

export const STOP_CONFIRMATIONS = ['fast', 'patient'] as const;
export type StopConfirmation = (typeof STOP_CONFIRMATIONS)[number];

/** Choices of the day; `STANDARD_EXITS` where nothing was chosen. */
export interface ExitChoices {
  readonly policy: ExitPolicyName;
  readonly condorStop: CondorStop;
  /** Condors are bought back for a profit of this percentage of the credit; undefined = they are
   * held to the stop or the clock. */
  readonly profitTargetPercent?: number | undefined;
  readonly confirmation: StopConfirmation;
}

export const STANDARD_EXITS: ExitChoices = {
  policy: 'standard',
  condorStop: 'side',
  confirmation: 'fast',
};

/** How much is conceded, and how soon, to be filled: ascending. */
export const URGENCIES = ['patient', 'normal', 'fast', 'urgent'] as const;
export type Urgency = (typeof URGENCIES)[number];

/** The one of the two that concedes more, and sooner. */
export function moreUrgent(one: Urgency, other: Urgency): Urgency {
  return URGENCIES.indexOf(other) > URGENCIES.indexOf(one) ? other : one;
}
