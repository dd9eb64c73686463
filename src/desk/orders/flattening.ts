/** Ends flat, or says exactly why not: cancels what opens, waits for it, closes each position. */

import { moreUrgent, type Urgency } from '../../engine/domain/exit-choices.ts';
import type { OrderLeg, OrderPurpose } from '../../engine/domain/order.ts';
import { addMicros } from '../../engine/domain/units.ts';
import type { StructurePosition } from '../../engine/portfolio/portfolio-book.ts';
import { areLeftToExpire, haveExpired, isOpen } from '../account/held-position.ts';
import type { DeskContext } from '../desk-context.ts';
import { rightOf } from '../exits/close-legs.ts';
import type { ExitPart } from '../exits/exit-input.ts';
import { rightOfPart } from '../exits/exit-input.ts';
import type { HeldLeg } from '../exits/open-position.ts';
import { judgeIntent } from '../previews/judging.ts';
import { unexplainedNow } from '../reconciling/unexplained.ts';
import { awaitQuotes } from '../session/chain-filling.ts';
import { tellOnce } from '../session/told-once.ts';
import { closingIntent, closingIntentOf, freeLegs, freeOf, isAllOrdered } from './closing.ts';
import type { ExitCause } from './exit-cause.ts';
import { tellExit } from './exit-cause.ts';
import {
  askedOf,
  askForAll,
  beginFlattening,
  endFlattened,
  FLATTEN_DONE,
  laterOf,
  openingInto,
} from './flatten-progress.ts';
import { isExternalShort, namesOf, staysFor } from './long-cover.ts';
import { fillsInto, isCancelledInVain, isClose, isExternal, letWork } from './order-book.ts';
import { ASKED_PATIENCE_MICROS, isTakenApart, refusedFor } from './refused-closes.ts';
import { urgencyAnew } from './refused-limits.ts';
import { recordIntent, requestCancel } from './sending.ts';

/** Cancels every live order that opens or increases, and calls off what waits to replace one: what speaks
 * against them may be gone by the time at which that would be sent. A foreign one is called back in the
 * engine's name: it is its owner's again once what speaks against it is over. Returns their ids. */
export function cancelOpenings(
  desk: DeskContext,
  principal: string,
  tokenSha256?: string,
): readonly string[] {
  const openings = desk.orders.live().filter((order) => order.intent.purpose === 'open');
  for (const replacement of desk.day.replacements.waiting.values()) {
    replacement.calledOff ??= 'what opens was called back';
  }
  for (const order of openings) {
    if (isExternal(order)) requestCancel(desk, order, 'engine');
    else requestCancel(desk, order, principal, tokenSha256);
  }
  return openings.map((order) => order.intent.intentId);
}

/** The stop of one side waits so long for the end of a person's cancel that the broker refuses, and then for
 * its next answer. */
const REFUSED_CANCEL_PATIENCE_MICROS = 5_000_000;

/** What a close is made with. */
export interface CloseOrder {
  readonly purpose: Exclude<OrderPurpose, 'open'>;
  readonly part: ExitPart;
  /** Just these holdings of it, signed as they are held. */
  readonly held?: readonly HeldLeg[];
  readonly urgency: Urgency;
  readonly principal: string;
  readonly tokenSha256: string | null;
  readonly previewId: string | null;
  /** Why the engine itself closes, for the record. */
  readonly because?: ExitCause;
}

/** What a close came to: why nothing was closed, what it waits for, or which legs stay open and why. */
export interface CloseOutcome {
  readonly refused?: string;
  /** It was refused because a leg has no market to close in. */
  readonly lacksMarket?: boolean;
  readonly waits?: string;
  readonly notes: readonly string[];
}

/** Why nothing of a position is free: it waits for the closes of the shorts that it covers, and is refused
 * where one of them is not being bought back. */
export function whyNotFree(desk: DeskContext, position: StructurePosition): CloseOutcome {
  const shorts = staysFor(desk, position);
  if (shorts.length === 0) return { notes: [] };
  const isIdle = shorts.some(({ positionId }) => !desk.orders.isClosing(positionId));
  const why = `it covers ${namesOf(shorts)} and stays until that is bought back`;
  return isIdle ? { refused: why, notes: [] } : { waits: why, notes: [] };
}

/** Records a closing intent for what is free of the position, but for longs alone that nobody bids for beside
 * an order that closes the rest; says why where it cannot. */
export function closePosition(
  desk: DeskContext,
  position: StructurePosition,
  order: CloseOrder,
): CloseOutcome {
  const { positionId } = position;
  const free = freeLegs(desk, position);
  if (free.length === 0) return whyNotFree(desk, position);
  if (order.held?.length === 0 || isAllOrdered(desk, position, free)) return { notes: [] };
  const { purpose, part, held, principal, tokenSha256, previewId, because } = order;
  const urgency = urgencyAnew(desk, positionId, order);
  const isAlone = isTakenApart(desk, positionId);
  const request = { purpose, part, units: undefined, urgency, principal, isAlone };
  const closing =
    held === undefined
      ? closingIntent(desk, position, request)
      : closingIntentOf(desk, position, held, request);
  if ('denied' in closing) {
    const { code, message } = closing.denied;
    return { refused: message, lacksMarket: code === 'leg_market_missing', notes: [] };
  }
  const judgement = judgeIntent(desk, closing.intent);
  if (judgement.approved === undefined) {
    const refused = judgement.verdict.denial?.message ?? 'refused by a check';
    return { refused, notes: [] };
  }
  if (because !== undefined) tellExit(desk, position, because);
  const exitReason = because?.reason;
  recordIntent(desk, closing.intent, judgement, { tokenSha256, previewId, urgency, exitReason });
  return { notes: closing.notes };
}

/** Makes the orders that close any of this part of the position at least this urgent; none becomes
 * slower. One whose cancel the broker refused to a person works on where all its legs are to go. Where it
 * closes more than that it is called back still, and the exit makes an order of its own behind it: until the
 * broker has refused for so long that a stop would wait too long, however long each answer takes. A buy-back
 * for a nickel, which closes shorts alone, is no reason to leave what a person keeps. */
export function hurryClosings(
  desk: DeskContext,
  positionId: string,
  urgency: Urgency,
  part: ExitPart = 'whole',
): void {
  const { wall } = desk.at;
  const right = rightOfPart(part);
  const isOfShorts = part === 'callShorts' || part === 'putShorts';
  for (const order of desk.orders.closing(positionId)) {
    const isOfPart = (leg: OrderLeg): boolean => right === undefined || rightOf(leg) === right;
    if (!order.intent.legs.some(isOfPart)) continue;
    order.urgency = moreUrgent(order.urgency, urgency);
    const until = addMicros(order.calledBackAt ?? wall, REFUSED_CANCEL_PATIENCE_MICROS);
    if (!isOfShorts && (order.intent.legs.every(isOfPart) || wall >= until)) letWork(order);
  }
}

/** Who closes everything, and by which token, if it took one. */
interface FlattenOrder {
  readonly principal: string;
  readonly tokenSha256: string | null;
  readonly previewId: string | null;
}

const BY_THE_ENGINE: FlattenOrder = { principal: 'engine', tokenSha256: null, previewId: null };
const FLATTEN_AGAIN_MICROS = 2_000_000;
/** A cancel that the broker does not answer for this long holds up no close. */
const CANCEL_WAIT_MICROS = 2_000_000;

/** True while an opening of the position is being called back: what it still fills is closed with
 * the rest, not after it. */
function waitsForCancel(desk: DeskContext, positionId: string): boolean {
  const since = desk.day.flattening.get(positionId)?.since ?? desk.at.wall;
  if (desk.at.wall - since >= CANCEL_WAIT_MICROS) return false;
  return openingInto(desk, positionId) !== undefined;
}

/** What is told of a position that a flatten cannot close now; over once a close of it goes out. */
const INCOMPLETE = 'FLATTEN_INCOMPLETE';

/** Tells a reason once, and remembers it. */
function tell(desk: DeskContext, positionId: string, told: string, say: () => void): void {
  const progress = desk.day.flattening.get(positionId);
  if (progress === undefined || progress.told === told) return;
  desk.day.flattening.set(positionId, { ...progress, told });
  if (told !== '') say();
}

/** What of a position the flatten has still to order; undefined for all that is free of it. */
function askedLegs(desk: DeskContext, position: StructurePosition): readonly HeldLeg[] | undefined {
  if (laterOf(desk, position.positionId) === 0) return undefined;
  const asked = askedOf(desk, position);
  return freeOf(desk, position, () => asked);
}

/** Closes one position urgently and remembers to go on until it is gone. The same reason why it cannot
 * be closed now pages once. */
function flattenPosition(
  desk: DeskContext,
  position: StructurePosition,
  order: FlattenOrder,
): void {
  const { positionId } = position;
  beginFlattening(desk, positionId);
  hurryClosings(desk, positionId, 'urgent');
  if (waitsForCancel(desk, positionId)) return;
  const patience = order === BY_THE_ENGINE ? undefined : ASKED_PATIENCE_MICROS;
  if (refusedFor(desk, positionId, patience) !== undefined) return;
  if (awaitQuotes(desk, freeLegs(desk, position))) return;
  const held = askedLegs(desk, position);
  const part = { part: 'whole', ...(held !== undefined && { held }) } as const;
  const terms = { purpose: 'flatten', ...part, urgency: 'urgent', ...order } as const;
  const { refused = '', waits, notes } = closePosition(desk, position, terms);
  if (notes.length > 0) {
    const kept = `${positionId} keeps ${notes.join('; ')}`;
    desk.out.alert('warning', 'FLATTEN_LEFT_OPEN', kept, positionId);
  }
  // No close of it goes out while it covers what is being bought back: what was told of it stands.
  if (waits !== undefined) return;
  if (refused === '') {
    desk.out.settlePosition([INCOMPLETE], positionId, `a close of ${positionId} goes out`);
  }
  const told = refused === '' ? '' : `${refused}; this flatten goes on by itself`;
  const text = `${positionId} is still open: ${told}`;
  tell(desk, positionId, told, () => desk.out.alert('critical', INCOMPLETE, text, positionId));
}

/** Says of each long that is left for a short which nobody buys back any more: for a stop that ends. What a flatten
 * has told of it before stands. */
export function tellLeftAsCover(desk: DeskContext): void {
  for (const position of desk.book.structures()) {
    const { positionId } = position;
    if (!isOpen(position) || freeLegs(desk, position).length > 0) continue;
    const { refused, waits } = whyNotFree(desk, position);
    const why = refused ?? waits;
    if (why === undefined || (desk.day.flattening.get(positionId)?.told ?? '') !== '') continue;
    desk.out.alert('critical', INCOMPLETE, `${positionId} is still open: ${why}`, positionId);
  }
}

/** Why no order closes what trades no more. */
export const EXPIRED = 'it has expired: no order closes it any more, its settlement ends it';

/** Why nothing is done about longs whose loss is paid and whose worth is nothing. */
export const LEFT_TO_EXPIRE = 'nobody bids for it: it is left to expire, its loss is paid';

/** Says of a position that only expiry ends it: once in a session, whoever found it. */
export function tellLeftToExpire(desk: DeskContext, positionId: string): void {
  const text = `${positionId}: ${LEFT_TO_EXPIRE}`;
  tellOnce(desk, `left ${positionId}`, () => desk.out.alert('info', 'LEFT_TO_EXPIRE', text));
}

/** What could not be closed before is looked after no more: it is told of again should that change. */
function leaveToExpire(desk: DeskContext, positionId: string): void {
  beginFlattening(desk, positionId);
  tell(desk, positionId, '', () => {});
  desk.out.settlePosition([INCOMPLETE], positionId, `${positionId}: ${LEFT_TO_EXPIRE}`);
  tellLeftToExpire(desk, positionId);
}

/** Nothing is done about what has expired, and nobody is called: who asks for it is told. */
function flattenOrLeave(desk: DeskContext, position: StructurePosition, order: FlattenOrder): void {
  if (haveExpired(desk, position.legs)) return;
  if (areLeftToExpire(desk, position.legs)) leaveToExpire(desk, position.positionId);
  else flattenPosition(desk, position, order);
}

/** Ids of all that is being opened, then of all that is being closed. */
export function openingsAndCloses({ orders }: DeskContext): readonly string[] {
  const live = orders.live();
  const openings = live.filter(({ intent }) => intent.purpose === 'open');
  return [...openings, ...live.filter(isClose)].map(({ intent }) => intent.intentId);
}

/** External longs come behind the shorts that they may cover, everything else as it was opened. */
function shortsFirst(positions: readonly StructurePosition[]): readonly StructurePosition[] {
  const place = (position: StructurePosition) => (isExternalShort(position) ? 0 : 1);
  return positions.toSorted((a, b) => place(a) - place(b));
}

/** Which positions a flatten takes in. */
type Taken = (position: StructurePosition) => boolean;

/**
 * Cancels openings and closes all that is held and `isTaken`, at once and urgently. Safe to call
 * again: what is being closed already is only hurried. The request is recorded first, so that a
 * restart goes on with it. What does not close now is tried again by `keepFlattening`.
 */
export function closeEverything(
  desk: DeskContext,
  principal: string,
  token: { readonly tokenSha256: string; readonly previewId: string } | undefined,
  isTaken: Taken = isOpen,
): void {
  const { day, book, orders } = desk;
  const held = shortsFirst(book.structures().filter(isOpen).filter(isTaken));
  const openings = orders.live().filter(({ intent }) => intent.purpose === 'open');
  const positionIds = new Set([
    ...held.map(({ positionId }) => positionId),
    ...openings.flatMap(fillsInto),
  ]);
  const asked = { kind: 'flattenRequested', principal, positionIds: [...positionIds] } as const;
  const { tokenSha256 = null, previewId = null } = token ?? {};
  const spent = tokenSha256 !== null && { tokenSha256, orderIds: openingsAndCloses(desk) };
  desk.out.append({ ...asked, ...spent }, true);
  for (const replacement of day.replacements.waiting.values()) {
    replacement.calledOff = 'everything is flattened';
  }
  cancelOpenings(desk, principal, token?.tokenSha256);
  for (const positionId of positionIds) askForAll(desk, positionId);
  day.flattenAgainAt = addMicros(desk.at.wall, FLATTEN_AGAIN_MICROS);
  const order = { principal, tokenSha256, previewId };
  for (const position of held) flattenOrLeave(desk, position, order);
}

/** True for a position that can be closed now and was not refused before, and for one whose close works
 * on after a cancel in vain: from there, and not once that is asked for again. */
function isReady(desk: DeskContext, position: StructurePosition, told: string): boolean {
  if (desk.orders.closing(position.positionId).some(isCancelledInVain)) return true;
  return told === '' && freeLegs(desk, position).length > 0;
}

/** False for what could not be recorded: then nothing is closed but what the operator's flatten took in. */
function mayBeClosed({ day }: DeskContext, positionId: string): boolean {
  return !day.reserveExhausted || day.consoleFlattens.has(positionId);
}

/**
 * Goes on with a flatten until it is done: a market may be gone for a moment, a broker may reject,
 * and an opening may win its race against the cancel. What `isTaken` and is not in it yet joins. It is
 * told as done once the books agree: what only the broker knows of is held too.
 */
export function keepFlattening(desk: DeskContext, isTaken: Taken): void {
  const { day, at, book } = desk;
  const taken = book.structures().filter(isTaken);
  const alive = shortsFirst(taken.filter(({ legs }) => !haveExpired(desk, legs)));
  for (const { positionId } of alive) askForAll(desk, positionId);
  if (day.flattening.size === 0 && !day.flattenUntold) return;
  const isDue = at.wall >= (day.flattenAgainAt ?? 0);
  if (isDue) day.flattenAgainAt = addMicros(at.wall, FLATTEN_AGAIN_MICROS);
  endFlattened(desk);
  for (const [positionId, { told }] of day.flattening) {
    const position = book.structure(positionId);
    if (position === undefined || !mayBeClosed(desk, positionId)) continue;
    if (isDue || isReady(desk, position, told)) flattenOrLeave(desk, position, BY_THE_ENGINE);
  }
  if (day.flattening.size > 0 || unexplainedNow(desk).length > 0) return;
  day.flattenUntold = false;
  desk.out.alert('info', FLATTEN_DONE, 'all that was to be flattened is closed or has expired');
}
