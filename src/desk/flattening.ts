/** Ends flat, or says exactly why not: cancels what opens, then closes each position. */

import type { OrderPurpose } from '../engine/domain/order.ts';
import type { Denial } from '../engine/domain/verdict.ts';
import type { StructurePosition } from '../engine/portfolio/portfolio-book.ts';
import { closingIntent, freeLegs } from './closing.ts';
import type { DeskContext } from './desk-context.ts';
import type { ExitPart } from './exits/evaluate-exit.ts';
import type { Urgency } from './exits/exit-policy.ts';
import { areLeftToExpire, isOpen } from './held-position.ts';
import { judgeIntent } from './judging.ts';
import { recordIntent, requestCancel } from './sending.ts';

/** Why a position could not be closed now. */
export interface Unclosed {
  readonly positionId: string;
  readonly reason: string;
}

/** Cancels every live order that opens or increases. Returns their ids. */
export function cancelOpenings(desk: DeskContext, principal: string): readonly string[] {
  const openings = desk.orders.live().filter((order) => order.intent.purpose === 'open');
  for (const order of openings) requestCancel(desk, order, principal);
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

/** Cancels openings and closes all that is held, at once and urgently. Safe to call again. */
export function closeEverything(
  desk: DeskContext,
  principal: string,
  token: { readonly tokenSha256: string; readonly previewId: string } | undefined,
): readonly Unclosed[] {
  cancelOpenings(desk, principal);
  const unclosed: Unclosed[] = [];
  for (const position of desk.book.structures()) {
    if (!isOpen(position) || areLeftToExpire(desk, position.legs)) continue;
    const { positionId } = position;
    hurryClosings(desk, positionId, 'urgent');
    const { refused, notes } = closePosition(desk, position, {
      purpose: 'flatten',
      part: 'whole',
      urgency: 'urgent',
      principal,
      tokenSha256: token?.tokenSha256 ?? null,
      previewId: token?.previewId ?? null,
    });
    if (refused !== undefined) unclosed.push({ positionId, reason: refused });
    if (notes.length > 0) {
      desk.out.alert('warning', 'FLATTEN_LEFT_OPEN', `${positionId} keeps ${notes.join('; ')}`);
    }
  }
  for (const { positionId, reason } of unclosed) {
    desk.out.alert('critical', 'FLATTEN_INCOMPLETE', `${positionId} is still open: ${reason}`);
  }
  return unclosed;
}
