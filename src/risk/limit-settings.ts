/** From settings to limits: which setting sets which, in whose unit, and how a raise lifts one. */
import { DeltaringError } from '../engine/domain/errors.ts';
import type { LimitRaise } from '../engine/domain/limit-raise.ts';
import type { EpochMicros } from '../engine/domain/units.ts';
import { type LimitSettings, type Limits, limitsFrom } from './limits.ts';

const CENTS = 100;
const MILLIS = 1_000;

type NumberField = {
  [Field in keyof Limits]: Limits[Field] extends number ? Field : never;
}[keyof Limits];

interface Target {
  readonly fields: readonly NumberField[];
  /** Units of the limit in one unit of the setting. */
  readonly scale: number;
  /** A larger number allows more, so a raise of it means something. */
  readonly isRaisable: boolean;
}

function most(scale: number, ...fields: readonly NumberField[]): Target {
  return { fields, scale, isRaisable: true };
}

function fixed(scale: number, ...fields: readonly NumberField[]): Target {
  return { fields, scale, isRaisable: false };
}

/** The settings that set limits. */
export const LIMIT_SETTINGS = {
  MAX_DAILY_LOSS: most(CENTS, 'maxDailyLossCents'),
  MAX_TRADE_LOSS: most(CENTS, 'maxTradeLossCents'),
  MAX_OPEN_RISK: most(CENTS, 'maxOpenRiskCents', 'maxOpenOrdersRiskCents'),
  PORTFOLIO_DELTA_CAP: most(1, 'portfolioDeltaCap'),
  PORTFOLIO_GAMMA_CAP: most(1, 'portfolioGammaCap'),
  PORTFOLIO_VEGA_CAP: most(CENTS, 'portfolioVegaCapCents'),
  MAX_ORDER_CONTRACTS: most(1, 'maxOrderContracts'),
  MAX_POSITION_CONTRACTS: most(1, 'maxContractsPerSymbol'),
  MAX_STRATEGY_UNITS: most(1, 'maxUnitsPerStrategy'),
  MAX_CONTRACTS: most(1, 'maxContracts'),
  MAX_OPEN_ORDERS: most(1, 'maxOpenOrders'),
  MAX_ORDERS_PER_MINUTE: most(1, 'maxOrdersPerMinute'),
  MAX_ORDERS_PER_DAY: most(1, 'maxOrdersPerDay'),
  MAX_ORDERS_PER_PRINCIPAL: most(1, 'maxOrdersPerPrincipal'),
  MAX_REPEATS: most(1, 'maxRepeats'),
  MAX_REJECTS: most(1, 'maxConsecutiveRejects'),
  MAX_LOSSES: most(1, 'maxLossesPerStrategy'),
  LOSS_COOLDOWN: fixed(MILLIS, 'coolDownMillis'),
  LOTTO_DAILY_BUDGET: most(CENTS, 'lottoBudgetCents'),
  CONFIRMATION_TIMEOUT: fixed(1, 'confirmationTimeoutSeconds'),
} as const satisfies Readonly<Record<string, Target>>;

export type LimitSettingName = keyof typeof LIMIT_SETTINGS;

function isLimitSetting(name: string): name is LimitSettingName {
  return Object.hasOwn(LIMIT_SETTINGS, name);
}

function change(setting: LimitSettingName, value: number): readonly [NumberField, number][] {
  const { fields, scale } = LIMIT_SETTINGS[setting];
  return fields.map((field) => [field, Math.round(value * scale)]);
}

/** The limits that the settings make; what they do not set takes its default. */
export function limitsOfSettings(
  settings: Readonly<Record<LimitSettingName, number>>,
  allowedRoots: readonly string[],
): Limits {
  const names = Object.keys(LIMIT_SETTINGS).filter(isLimitSetting);
  const set = names.flatMap((name) => change(name, settings[name]));
  return limitsFrom({ ...Object.fromEntries(set), allowedRoots });
}

/**
 * The limits in force at a moment: the ones given, lifted by every raise that has not ended. The very
 * same object while none stands. A raise that would lower a limit, or of a setting that has no limit
 * to lift, throws `CONFIG_INVALID`.
 */
export function limitsInForce(
  base: Limits,
  raises: readonly LimitRaise[],
  wall: EpochMicros,
): Limits {
  const standing = raises.filter(({ untilWall }) => wall < untilWall);
  if (standing.length === 0) return base;
  // The smallest first: of two raises of one limit the larger counts, each until its own end.
  const lifted = standing.flatMap((raise) => lift(base, raise)).toSorted(([, a], [, b]) => a - b);
  const { version: _replaced, ...values } = base;
  const settings: LimitSettings = { ...values, ...Object.fromEntries(lifted) };
  return limitsFrom(settings);
}

function lift(
  base: Limits,
  { setting, value, text }: LimitRaise,
): readonly [NumberField, number][] {
  if (!isLimitSetting(setting) || !LIMIT_SETTINGS[setting].isRaisable) {
    throw new DeltaringError('CONFIG_INVALID', `LIMIT_RAISE: ${setting} is no limit to raise`);
  }
  const lifted = change(setting, value);
  if (lifted.some(([field, to]) => to <= base[field])) {
    throw new DeltaringError('CONFIG_INVALID', `LIMIT_RAISE: "${text}" does not raise the limit`);
  }
  return lifted;
}
