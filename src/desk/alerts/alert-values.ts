/** The numbers that alerts look at, each in the unit its subject names. */

import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import { auctionEnd } from '../../engine/domain/session-calendar.ts';
import {
  CENTS_PER_DOLLAR,
  MICROS_PER_MINUTE,
  PRICE_PER_DOLLAR,
} from '../../engine/domain/units.ts';
import { forecastMove } from '../../strategies/move-forecast.ts';
import { greeksOf } from '../account/book-greeks.ts';
import { dayPnl, markOf } from '../account/day-pnl.ts';
import { cashSoFar } from '../account/held-position.ts';
import type { DeskContext } from '../desk-context.ts';
import { sliceOf } from '../desk-context.ts';
import type { AlertRequest } from '../engine-api-plan.ts';
import { soundSpot } from '../session/closing-price.ts';

const POINTS = 100;

type Asked = Pick<AlertRequest, 'on' | 'positionId'>;

/** The value now; undefined while it is not known, and then nothing fires. */
export function alertValue(desk: DeskContext, asked: Asked): number | undefined {
  switch (asked.on) {
    case 'spot': {
      const spot = soundSpot(desk);
      return spot === undefined ? undefined : spot / PRICE_PER_DOLLAR;
    }
    case 'short_delta':
      return shortDelta(desk, asked.positionId);
    case 'pnl':
      return pnlDollars(desk, asked.positionId);
    case 'straddle':
      return straddlePercent(desk);
    case 'minutes_to_cutoff':
      return (desk.day.schedule.openingCutoffAt - desk.at.market) / MICROS_PER_MINUTE;
  }
}

/** The value that an armed alert is held against. A loss is beyond its level where it is so at best: a leg
 * that is quoted too wide keeps no alert silent, as it keeps no stop and no loss limit from acting. */
export function valueToReach(desk: DeskContext, rule: AlertRequest): number | undefined {
  const value = alertValue(desk, rule);
  if (value !== undefined || rule.on !== 'pnl' || rule.direction !== 'below') return value;
  return pnlAtBest(desk, rule.positionId);
}

function pnlAtBest(desk: DeskContext, positionId: string | undefined): number | undefined {
  const best = positionId === undefined ? dayPnl(desk).atBestCents : gainAtBest(desk, positionId);
  return best === undefined ? undefined : best / CENTS_PER_DOLLAR;
}

function gainAtBest(desk: DeskContext, positionId: string): number | undefined {
  const position = desk.book.structure(positionId);
  if (position === undefined) return undefined;
  const { atBestCents } = markOf(desk, position);
  return atBestCents === undefined ? undefined : atBestCents + cashSoFar(position);
}

/** The largest delta of a short option held, in points without sign; undefined with none. */
function shortDelta(desk: DeskContext, positionId: string | undefined): number | undefined {
  const deltas = desk.book
    .structures()
    .filter((position) => positionId === undefined || position.positionId === positionId)
    .flatMap(({ legs }) => legs)
    .filter(({ quantity, instrument }) => quantity < 0 && instrument.kind === 'option')
    .map(({ instrument }) => greeksOf(desk, instrumentSymbol(instrument))?.delta)
    .filter((delta) => delta !== undefined);
  return deltas.length === 0 ? undefined : Math.max(...deltas.map(Math.abs)) * POINTS;
}

/** Of the day at liquidation value, or of all of one trade if what is left of it were closed now: what a side
 * that is gone has cost counts, and fees. */
function pnlDollars(desk: DeskContext, positionId: string | undefined): number | undefined {
  if (positionId === undefined) {
    const { liquidationCents, trusted } = dayPnl(desk);
    return trusted && liquidationCents !== undefined
      ? liquidationCents / CENTS_PER_DOLLAR
      : undefined;
  }
  const position = desk.book.structure(positionId);
  if (position === undefined) return undefined;
  const { liquidationCents, trusted } = markOf(desk, position);
  if (!trusted || liquidationCents === undefined) return undefined;
  return (liquidationCents + cashSoFar(position)) / CENTS_PER_DOLLAR;
}

/** The at-the-money straddle's mid in percent of the move that is forecast until the mark. Before the opening
 * auction is over its quotes are nobody's prices. */
function straddlePercent(desk: DeskContext): number | undefined {
  const { session } = desk.day;
  if (desk.at.market < auctionEnd(session) || desk.at.market >= session.exerciseMark) return;
  const slice = sliceOf(desk);
  if (slice?.expectedMove === undefined || slice.forward === undefined) return undefined;
  const view = { at: desk.at, slice, bars: desk.bars.bars() };
  const forecast = forecastMove(view, slice.forward)?.expectedMove;
  return forecast === undefined || forecast <= 0
    ? undefined
    : (slice.expectedMove / forecast) * POINTS;
}
