/**
 * Drift between a preview and its confirm, adverse only: the trader agreed to a price and to a
 * distance from the strikes, and a market that gave some of it away needs a new look. A market that
 * moved the other way never refuses.
 */
import { dollarsFromPrice, type Price, price } from '../engine/domain/units.ts';
import { type Denial, deny } from '../engine/domain/verdict.ts';
import type { Limits } from './limits.ts';

/** The market of an order at one moment. Both snapshots of a pair use the same kind of net. */
export interface DriftSnapshot {
  /** Signed net per share for one unit: credit positive, debit negative. */
  readonly net: Price;
  /** The price step of the order's net. */
  readonly tick: Price;
  /** Delta of each leg that is sold to open, by symbol, -1 to 1. */
  readonly shortDeltas: ReadonlyMap<string, number>;
}

export type DriftLimits = Pick<Limits, 'driftTicks' | 'driftFraction' | 'driftDeltaPoints'>;

const POINTS = 100;
/** Keeps 0.38 - 0.30 from being more than 8 points by a rounding of the 17th digit. */
const POINT_PRECISION = 1e-6;

/** How much worse the net may be, in 1/10,000 dollar: ticks or a fraction, whichever is more. */
export function driftTolerance(
  { net, tick }: Pick<DriftSnapshot, 'net' | 'tick'>,
  limits: DriftLimits,
): Price {
  const share = Math.floor(limits.driftFraction * Math.abs(net));
  return price(Math.max(limits.driftTicks * tick, share));
}

function refuse(message: string, numbers: Denial['numbers']): Denial {
  const what = `${message}; preview again`;
  return deny('reprice_required', what, numbers).denied;
}

function netDrift(
  before: DriftSnapshot,
  now: DriftSnapshot,
  limits: DriftLimits,
): Denial | undefined {
  const adverse = before.net - now.net;
  const tolerance = driftTolerance(before, limits);
  if (adverse <= tolerance) return undefined;
  return refuse('the price moved against the order', {
    previewedPrice: dollarsFromPrice(before.net),
    livePrice: dollarsFromPrice(now.net),
    adversePrice: dollarsFromPrice(price(adverse)),
    tolerancePrice: dollarsFromPrice(tolerance),
  });
}

function shortDeltaDrift(
  before: DriftSnapshot,
  now: DriftSnapshot,
  limits: DriftLimits,
): Denial | undefined {
  for (const [symbol, previewedDelta] of before.shortDeltas) {
    const liveDelta = now.shortDeltas.get(symbol);
    const tolerancePoints = limits.driftDeltaPoints;
    if (liveDelta === undefined) {
      const message = `the delta of ${symbol} is not known now`;
      return refuse(message, { symbol, previewedDelta, liveDelta: 'unknown', tolerancePoints });
    }
    const adversePoints = (Math.abs(liveDelta) - Math.abs(previewedDelta)) * POINTS;
    if (adversePoints <= tolerancePoints + POINT_PRECISION) continue;
    const numbers = { symbol, previewedDelta, liveDelta, adversePoints, tolerancePoints };
    return refuse(`${symbol}, a short leg, moved toward the money`, numbers);
  }
  return undefined;
}

/** The refusal where the market drifted too far against the order, with the difference. */
export function judgeDrift(
  previewed: DriftSnapshot,
  live: DriftSnapshot,
  limits: DriftLimits,
): Denial | undefined {
  return netDrift(previewed, live, limits) ?? shortDeltaDrift(previewed, live, limits);
}

/** The limit to send for a confirmed preview: what the market asks now, better than agreed or a
 * little worse, and never past the worst price agreed to. */
export function confirmedLimit(liveLimit: Price, worst: Price): Price {
  return liveLimit > worst ? liveLimit : worst;
}
