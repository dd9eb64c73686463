/**
 * A day of the underlying that follows real one-minute bars: inside each minute a bridge runs from
 * the open through the high and the low to the close and touches all four exactly. Minutes without
 * a bar stand still and print nothing; after the shares' close the last price stands.
 */
import type { UnderlyingSpec } from '../../engine/domain/underlying.ts';
import { underlyingOf } from '../../engine/domain/underlying.ts';
import type { SessionDate } from '../../engine/domain/units.ts';
import { PRICE_PER_DOLLAR } from '../../engine/domain/units.ts';
import type { FileBar, FileSession } from './bars-file.ts';
import { barVolFactors } from './bars-volatility.ts';
import type { DayGrid } from './day-grid.ts';
import { dayGrid, minutesSinceOpen, STEPS_PER_MINUTE } from './day-grid.ts';
import { shapeAt } from './market-shape.ts';
import { foldInto } from './morning-script.ts';
import { RandomStream } from './prng.ts';
import type { SpotPath } from './spot-path.ts';
import { spotPath } from './spot-path.ts';
import { busyness, spreadVolumes } from './volume-profile.ts';

const SPY = underlyingOf('SPY');
const PRICE_PER_CENT = PRICE_PER_DOLLAR / 100;
const OPEN_MINUTE_OF_DAY = 570;
const LAST_STEP = STEPS_PER_MINUTE - 1;
/** Shares of a minute at midday where the file has no volumes. */
const USUAL_VOLUME = 90_000;
/** The bridge's noise in units of the bar's range. */
const NOISE_PER_RANGE = 0.06;

/** Builds the day. The same seed, date and bars give the same path. */
export function barsPath(
  seed: number,
  date: SessionDate,
  session: FileSession,
  spec: UnderlyingSpec = SPY,
): SpotPath {
  const grid = dayGrid(date, spec);
  const random = new RandomStream(seed, date, 'bars');
  const prices = new Int32Array(grid.steps);
  const byStep = barsByStep(grid, session);
  const minuteVolumes = new Float64Array(grid.steps / STEPS_PER_MINUTE);
  const mustPrint: number[] = [];
  let last = session.bars[0]?.open ?? 0;
  for (let from = 0; from < grid.steps; from += STEPS_PER_MINUTE) {
    const minute = prices.subarray(from, from + STEPS_PER_MINUTE);
    const bar = byStep.get(from);
    if (bar === undefined) {
      minute.fill(last);
      continue;
    }
    const touched = fillMinute(minute, bar, random);
    mustPrint.push(...touched.map((step) => from + step));
    minuteVolumes[from / STEPS_PER_MINUTE] = volumeOf(bar, grid, from);
    last = bar.close;
  }
  const volumes = spreadVolumes(new RandomStream(seed, date, 'prints'), grid, minuteVolumes);
  ensurePrints(volumes, mustPrint);
  const shape = shapeAt(spec, (session.bars[0]?.open ?? 0) / PRICE_PER_DOLLAR);
  const volFactors = barVolFactors(grid, session);
  return spotPath({ shape, grid, prices, volumes, volFactors, jumpSteps: [] });
}

function barsByStep(grid: DayGrid, session: FileSession): Map<number, FileBar> {
  const byStep = new Map<number, FileBar>();
  for (const bar of session.bars) {
    const step = grid.openStep + (bar.minute - OPEN_MINUTE_OF_DAY) * STEPS_PER_MINUTE;
    if (step < grid.closeStep) byStep.set(step, bar);
  }
  return byStep;
}

function volumeOf(bar: FileBar, grid: DayGrid, step: number): number {
  const toClose = (grid.closeStep - step) / STEPS_PER_MINUTE;
  const usual = USUAL_VOLUME * busyness(minutesSinceOpen(grid, step), toClose);
  return bar.volume ?? Math.round(usual);
}

/** Fills a minute's steps; answers the steps at which open, high, low and close are touched. */
function fillMinute(minute: Int32Array, bar: FileBar, random: RandomStream): number[] {
  const early = random.wholeBetween(Math.floor(LAST_STEP * 0.15), Math.floor(LAST_STEP * 0.45));
  const late = random.wholeBetween(Math.floor(LAST_STEP * 0.55), Math.floor(LAST_STEP * 0.85));
  const lowFirst = bar.close === bar.open ? random.uniform() < 0.5 : bar.close > bar.open;
  const points: readonly (readonly [number, number])[] = [
    [0, bar.open],
    [early, lowFirst ? bar.low : bar.high],
    [late, lowFirst ? bar.high : bar.low],
    [LAST_STEP, bar.close],
  ];
  minute[0] = bar.open;
  for (let i = 1; i < points.length; i += 1) {
    const [from] = points[i - 1] ?? [0, 0];
    const [to, target] = points[i] ?? [0, 0];
    bridgeTo(minute, { from, to, target, bar }, random);
  }
  return points.map(([step]) => step);
}

interface Crossing {
  readonly from: number;
  readonly to: number;
  readonly target: number;
  readonly bar: FileBar;
}

function bridgeTo(minute: Int32Array, crossing: Crossing, random: RandomStream): void {
  const { from, to, target, bar } = crossing;
  const band = { low: bar.low, high: bar.high };
  const noise = NOISE_PER_RANGE * (bar.high - bar.low);
  let here = minute[from] ?? 0;
  for (let step = from + 1; step < to; step += 1) {
    const left = to - step + 1;
    const wander = noise * random.normal() * Math.sqrt((left - 1) / left);
    const moved = here + (target - here) / left + wander;
    here = noise > 0 ? foldInto(band, moved) : bar.low;
    minute[step] = onTheGrid(here, bar);
  }
  minute[to] = target;
}

/** The nearest whole cent that the bar's range holds, or its nearer end where it holds none. */
function onTheGrid(exact: number, bar: FileBar): number {
  const cent = Math.round(exact / PRICE_PER_CENT) * PRICE_PER_CENT;
  return Math.min(Math.max(cent, bar.low), bar.high);
}

/** A price is only in a bar when something printed at it. */
function ensurePrints(volumes: Int32Array, steps: readonly number[]): void {
  for (const step of steps) {
    if ((volumes[step] ?? 0) > 0) continue;
    const from = Math.floor(step / STEPS_PER_MINUTE) * STEPS_PER_MINUTE;
    const donor = busiestStep(volumes, from);
    if ((volumes[donor] ?? 0) > 1) volumes[donor] = (volumes[donor] ?? 0) - 1;
    volumes[step] = 1;
  }
}

function busiestStep(volumes: Int32Array, from: number): number {
  let busiest = from;
  for (let step = from; step < from + STEPS_PER_MINUTE; step += 1) {
    if ((volumes[step] ?? 0) > (volumes[busiest] ?? 0)) busiest = step;
  }
  return busiest;
}
