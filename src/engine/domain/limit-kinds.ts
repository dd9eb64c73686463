/** The settings that set hard limits: what each is counted in, and whether a raise lifts it. */
import type { LimitRaise } from './limit-raise.ts';

export interface LimitKind {
  /** Units of the limit in one unit of the setting. */
  readonly scale: number;
  /** A larger number allows more, so a raise of it means something. */
  readonly isRaisable: boolean;
  /** It is a measure, in force as it is written, and no count of cents, orders or contracts. */
  readonly isMeasure?: true;
}

const DOLLARS: LimitKind = { scale: 100, isRaisable: true };
const COUNT: LimitKind = { scale: 1, isRaisable: true };
const MEASURE: LimitKind = { scale: 1, isRaisable: true, isMeasure: true };

export const LIMIT_KINDS = {
  MAX_DAILY_LOSS: DOLLARS,
  MAX_TRADE_LOSS: DOLLARS,
  MAX_OPEN_RISK: DOLLARS,
  PORTFOLIO_DELTA_CAP: MEASURE,
  PORTFOLIO_GAMMA_CAP: MEASURE,
  PORTFOLIO_VEGA_CAP: DOLLARS,
  MAX_ORDER_CONTRACTS: COUNT,
  MAX_POSITION_CONTRACTS: COUNT,
  MAX_STRATEGY_UNITS: COUNT,
  MAX_CONTRACTS: COUNT,
  MAX_OPEN_ORDERS: COUNT,
  MAX_ORDERS_PER_MINUTE: COUNT,
  MAX_ORDERS_PER_DAY: COUNT,
  MAX_ORDERS_PER_PRINCIPAL: COUNT,
  MAX_REPEATS: COUNT,
  MAX_REJECTS: COUNT,
  MAX_LOSSES: COUNT,
  LOSS_COOLDOWN: { scale: 1_000, isRaisable: false },
  LOTTO_DAILY_BUDGET: DOLLARS,
  CONFIRMATION_TIMEOUT: { scale: 1, isRaisable: false },
} as const satisfies Readonly<Record<string, LimitKind>>;

export type LimitSettingName = keyof typeof LIMIT_KINDS;

export function isLimitSetting(name: string): name is LimitSettingName {
  return Object.hasOwn(LIMIT_KINDS, name);
}

/** A setting's value as its limit counts it. */
export function limitOf(setting: LimitSettingName, value: number): number {
  const { scale, isMeasure }: LimitKind = LIMIT_KINDS[setting];
  return isMeasure ? value : Math.round(value * scale);
}

/**
 * Why a raise is none: there is no such limit, or it does not lift what `inForce` says. Undefined where it
 * is one. The settings are judged by this before anything starts, and each raise again where it is applied.
 */
export function faultOfRaise(
  { setting, value, text }: LimitRaise,
  inForce: (setting: LimitSettingName) => number,
): string | undefined {
  if (!isLimitSetting(setting)) return `LIMIT_RAISE: ${setting} is no limit to raise`;
  const { isRaisable, isMeasure, scale }: LimitKind = LIMIT_KINDS[setting];
  if (!isRaisable) return `LIMIT_RAISE: ${setting} is no limit to raise`;
  const takesFraction = isMeasure || scale !== 1;
  if (!(takesFraction || Number.isInteger(value)) || !Number.isFinite(value * scale)) {
    return `LIMIT_RAISE: "${text}" is no number for ${setting}`;
  }
  const limit = inForce(setting);
  if (limitOf(setting, value) > limit) return undefined;
  return `LIMIT_RAISE: "${text}" does not raise it: ${setting} is ${limit / scale}`;
}
