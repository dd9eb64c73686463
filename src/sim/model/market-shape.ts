/** What sets one simulated underlying apart from another: its level, and the grid of its options. */
import type { UnderlyingSpec, UnderlyingSymbol } from '../../engine/domain/underlying.ts';
import { PRICE_PER_DOLLAR } from '../../engine/domain/units.ts';

/** About where each stands, dollars. */
const BASE_DOLLARS: Readonly<Record<UnderlyingSymbol, number>> = {
  SPY: 540,
  XSP: 540,
  SPX: 5_400,
  QQQ: 480,
  IWM: 216,
};
/** How much more each moves than the S&P 500 on an average day. */
const VOLATILITY: Readonly<Record<UnderlyingSymbol, number>> = {
  SPY: 1,
  XSP: 1,
  SPX: 1,
  QQQ: 1.4,
  IWM: 1.6,
};
/** The level at which the model's dollars were measured: SPY's. */
const MEASURED_AT_DOLLARS = BASE_DOLLARS.SPY;
const CENTS_PER_PRICE = 100 / PRICE_PER_DOLLAR;

/** Immutable; every path carries its own. */
export interface MarketShape {
  readonly spec: UnderlyingSpec;
  /** Dollars here for each dollar of the model's constants. */
  readonly scale: number;
}

/** The level about which an underlying moves from session to session, dollars. */
export function baseDollars(spec: UnderlyingSpec): number {
  return BASE_DOLLARS[spec.symbol];
}

/** Volatility of an underlying over the model's own, which is the S&P 500's. */
export function volatilityOf(spec: UnderlyingSpec): number {
  return VOLATILITY[spec.symbol];
}

/** The shape of an underlying that opens at about so many dollars. */
export function shapeAt(spec: UnderlyingSpec, dollars: number): MarketShape {
  return { spec, scale: dollars / MEASURED_AT_DOLLARS };
}

/** The step of an option's quote at a value in dollars, in cents. */
export function quoteStepCents({ spec }: MarketShape, dollars: number): number {
  const { step, coarse } = spec.ticks.single;
  const isCoarse = coarse !== undefined && dollars * PRICE_PER_DOLLAR >= coarse.from;
  return (isCoarse ? coarse.step : step) * CENTS_PER_PRICE;
}
