/** Ends flat, or says exactly why not: cancels what opens, then closes each position. */

import type { Urgency } from '../engine/domain/exit-choices.ts';
import type { OrderPurpose } from '../engine/domain/order.ts';
import { addMicros } from '../engine/domain/units.ts';
import type { Denial } from '../engine/domain/verdict.ts';
import type { StructurePosition } from '../engine/portfolio/portfolio-book.ts';
import { closingIntent, freeLegs } from './closing.ts';
import type { DeskContext } from './desk-context.ts';
import type { ExitPart } from './exits/exit-input.ts';
import { areLeftToExpire, isOpen } from './held-position.ts';
import { judgeIntent } from './judging.ts';
import { recordIntent, requestCancel } from './sending.ts';

/** Why a position could not be closed now. */
export interface Unclosed {
  readonly positionId: string;
  readonly reason: string;
}

/** Cancels every live order that opens or increases. Returns their ids. */
export function cancelOpenings(
  desk: DeskContext,
  principal: string,
  tokenSha256?: string,
): readonly string[] {
  const openings = desk.orders.live().filter((order) => order.intent.purpose === 'open');
  for (const order of openings) requestCancel(desk, order, principal, tokenSha256);
  return openings.map((order) => order.intent.intentId);
}

/** What a close is made with. */
export interface CloseOrder {
  readonly purpose: Exclude<OrderPurpose, 'open'>;
  readonly part: ExitPart;
  readonly urgency: Urgency;
  readonly principal: string;
  readonly tokenSha256: string | null;
  readonly previewId: string | null;
  /** Why the engine itself closes, for the record. */
  readonly because?: { readonly reason: string; readonly numbers: Denial['numbers'] };
}

/** What a close came to: why nothing was closed, or which legs stay open and why. */
export interface CloseOutcome {
  readonly refused?: string;
  readonly notes: readonly string[];
}

/** Records a closing intent for what is free of the position; says why where it cannot. */
export function closePosition(
  desk: DeskContext,
  position: StructurePosition,
  order: CloseOrder,
): CloseOutcome {
  const { positionId } = position;
  if (freeLegs(desk, position).length === 0) return { notes: [] };
  const { purpose, part, urgency, principal, tokenSha256, previewId, because } = order;
  const request = { purpose, part, units: undefined, urgency, principal };
  const closing = closingIntent(desk, position, request);
  if ('denied' in closing) return { refused: closing.denied.message, notes: [] };
  const judgement = judgeIntent(desk, closing.intent);
  if (judgement.approved === undefined) {
    const refused = judgement.verdict.denial?.message ?? 'refused by a check';
    return { refused, notes: [] };
  }
  if (because !== undefined) {
    desk.out.append({ kind: 'exitTriggered', positionId, ...because }, true);
    desk.out.alert('warning', 'EXIT_TRIGGERED', `${positionId}: ${because.reason}`);
  }
  recordIntent(desk, closing.intent, judgement, { tokenSha256, previewId, urgency });
  return { notes: closing.notes };
}

const HASTE: Readonly<Record<Urgency, number>> = { patient: 0, normal: 1, fast: 2, urgent: 3 };

/** Makes closing orders of the position at least this urgent; none becomes slower. */
export function hurryClosings(desk: DeskContext, positionId: string, urgency: Urgency): void {
  for (const order of desk.orders.closing(positionId)) {
    if (HASTE[order.urgency] < HASTE[urgency]) order.urgency = urgency;
  }
}

/** Who closes everything, and by which token, if it took one. */
interface FlattenOrder {
  readonly principal: string;
  readonly tokenSha256: string | null;
  readonly previewId: string | null;
}

const BY_THE_ENGINE: FlattenOrder = { principal: 'engine', tokenSha256: null, previewId: null };
const FLATTEN_AGAIN_MICROS = 10_000_000;

/** Closes one position urgently and remembers to go on until it is gone. Returns why it cannot be
 * closed now; the same reason pages once. */
function flattenPosition(
  desk: DeskContext,
  position: StructurePosition,
  order: FlattenOrder,
): Unclosed | undefined {
  const { positionId } = position;
  const { flattening } = desk.day;
  hurryClosings(desk, positionId, 'urgent');
  const terms = { purpose: 'flatten', part: 'whole', urgency: 'urgent', ...order } as const;
  const { refused, notes } = closePosition(desk, position, terms);
  if (notes.length > 0) {
    desk.out.alert('warning', 'FLATTEN_LEFT_OPEN', `${positionId} keeps ${notes.join('; ')}`);
  }
  if (refused !== undefined && refused !== flattening.get(positionId)) {
    desk.out.alert('critical', 'FLATTEN_INCOMPLETE', `${positionId} is still open: ${refused}`);
  }
  flattening.set(positionId, refused ?? '');
  return refused === undefined ? undefined : { positionId, reason: refused };
}

/** Cancels openings and closes all that is held, at once and urgently. Safe to call again. What does
 * not close now is tried again by `keepFlattening`. */
export function closeEverything(
  desk: DeskContext,
  principal: string,
  token: { readonly tokenSha256: string; readonly previewId: string } | undefined,
): readonly Unclosed[] {
  cancelOpenings(desk, principal, token?.tokenSha256);
  desk.day.flattenAgainAt = addMicros(desk.at.wall, FLATTEN_AGAIN_MICROS);
  const { tokenSha256, previewId } = token ?? BY_THE_ENGINE;
  return desk.book
    .structures()
    .filter((position) => isOpen(position) && !areLeftToExpire(desk, position.legs))
    .map((position) => flattenPosition(desk, position, { principal, tokenSha256, previewId }))
    .filter((unclosed) => unclosed !== undefined);
}

function rememberAll({ book, day }: DeskContext): void {
  for (const { positionId } of book.structures()) {
    if (!day.flattening.has(positionId)) day.flattening.set(positionId, '');
  }
}

/**
 * Goes on with a flatten until it is done: a market may be gone for a moment, a broker may reject,
 * and an opening may win its race against the cancel. `all` takes in what was opened meanwhile.
 */
export function keepFlattening(desk: DeskContext, all: boolean): void {
  const { day, at, book } = desk;
  if (all) rememberAll(desk);
  const isDue = day.flattening.size > 0 && at.wall >= (day.flattenAgainAt ?? 0);
  if (!isDue || day.reserveExhausted) return;
  day.flattenAgainAt = addMicros(at.wall, FLATTEN_AGAIN_MICROS);
  for (const positionId of day.flattening.keys()) {
    const position = book.structure(positionId);
    if (position === undefined || !isOpen(position)) day.flattening.delete(positionId);
    else if (!areLeftToExpire(desk, position.legs)) {
      flattenPosition(desk, position, BY_THE_ENGINE);
    }
  }
}
