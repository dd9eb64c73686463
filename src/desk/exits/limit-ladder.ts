/**
 * Which limit an exit shows the market as it waits: from mid toward natural and, when it hurries,
 * past it. Reckoned anew from the live book at each step; a pure function of the time elapsed.
 */
import type { Urgency } from '../../engine/domain/exit-choices.ts';
import { gridOf } from '../../engine/domain/instrument.ts';
import type { NetPrices } from '../../engine/domain/net-price.ts';
import type { OrderLeg } from '../../engine/domain/order.ts';
import { ceilToTick, floorToTick, type TickGrid, tickAt } from '../../engine/domain/tick-grid.ts';
import { type Price, price } from '../../engine/domain/units.ts';
import { packageBounds } from '../../risk/package-bounds.ts';

/** A way down the ladder. Fractions are of the distance from mid (0) to natural (1); past 1 each
 * step concedes at least one tick more. */
export interface LadderPreset {
  readonly startFraction: number;
  readonly stepFraction: number;
  readonly lastFraction: number;
  readonly stepMillis: number;
}

export const LADDERS: Readonly<Record<Urgency, LadderPreset>> = {
  patient: { startFraction: 0.5, stepFraction: 0.125, lastFraction: 1, stepMillis: 20_000 },
  normal: { startFraction: 0.5, stepFraction: 0.25, lastFraction: 1, stepMillis: 5_000 },
  fast: { startFraction: 1, stepFraction: 0.25, lastFraction: 2, stepMillis: 1_000 },
  urgent: { startFraction: 1.25, stepFraction: 0.25, lastFraction: 4, stepMillis: 250 },
};

export interface LadderInput {
  readonly net: NetPrices;
  /** The prices that the order may ask. */
  readonly grid: TickGrid;
  readonly urgency: Urgency;
  /** Since the exit's first order, in milliseconds of market time. */
  readonly elapsedMillis: number;
  /** The worst net that makes sense at all; undefined = only the ladder's own end bounds it. */
  readonly worstNet: Price | undefined;
}

export interface LadderRung {
  /** Signed net on the tick grid. */
  readonly limit: Price;
  /** 0 is the first. */
  readonly step: number;
  /** Milliseconds until the next rung; undefined on the last. */
  readonly nextInMillis: number | undefined;
}

/** Signed net at a fraction of the way from mid to natural and on. */
function netAt({ net, grid }: LadderInput, fraction: number, preset: LadderPreset): number {
  const concession = net.mid - net.natural;
  if (fraction <= 1) return net.mid - fraction * concession;
  const stepsPast = Math.round((fraction - 1) / preset.stepFraction);
  return net.natural - Math.max((fraction - 1) * concession, stepsPast * tickAt(grid, net.natural));
}

/** The rung that an exit stands on now. */
export function ladderRung(input: LadderInput): LadderRung {
  const { grid, urgency, elapsedMillis, worstNet } = input;
  const preset = LADDERS[urgency];
  const lastStep = Math.round((preset.lastFraction - preset.startFraction) / preset.stepFraction);
  const step = Math.min(lastStep, Math.floor(Math.max(0, elapsedMillis) / preset.stepMillis));
  const fraction = preset.startFraction + step * preset.stepFraction;
  const wanted = floorToTick(grid, netAt(input, fraction, preset));
  const limit = worstNet === undefined ? wanted : price(Math.max(wanted, worstNet));
  const nextInMillis = (step + 1) * preset.stepMillis - Math.max(0, elapsedMillis);
  return { limit, step, nextInMillis: step === lastStep ? undefined : nextInMillis };
}

/**
 * The worst net at which closing these legs can make sense: what the package can be worth at most,
 * and for a sale of one leg the smallest price there is. Undefined while the underlying, and with
 * it the bound, is not known.
 */
export function worstClosingNet(
  legs: readonly OrderLeg[],
  spot: Price | undefined,
): Price | undefined {
  const isSaleOfOne = legs.length === 1 && legs[0]?.action === 'sellToClose';
  const grid = gridOf(legs);
  if (isSaleOfOne) return grid.step;
  if (legs.some((leg) => leg.instrument.kind === 'shares')) return undefined;
  const { greatest } = packageBounds(legs, spot);
  return Number.isFinite(greatest) ? ceilToTick(grid, 0 - greatest) : undefined;
}
