/** From settings to limits: which setting sets which, and how a raise lifts one. */
import { DeltaringError } from '../engine/domain/errors.ts';
import type { LimitSettingName } from '../engine/domain/limit-kinds.ts';
import { faultOfRaise, isLimitSetting, limitOf } from '../engine/domain/limit-kinds.ts';
import type { LimitRaise } from '../engine/domain/limit-raise.ts';
import type { EpochMicros } from '../engine/domain/units.ts';
import { type LimitSettings, type Limits, limitsFrom } from './limits.ts';

type NumberField = {
  [Field in keyof Limits]: Limits[Field] extends number ? Field : never;
}[keyof Limits];

/** What each setting sets. */
export const LIMIT_FIELDS: Readonly<Record<LimitSettingName, readonly NumberField[]>> = {
  MAX_DAILY_LOSS: ['maxDailyLossCents'],
  MAX_TRADE_LOSS: ['maxTradeLossCents'],
  MAX_OPEN_RISK: ['maxOpenRiskCents', 'maxOpenOrdersRiskCents'],
  PORTFOLIO_DELTA_CAP: ['portfolioDeltaCap'],
  PORTFOLIO_GAMMA_CAP: ['portfolioGammaCap'],
  PORTFOLIO_VEGA_CAP: ['portfolioVegaCapCents'],
  MAX_ORDER_CONTRACTS: ['maxOrderContracts'],
  MAX_POSITION_CONTRACTS: ['maxContractsPerSymbol'],
  MAX_STRATEGY_UNITS: ['maxUnitsPerStrategy'],
  MAX_CONTRACTS: ['maxContracts'],
  MAX_OPEN_ORDERS: ['maxOpenOrders'],
  MAX_ORDERS_PER_MINUTE: ['maxOrdersPerMinute'],
  MAX_ORDERS_PER_DAY: ['maxOrdersPerDay'],
  MAX_ORDERS_PER_PRINCIPAL: ['maxOrdersPerPrincipal'],
  MAX_REPEATS: ['maxRepeats'],
  MAX_REJECTS: ['maxConsecutiveRejects'],
  MAX_LOSSES: ['maxLossesPerStrategy'],
  LOSS_COOLDOWN: ['coolDownMillis'],
  LOTTO_DAILY_BUDGET: ['lottoBudgetCents'],
  CONFIRMATION_TIMEOUT: ['confirmationTimeoutSeconds'],
};

function change(setting: LimitSettingName, value: number): readonly [NumberField, number][] {
  return LIMIT_FIELDS[setting].map((field) => [field, limitOf(setting, value)]);
}

/** The limits that the settings make; what they do not set takes its default. */
export function limitsOfSettings(
  settings: Readonly<Record<LimitSettingName, number>>,
  allowedRoots: readonly string[],
): Limits {
  const names = Object.keys(LIMIT_FIELDS).filter(isLimitSetting);
  const set = names.flatMap((name) => change(name, settings[name]));
  return limitsFrom({ ...Object.fromEntries(set), allowedRoots });
}

/**
 * The limits in force at a moment: the ones given, lifted by every raise that has not ended. The very
 * same object while none stands. A raise that is none throws `CONFIG_INVALID`.
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

/** Of a setting with several limits it has to lift each. */
function lift(base: Limits, raise: LimitRaise): readonly [NumberField, number][] {
  const inForce = (setting: LimitSettingName): number =>
    Math.max(...LIMIT_FIELDS[setting].map((field) => base[field]));
  const fault = faultOfRaise(raise, inForce);
  if (fault !== undefined) throw new DeltaringError('CONFIG_INVALID', fault);
  return isLimitSetting(raise.setting) ? change(raise.setting, raise.value) : [];
}
