/** How far the feed's own deltas lie from ours: a cross-check that no decision reads. */
import { ABSENT } from '../ring/ring-layout.ts';
import {
  DELTA_FIELD,
  FEED_COMPARED_CELL,
  FEED_DELTA_FIELD,
  FEED_MEAN_GAP_CELL,
  FEED_WALL_FIELD,
  FEED_WORST_GAP_CELL,
  FLAG_MODELLED,
  FLAGS_FIELD,
  rowCell,
} from './chain-layout.ts';

/** Greeks of the feed older than this are of another market than ours. */
export const MAX_FEED_GREEKS_AGE_MICROS = 30_000_000;

/** What the comparison of a chain's deltas with its feed's gave. */
export interface FeedGap {
  /** Contracts compared: those with a volatility of their own and fresh greeks of the feed. */
  readonly compared: number;
  /** Mean and largest |difference| of the deltas; undefined where nothing was compared. */
  readonly mean: number | undefined;
  readonly worst: number | undefined;
}

/** Compares the first `rowCount` rows of a picture at a wall time, and writes its header's cells.
 * Core thread only; allocates nothing. */
export function checkFeedDeltas(image: Float64Array, rowCount: number, wallMicros: number): void {
  const oldest = wallMicros - MAX_FEED_GREEKS_AGE_MICROS;
  let compared = 0;
  let sum = 0;
  let worst = 0;
  for (let row = 0; row < rowCount; row += 1) {
    const first = rowCell(row);
    if ((image[first + FEED_WALL_FIELD] ?? ABSENT) < oldest) continue;
    const delta = image[first + DELTA_FIELD] ?? ABSENT;
    const isOwn = ((image[first + FLAGS_FIELD] ?? 0) & FLAG_MODELLED) === 0;
    if (delta === ABSENT || !isOwn) continue;
    const gap = Math.abs(delta - (image[first + FEED_DELTA_FIELD] ?? 0));
    compared += 1;
    sum += gap;
    worst = Math.max(worst, gap);
  }
  image[FEED_COMPARED_CELL] = compared;
  image[FEED_MEAN_GAP_CELL] = compared === 0 ? ABSENT : sum / compared;
  image[FEED_WORST_GAP_CELL] = compared === 0 ? ABSENT : worst;
}

/** Reads what `checkFeedDeltas` wrote. */
export function feedGapOf(image: Float64Array): FeedGap {
  const compared = Math.max(0, image[FEED_COMPARED_CELL] ?? 0);
  const known = (cell: number): number | undefined => (compared === 0 ? undefined : image[cell]);
  return { compared, mean: known(FEED_MEAN_GAP_CELL), worst: known(FEED_WORST_GAP_CELL) };
}
