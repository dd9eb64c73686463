/**
 * Which limit an order shows the market as it waits, entries and exits alike: from mid toward natural
 * and, when it hurries, past it. Reckoned anew from the live book at each step, capped against mid
 * and against what was agreed; a pure function of the time elapsed.
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
  /** Never further from mid than this many ticks or this fraction of mid, whichever is more: a
   * market that is wide as a barn door is not paid for. */
  readonly capTicks: number;
  readonly capFraction: number;
}

export const LADDERS: Readonly<Record<Urgency, LadderPreset>> = {
  patient: {
    startFraction: 0.5,
    stepFraction: 0.125,
    lastFraction: 1,
    stepMillis: 20_000,
    capTicks: 10,
    capFraction: 0.25,
  },
  normal: {
    startFraction: 0.5,
    stepFraction: 0.25,
    lastFraction: 1,
    stepMillis: 5_000,
    capTicks: 20,
    capFraction: 0.5,
  },
  fast: {
    startFraction: 1,
    stepFraction: 0.25,
    lastFraction: 2,
    stepMillis: 1_000,
    capTicks: 40,
    capFraction: 1,
  },
  urgent: {
    startFraction: 1.25,
    stepFraction: 0.25,
    lastFraction: 4,
    stepMillis: 250,
    capTicks: 100,
    capFraction: 2,
  },
};

/** An opening rests at its first price this long before it begins to concede. */
export const ENTRY_REST_MILLIS: Readonly<Record<Urgency, number>> = {
  patient: 5_000,
  normal: 2_000,
  fast: 0,
  urgent: 0,
};

export interface LadderInput {
  readonly net: NetPrices;
  /** The prices that the order may ask. */
  readonly grid: TickGrid;
  readonly urgency: Urgency;
  /** Since the order went out, or its rest was over, in milliseconds of market time. */
  readonly elapsedMillis: number;
  /** The worst net that was agreed to or makes sense at all; undefined = none is known. */
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

/** The worst net on this ladder, on the grid: no rung ever lies below it. */
export function ladderCap({
  net,
  grid,
  urgency,
  worstNet,
}: Omit<LadderInput, 'elapsedMillis'>): Price {
  const { capTicks, capFraction } = LADDERS[urgency];
  const room = Math.max(capTicks * tickAt(grid, net.mid), capFraction * Math.abs(net.mid));
  const cap = ceilToTick(grid, net.mid - room);
  return worstNet === undefined ? cap : price(Math.max(cap, worstNet));
}

/** The rung that an order stands on now. */
export function ladderRung(input: LadderInput): LadderRung {
  const { grid, urgency, elapsedMillis } = input;
  const preset = LADDERS[urgency];
  const lastStep = Math.round((preset.lastFraction - preset.startFraction) / preset.stepFraction);
  const step = Math.min(lastStep, Math.floor(Math.max(0, elapsedMillis) / preset.stepMillis));
  const fraction = preset.startFraction + step * preset.stepFraction;
  const wanted = floorToTick(grid, netAt(input, fraction, preset));
  const limit = price(Math.max(wanted, ladderCap(input)));
  const nextInMillis = (step + 1) * preset.stepMillis - Math.max(0, elapsedMillis);
  return { limit, step, nextInMillis: step === lastStep ? undefined : nextInMillis };
}

/** Where the ladder ends on this book. */
export function ladderEnd(input: Omit<LadderInput, 'elapsedMillis'>): Price {
  return ladderRung({ ...input, elapsedMillis: Number.MAX_SAFE_INTEGER }).limit;
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

/** The best net that closing these legs can bring: a tick short of what the package is worth at least,
 * for nobody gives it away. Undefined where only the underlying bounds it and that is not known. */
export function bestClosingNet(
  legs: readonly OrderLeg[],
  spot: Price | undefined,
): Price | undefined {
  if (legs.some((leg) => leg.instrument.kind === 'shares')) return undefined;
  const grid = gridOf(legs);
  const bound = 0 - packageBounds(legs, spot).least;
  return Number.isFinite(bound) ? floorToTick(grid, bound - tickAt(grid, bound)) : undefined;
}

/** The nets that a close concedes between. Legs that are quoted wide can have a mid outside what they
 * can be worth together: the way then begins at the best there is. */
export function closingNets(
  net: NetPrices,
  legs: readonly OrderLeg[],
  spot: Price | undefined,
): NetPrices {
  const best = bestClosingNet(legs, spot);
  if (best === undefined || net.mid <= best) return net;
  return { mid: best, natural: price(Math.min(net.natural, best)) };
}
