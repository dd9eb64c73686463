/** The hard limits in force. Set by configuration only; no tool can raise one. */

import { DeltaringError } from '../engine/domain/errors.ts';
import type { Cents } from '../engine/domain/units.ts';
import { centsFromDollars } from '../engine/domain/units.ts';
import { canonicalJson, sha256Hex } from './canonical-json.ts';

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
  readonly maxOrderContracts: number;
  readonly maxContractsPerSymbol: number;
  readonly collarTicks: number;
  readonly collarFraction: number;
  readonly maxQuoteAgeMillis: number;
  readonly maxSpotAgeMillis: number;
  readonly maxOrdersPerMinute: number;
  readonly maxOrdersPerDay: number;
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
  maxOrderContracts: 10,
  maxContractsPerSymbol: 20,
  collarTicks: 3,
  collarFraction: 0.1,
  maxQuoteAgeMillis: 5_000,
  maxSpotAgeMillis: 2_000,
  maxOrdersPerMinute: 10,
  maxOrdersPerDay: 100,
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
  const values: Omit<Limits, 'version'> = { ...DEFAULT_LIMITS, ...set };
  const version = sha256Hex(canonicalJson(values)).slice(0, VERSION_LENGTH);
  return Object.freeze({ ...values, version });
}
