/**
 * Tells of legs that cannot be marked, those that lose their market together at once. One that loses it later
 * is an incident of its own, with all of them: it may be the short that a stop goes by.
 */
import { instrumentSymbol, parseInstrument } from '../../engine/domain/instrument.ts';
import { addMicros } from '../../engine/domain/units.ts';
import type { DeskContext } from '../desk-context.ts';
import { FIRST_WORD_MICROS, isAwaited } from '../session/chain-filling.ts';
import { isLifted } from '../session/lifting.ts';
import { areOutsideChain } from './held-position.ts';

const CODE = 'LEG_UNMARKABLE';

function keyOf(symbol: string): string {
  return `${CODE} ${symbol}`;
}

/** True of what is no news yet that it has no market: before the open nobody has to quote it, and nobody could
 * close it. */
function isDueLater(desk: DeskContext, symbol: string): boolean {
  const { at, day } = desk;
  return at.market < addMicros(day.session.open, FIRST_WORD_MICROS) || isAwaited(desk, symbol);
}

/** What has not begun its day. */
function dueSymbols({ book }: DeskContext): ReadonlySet<string> {
  const due = book.structures().filter(({ isCarryDue }) => isCarryDue);
  return new Set(
    due.flatMap(({ legs }) => legs.map(({ instrument }) => instrumentSymbol(instrument))),
  );
}

function textOf(desk: DeskContext, lost: readonly string[]): string {
  const isOutside = (symbol: string): boolean =>
    areOutsideChain(desk, [{ instrument: parseInstrument(symbol), quantity: 1 }]);
  const outside = lost.filter(isOutside);
  const due = dueSymbols(desk);
  const waiting = lost.filter((symbol) => due.has(symbol) && !isOutside(symbol));
  const unquoted = lost.filter((symbol) => !due.has(symbol) && !isOutside(symbol));
  const texts: string[] = [];
  if (unquoted.length > 0) {
    texts.push(
      `no market for ${unquoted.join(', ')}: the day counts it at its worst, a stop goes by what its neighbours tell, nothing opens until it is quoted again`,
    );
  }
  if (waiting.length > 0) {
    texts.push(
      `the day counts nothing of ${waiting.join(', ')}, held since a session before, until a market to be trusted begins its day, nothing opens before that`,
    );
  }
  if (outside.length > 0) {
    texts.push(
      `this session quotes no ${outside.join(', ')}: the day counts nothing of it while it is held, nothing opens until it is closed at the broker`,
    );
  }
  return texts.join('; ');
}

/** Called at each look at the marks. What merely waits for its first quote of the session, or after a start, is
 * told of once that is overdue: until then it holds trading down all the same. */
export function watchUnmarkable(desk: DeskContext, unmarkable: readonly string[]): void {
  const told = desk.day.unmarkableTold;
  if (told.size === 0 && unmarkable.length === 0) return;
  for (const symbol of told) {
    if (isLifted(desk, keyOf(symbol), !unmarkable.includes(symbol))) forget(desk, symbol);
  }
  const lost = unmarkable.filter((symbol) => !isDueLater(desk, symbol));
  if (lost.every((symbol) => told.has(symbol))) return;
  if (told.size > 0) desk.out.settle('resolve', CODE, 'more legs have no market');
  for (const symbol of lost) told.add(symbol);
  desk.out.alert('warning', CODE, textOf(desk, [...new Set(lost)]));
}

/** What was told is over with the day that it was of. */
export function endUnmarkable(desk: DeskContext): void {
  for (const symbol of desk.day.unmarkableTold) forget(desk, symbol);
}

function forget(desk: DeskContext, symbol: string): void {
  const { unmarkableTold: told, calmSince } = desk.day;
  calmSince.delete(keyOf(symbol));
  told.delete(symbol);
  if (told.size === 0) desk.out.settle('resolve', CODE, 'no leg is without a market any more');
}
