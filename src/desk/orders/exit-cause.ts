/** Why a position is left: told to the journal, to the plan's cool-down and to the trader. */

import type { Denial } from '../../engine/domain/verdict.ts';
import type { StructurePosition } from '../../engine/portfolio/portfolio-book.ts';
import type { DeskContext } from '../desk-context.ts';
import type { ExitClose } from '../exits/exit-input.ts';

export interface ExitCause {
  readonly reason: string;
  readonly numbers: Denial['numbers'];
}

/** Reasons that are told also where orders close the position already: stops, after which a strategy rests,
 * and a dividend, whose close was promised. */
const TOLD: ReadonlySet<ExitClose['reason']> = new Set([
  'stop',
  'callSideStop',
  'putSideStop',
  'trail',
  'exDividend',
]);

function keyOf(positionId: string, reason: string): string {
  return `exit ${positionId} ${reason}`;
}

/** Remembers an exit, as it is told and from its record. What ends one that was begun is of the moment of that
 * one: no strategy rests anew for it. */
export function noteExit(
  desk: DeskContext,
  positionId: string,
  { reason, numbers }: ExitCause,
): void {
  const { day, plan, book, at } = desk;
  day.toldOnce.add(keyOf(positionId, reason));
  if ('goesOnFrom' in numbers) return;
  plan.noteStop(book.structure(positionId)?.strategy, reason, at.market);
}

/** True where the position is, or was, left in this session for this reason. */
export function wasTold({ day }: DeskContext, positionId: string, reason: string): boolean {
  return day.toldOnce.has(keyOf(positionId, reason));
}

/** Records and tells why the engine leaves a position. */
export function tellExit(desk: DeskContext, position: StructurePosition, cause: ExitCause): void {
  const { positionId } = position;
  const { reason, numbers } = cause;
  noteExit(desk, positionId, cause);
  desk.out.append({ kind: 'exitTriggered', positionId, reason, numbers }, true);
  pageExit(desk, position, cause);
}

/** Pages of an exit: an incident for each reason, for one side of a position may be left hours after the other.
 * Also from its record, where a crash came before the page. */
export function pageExit(
  { out }: DeskContext,
  { positionId, strategy }: StructurePosition,
  { reason, numbers }: ExitCause,
): void {
  const known = Object.entries(numbers).map(([name, value]) => `${name} ${value}`);
  const text = `${positionId}: ${strategy}, ${reason}: ${known.join(', ')}`;
  out.alert('warning', 'EXIT_TRIGGERED', text, `${positionId} ${reason}`);
}

/** What makes no order of its own, for orders close already what it would close, is a stop or the exit before a
 * dividend all the same: told once. */
export function tellHurried(
  desk: DeskContext,
  position: StructurePosition,
  { reason, numbers }: ExitClose,
): void {
  if (!TOLD.has(reason) || wasTold(desk, position.positionId, reason)) return;
  tellExit(desk, position, { reason, numbers });
}
