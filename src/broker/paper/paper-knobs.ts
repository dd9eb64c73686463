/** What drills and tests can turn at the paper broker. Probabilities are from 0 to 1. */
export interface PaperKnobs {
  /** That many of the next orders are rejected. */
  readonly rejectNext: number;
  /** That many of the next orders first answer `unknown`; the truth follows later. */
  readonly unknownNext: number;
  /** That many of the next cancels are refused. */
  readonly refuseCancelNext: number;
  /** That many of the next limits that move a working order are refused. */
  readonly refuseLimitNext: number;
  /** That many of the next executions happen without being reported. */
  readonly dropFillEvents: number;
  /** The chance that an execution takes only a part of what it could. */
  readonly partialFillProbability: number;
  /** The chance per batch of quotes that a one-leg order between mid and natural is hit, at natural; it falls
   * to none at mid, and in proportion to the number of legs. */
  readonly passiveFillProbability: number;
  /** The chance that a leg of a marketable order trades one tick worse than displayed. */
  readonly slipProbabilityPerLeg: number;
  /** The chance that a short which ended a few cents out of the money is assigned all the same. */
  readonly pinnedAssignmentProbability: number;
  /** Market time between a request and its effect at the broker. */
  readonly leastLatencyMillis: number;
  readonly mostLatencyMillis: number;
}

/** The ordinary broker: no drill, some friction. */
export const DEFAULT_KNOBS: PaperKnobs = {
  rejectNext: 0,
  unknownNext: 0,
  refuseCancelNext: 0,
  refuseLimitNext: 0,
  dropFillEvents: 0,
  partialFillProbability: 0.1,
  passiveFillProbability: 0.05,
  slipProbabilityPerLeg: 0.2,
  pinnedAssignmentProbability: 0.15,
  leastLatencyMillis: 20,
  mostLatencyMillis: 120,
};
