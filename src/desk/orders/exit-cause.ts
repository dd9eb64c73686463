/** Why a position is left: told to the journal, to the plan's cool-down and to the trader. */

import type { Denial } from '../../engine/domain/verdict.ts';
import type { StructurePosition } from '../../engine/portfolio/portfolio-book.ts';
import type { DeskContext } from '../desk-context.ts';
import type { ExitClose } from '../exits/exit-input.ts';

export interface ExitCause {
  readonly reason: string;
  readonly numbers: Denial['numbers'];
}

/** Reasons after which a strategy rests, also where orders close the position already. */
const STOPS: ReadonlySet<ExitClose['reason']> = new Set([
  'stop',
  'callSideStop',
  'putSideStop',
  'trail',
]);

function keyOf(positionId: string, reason: string): string {
  return `exit ${positionId} ${reason}`;
}

/** Remembers an exit, as it is told and from its record. */
export function noteExit(desk: DeskContext, positionId: string, reason: string): void {
  const { day, plan, book, at } = desk;
  day.toldOnce.add(keyOf(positionId, reason));
  plan.noteStop(book.structure(positionId)?.strategy, reason, at.market);
}

/** Tells why the engine leaves a position. */
export function tellExit(
  desk: DeskContext,
  { positionId, strategy }: StructurePosition,
  { reason, numbers }: ExitCause,
): void {
  noteExit(desk, positionId, reason);
  desk.out.append({ kind: 'exitTriggered', positionId, reason, numbers }, true);
  const known = Object.entries(numbers).map(([name, value]) => `${name} ${value}`);
  const text = `${positionId}: ${strategy}, ${reason}: ${known.join(', ')}`;
  desk.out.alert('warning', 'EXIT_TRIGGERED', text, positionId);
}

/** A stop that breaks while orders close what it would close makes no order of its own, and is a stop all
 * the same: told once. */
export function tellBrokenStop(
  desk: DeskContext,
  position: StructurePosition,
  { reason, numbers }: ExitClose,
): void {
  const isTold = desk.day.toldOnce.has(keyOf(position.positionId, reason));
  if (STOPS.has(reason) && !isTold) tellExit(desk, position, { reason, numbers });
}
