/** The hard limits in force. Set by configuration only; no tool can raise one. */

import { DeltaringError } from '../engine/domain/errors.ts';
import type { Cents } from '../engine/domain/units.ts';
import { centsFromDollars } from '../engine/domain/units.ts';
import { contentHash } from './content-hash.ts';

export interface Limits {
  /** SHA-256 prefix over all the values below: tokens and records are bound to it. */
  readonly version: string;
  readonly maxDailyLossCents: Cents;
  /** At this multiple of the daily loss limit everything is flattened. */
  readonly dailyLossFlattenMultiple: number;
  readonly maxTradeLossCents: Cents;
  readonly maxOpenRiskCents: Cents;
  /** Net delta in share equivalents. */
  readonly portfolioDeltaCap: number;
  /** Net gamma, share equivalents per dollar of the underlying. */
  readonly portfolioGammaCap: number;
  /** Net vega, cents per volatility point. */
  readonly portfolioVegaCapCents: Cents;
  readonly maxOrderContracts: number;
  readonly maxContractsPerSymbol: number;
  /** Units of one strategy, open or on their way. */
  readonly maxUnitsPerStrategy: number;
  /** Option contracts of all legs together, held or on their way. */
  readonly maxContracts: number;
  /** Openings on their way at once, and the sum of their worst cases: all the open risk there may be, for no
   * setting sets it apart. */
  readonly maxOpenOrders: number;
  readonly maxOpenOrdersRiskCents: Cents;
  readonly collarTicks: number;
  readonly collarFraction: number;
  /** What is left of the collar while the session has not opened: quotes are thin then. */
  readonly collarShareBeforeOpen: number;
  readonly maxQuoteAgeMillis: number;
  readonly maxSpotAgeMillis: number;
  /** Between the oldest and the newest quote of an order's legs. */
  readonly maxLegDispersionMillis: number;
  /** Implied volatility outside these is an error of the model or of its input. */
  readonly minImpliedVol: number;
  readonly maxImpliedVol: number;
  /** How far the parity forward may stand from the underlying, as a fraction of it. */
  readonly maxForwardDriftFraction: number;
  /** How far call minus put may stand from forward minus strike beyond their half widths. */
  readonly parityTicks: number;
  readonly maxOrdersPerMinute: number;
  /** Changes of the limits of working openings in a minute. */
  readonly maxModifiesPerMinute: number;
  readonly maxOrdersPerDay: number;
  readonly maxOrdersPerPrincipal: number;
  /** Openings of one strategy within the window; then the console re-arms. */
  readonly maxRepeats: number;
  readonly repeatWindowMillis: number;
  /** Broker rejections in a row; then the console re-arms. */
  readonly maxConsecutiveRejects: number;
  /** After a losing position its strategy rests this long. */
  readonly coolDownMillis: number;
  /** After so many losing positions a strategy rests for the day. */
  readonly maxLossesPerStrategy: number;
  readonly duplicateWindowMillis: number;
  readonly confirmationTimeoutSeconds: number;
  readonly driftTicks: number;
  readonly driftFraction: number;
  /** Adverse move of a short delta, in points of 100. */
  readonly driftDeltaPoints: number;
  readonly allowedRoots: readonly string[];
  readonly lottoBudgetCents: Cents;
}

/** What configuration may set; whatever is absent takes its default. */
export type LimitSettings = {
  readonly [Name in keyof Omit<Limits, 'version'>]?: Limits[Name] | undefined;
};

const VERSION_LENGTH = 16;

/** The defaults of every limit, as the settings table of the README names them. */
export const DEFAULT_LIMITS: Omit<Limits, 'version'> = {
  maxDailyLossCents: centsFromDollars(500),
  dailyLossFlattenMultiple: 1.5,
  maxTradeLossCents: centsFromDollars(1_000),
  maxOpenRiskCents: centsFromDollars(2_500),
  portfolioDeltaCap: 50,
  portfolioGammaCap: 250,
  portfolioVegaCapCents: centsFromDollars(100),
  maxOrderContracts: 10,
  maxContractsPerSymbol: 20,
  maxUnitsPerStrategy: 20,
  maxContracts: 100,
  maxOpenOrders: 10,
  maxOpenOrdersRiskCents: centsFromDollars(2_500),
  collarTicks: 3,
  collarFraction: 0.1,
  collarShareBeforeOpen: 0.5,
  maxQuoteAgeMillis: 5_000,
  maxSpotAgeMillis: 2_000,
  maxLegDispersionMillis: 3_000,
  minImpliedVol: 0.01,
  maxImpliedVol: 5,
  maxForwardDriftFraction: 0.002,
  parityTicks: 10,
  maxOrdersPerMinute: 10,
  maxModifiesPerMinute: 120,
  maxOrdersPerDay: 100,
  maxOrdersPerPrincipal: 50,
  maxRepeats: 8,
  repeatWindowMillis: 600_000,
  maxConsecutiveRejects: 3,
  coolDownMillis: 300_000,
  maxLossesPerStrategy: 3,
  duplicateWindowMillis: 10_000,
  confirmationTimeoutSeconds: 30,
  driftTicks: 2,
  driftFraction: 0.1,
  driftDeltaPoints: 8,
  allowedRoots: ['SPY'],
  lottoBudgetCents: centsFromDollars(100),
};

type Setting = readonly [name: string, value: number | readonly string[] | undefined];

function faultOf([name, value]: Setting): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'number') {
    if (Number.isFinite(value) && value >= 0) return undefined;
    return `${name} must be a number of 0 or more, not ${value}`;
  }
  return value.length > 0 ? undefined : `${name} must name at least one root`;
}

/**
 * The limits that settings and defaults make together, with the version that names them: equal
 * values have equal versions. Throws `CONFIG_INVALID` naming every limit that is no usable number.
 */
export function limitsFrom(settings: LimitSettings = {}): Limits {
  const given: Setting[] = Object.entries(settings);
  const faults = given.map(faultOf).filter((fault) => fault !== undefined);
  if (faults.length > 0) {
    throw new DeltaringError(
      'CONFIG_INVALID',
      `limits: ${faults.join('; ')}; correct the settings`,
    );
  }
  const set = Object.fromEntries(given.filter(([, value]) => value !== undefined));
  const openOrders = {
    maxOpenOrdersRiskCents: settings.maxOpenRiskCents ?? DEFAULT_LIMITS.maxOpenRiskCents,
  };
  const values: Omit<Limits, 'version'> = { ...DEFAULT_LIMITS, ...openOrders, ...set };
  const version = contentHash(values).slice(0, VERSION_LENGTH);
  return Object.freeze({ ...values, version });
}
