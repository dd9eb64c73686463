/**
 * Runs the plan on the clock: at its time each turn is previewed, and where the operator granted it
 * for the session it is confirmed in the same step, or as soon as the broker's dry run has come, by
 * the road that every order takes: preview, token, checks on the live chain, journal. The token's hash
 * is derived and belongs to the principal `plan`, which no face has: there is no text that redeems it.
 */

import { newYorkDate, newYorkMinutes } from '../../engine/domain/session-calendar.ts';
import { addMicros, cents, MICROS_PER_DAY, MICROS_PER_MINUTE } from '../../engine/domain/units.ts';
import { deny } from '../../engine/domain/verdict.ts';
import { tokenSha256 } from '../../risk/confirm-token.ts';
import type { DeskContext } from '../desk-context.ts';
import type { Caller } from '../engine-api.ts';
import { confirm } from '../previews/confirms.ts';
import type { PreviewShelf } from '../previews/preview-shelf.ts';
import { previewStrategy } from '../previews/previews.ts';
import type { PlanRun, PlanWait } from './plan-book.ts';
import type { PlanSheet, PlanSlot } from './plan-sheet.ts';
import { eventGate, outsideSession, unknownEvents } from './plan-sheet.ts';
import { heldBack, planView, sentEarlier, whyMissed, whyWaiting } from './plan-view.ts';

/** The engine's own principal. Faces are `local`, `bearer:…`, `oauth:…` and the like. */
export const PLAN_PRINCIPAL = 'plan';
const PLANNER: Caller = { principal: PLAN_PRINCIPAL, authority: 'open' };
/** The broker's dry run of a turn is waited for so long. */
const DRY_RUN_PATIENCE_MICROS = 5_000_000;
/** The event file is warned about from so many days before its end. */
const WARN_DAYS = 7;
const NO_SHEET = 'no plan sheet is set: PLAN_SHEET names its file';

/** Called at the start: what runs before this one sent, and that their leave has ended with them. */
export function beginPlan(desk: DeskContext): void {
  takeUpSent(desk);
  const { sheet, hadLeave } = desk.plan;
  if (hadLeave && desk.config.mayOpen !== false) {
    const why = sheet === undefined ? NO_SHEET : heldBack(desk);
    const text = `what let the plan send ended with the run of the engine that it was given in: ${why}`;
    desk.out.alert('info', 'PLAN_LEAVE_ENDED', text);
  }
  tellSentEarlier(desk);
  warnOfCalendar(desk);
}

/** Takes up the turns whose order is in the journal, so that none goes twice, their worst cases count and nobody
 * is told that they wait: an earlier run may have recorded no end of one, or one by its order alone, for the sheet
 * that it had did not have the turn. */
function takeUpSent(desk: DeskContext): void {
  const { slots, runs } = desk.plan;
  const told = new Set([...runs.values()].map(({ orderId }) => orderId));
  for (const { intent, tokenSha256: token, createdAt, worstCaseCents } of desk.orders.all()) {
    const { intentId: orderId, principal } = intent;
    const isOfToday = newYorkDate(createdAt.market) === desk.day.session.date;
    if (principal !== PLAN_PRINCIPAL || !isOfToday) continue;
    const slotId = slots.find((slot) => tokenOf(desk, slot.slotId) === token)?.slotId ?? orderId;
    const byOrder = runs.get(orderId);
    if (byOrder !== undefined) {
      runs.delete(orderId);
      runs.set(slotId, { ...byOrder, slotId });
    }
    if (told.has(orderId)) continue;
    const run = { slotId, detail: 'sent before the engine stopped', maxLossCents: worstCaseCents };
    record(desk, { ...run, outcome: 'sent', previewId: null, orderId });
  }
}

/** A turn goes once a day: whoever set one that went for a later time would wait for it. */
function tellSentEarlier(desk: DeskContext): void {
  for (const slot of desk.plan.slots) {
    const earlier = desk.at.market < slot.dueAt ? sentEarlier(desk, slot) : undefined;
    if (earlier === undefined) continue;
    desk.out.alert('info', 'PLAN_SENT_EARLIER', `${slot.slotId} was ${earlier}`, slot.slotId);
  }
}

/** Runs what is due. Called on the clock. */
export function runPlan(desk: DeskContext, shelf: PreviewShelf): void {
  const { sheet, slots, runs } = desk.plan;
  if (sheet === undefined || !desk.day.chainOpen) return;
  for (const slot of slots) {
    if (desk.at.market < slot.dueAt) return;
    const run = runs.has(slot.slotId) ? undefined : runSlot(desk, shelf, sheet, slot);
    if (run !== undefined) record(desk, run);
  }
}

function runSlot(
  desk: DeskContext,
  shelf: PreviewShelf,
  sheet: PlanSheet,
  slot: PlanSlot,
): PlanRun | undefined {
  const { slotId } = slot;
  const nothing = { slotId, previewId: null, orderId: null, maxLossCents: 0 };
  const tokenSha256 = tokenOf(desk, slotId);
  const wait = desk.plan.waiting.get(slotId);
  if (wait !== undefined)
    return sendWaiting(desk, { shelf, sheet }, slot, { ...wait, tokenSha256 });
  const outside = outsideSession(slot, desk.day.session);
  if (outside !== undefined) return { ...nothing, outcome: 'skipped', detail: outside };
  const missed = whyMissed(desk, slot);
  if (missed !== undefined) return { ...nothing, outcome: 'missed', detail: missed };
  const skip = skipReason(desk, sheet, slot);
  if (skip !== undefined) return { ...nothing, outcome: 'skipped', detail: skip };
  if (whyWaiting(desk, slot) !== undefined) return undefined;
  return preview(desk, shelf, slot, tokenSha256);
}

/** The same under every sheet: a turn that went is known by its name, however the sheet was changed since. */
function tokenOf(desk: DeskContext, slotId: string): string {
  return tokenSha256(`plan ${desk.day.session.date} ${slotId}`);
}

/** Events, and the cool-down after a stop of the same strategy. */
function skipReason(desk: DeskContext, sheet: PlanSheet, { entry }: PlanSlot): string | undefined {
  const { session } = desk.day;
  const gate = eventGate(sheet, entry, session.date, newYorkMinutes(desk.at.market));
  if (gate !== undefined) return gate;
  const stoppedAt = desk.plan.lastStop(entry.request.strategy);
  const { cooldownMinutes } = entry;
  if (stoppedAt === undefined) return undefined;
  const over = addMicros(stoppedAt, cooldownMinutes * MICROS_PER_MINUTE);
  return desk.at.market < over
    ? `${entry.request.strategy} was stopped less than ${cooldownMinutes} minutes ago`
    : undefined;
}

function preview(
  desk: DeskContext,
  shelf: PreviewShelf,
  slot: PlanSlot,
  tokenSha256: string,
): PlanRun | undefined {
  const { slotId, entry } = slot;
  const answer = previewStrategy(desk, { shelf, caller: PLANNER, tokenSha256 }, entry.request);
  if ('denied' in answer) {
    const { code, message } = answer.denied;
    const detail = `${code}: ${message}`;
    return { slotId, outcome: 'refused', detail, previewId: null, orderId: null, maxLossCents: 0 };
  }
  const { previewId, maxLossCents } = answer.value;
  const previewed = { previewId, maxLossCents, tokenSha256 };
  const found = desk.tokens.lookup(tokenSha256, PLAN_PRINCIPAL, desk.at);
  const [intent] = found.kind === 'live' ? found.grant.intents : [];
  const isAsked = intent !== undefined && desk.dryRuns.isAwaited(intent.intentId);
  const held = whyNotSent(desk, entry.sends, maxLossCents);
  if (!isAsked || held !== undefined) return send(desk, shelf, slot, previewed);
  const until = addMicros(desk.at.wall, DRY_RUN_PATIENCE_MICROS);
  const { intentId } = intent;
  desk.plan.waiting.set(slotId, { previewId, maxLossCents, intentId, until });
  return undefined;
}

/** Sends what waited for the broker's dry run, once that has come or has taken too long, where nothing keeps
 * the turn away since. */
function sendWaiting(
  desk: DeskContext,
  { shelf, sheet }: { readonly shelf: PreviewShelf; readonly sheet: PlanSheet },
  slot: PlanSlot,
  wait: PlanWait & Previewed,
): PlanRun | undefined {
  if (desk.dryRuns.isAwaited(wait.intentId) && desk.at.wall < wait.until) return undefined;
  const { slotId } = slot;
  desk.plan.waiting.delete(slotId);
  const skip = skipReason(desk, sheet, slot);
  if (skip === undefined) return send(desk, shelf, slot, wait);
  const { previewId, maxLossCents } = wait;
  return { slotId, outcome: 'skipped', detail: skip, previewId, orderId: null, maxLossCents };
}

/** What was previewed for a turn. */
interface Previewed {
  readonly previewId: string;
  readonly maxLossCents: number;
  readonly tokenSha256: string;
}

/** Confirms a preview, where the grant as it stands now allows it. */
function send(
  desk: DeskContext,
  shelf: PreviewShelf,
  { slotId, entry }: PlanSlot,
  { previewId, maxLossCents, tokenSha256 }: Previewed,
): PlanRun {
  const run = { slotId, previewId, orderId: null, maxLossCents };
  const held = whyNotSent(desk, entry.sends, maxLossCents);
  if (held !== undefined) return { ...run, outcome: 'ready', detail: held };
  const sent = confirm(desk, shelf, PLANNER, tokenSha256);
  if ('denied' in sent) {
    const { code, message } = sent.denied;
    return { ...run, outcome: 'refused', detail: `${code}: ${message}` };
  }
  const [orderId = null] = sent.orderIds;
  return { ...run, outcome: 'sent', detail: `order ${orderId}`, orderId };
}

/** Undefined where it may go by itself. */
function whyNotSent(desk: DeskContext, sends: boolean, maxLossCents: number): string | undefined {
  const { grant } = desk.plan;
  if (!sends) return 'a preview, as the sheet says: make it yours with the strategy tool';
  const held = heldBack(desk);
  if (held !== undefined || grant === undefined) return held;
  const left = grant.budgetCents - desk.plan.spentCents();
  if (maxLossCents <= left) return undefined;
  const [worst, room] = [maxLossCents, left].map((sum) => (sum / 100).toFixed(2));
  return `its worst case of $${worst} is more than the $${room} left of the plan's budget`;
}

/** What is sent is recorded with its order or not at all: where a disk takes neither, nothing went. */
function record(desk: DeskContext, run: PlanRun): void {
  desk.plan.runs.set(run.slotId, run);
  desk.out.append({ kind: 'planRun', ...run }, run.outcome !== 'sent');
  tellRun(desk, run);
}

/** Tells what became of a turn: also from its record, where a crash came before that. */
export function tellRun(
  { out }: DeskContext,
  { slotId, outcome, detail }: Pick<PlanRun, 'slotId' | 'outcome' | 'detail'>,
): void {
  const code = `PLAN_${outcome.toUpperCase()}`;
  out.alert('info', code, `${slotId} ${outcome}: ${detail}`, slotId);
}

/** Lets the plan send for the rest of the session, or until the engine ends, within a budget of its own.
 * Console only. */
export function grantPlan(
  desk: DeskContext,
  principal: string,
  asked: { readonly grantSha256: string; readonly budgetCents: number },
) {
  const { sheet } = desk.plan;
  if (sheet === undefined) {
    return deny('not_found', NO_SHEET);
  }
  if (desk.config.mayOpen === false) {
    return deny('not_authorized', `nothing is granted: ${heldBack(desk)}`);
  }
  if (!desk.day.chainOpen) {
    return deny(
      'session_window',
      'there is no open session to grant it for; try again at the open',
    );
  }
  const { grantSha256 } = asked;
  const budgetCents = cents(asked.budgetCents);
  desk.plan.grant = { principal, grantSha256, sheetSha256: sheet.sha256, budgetCents };
  desk.out.append({ kind: 'planGranted', ...desk.plan.grant }, true);
  desk.out.alert(
    'info',
    'PLAN_GRANTED',
    `${principal} lets the plan send, up to $${(budgetCents / 100).toFixed(2)} of worst cases today, until the engine ends`,
  );
  return { value: planView(desk) };
}

/** Takes the leave back. That is in force at once, and needs no record to stay so: no start takes a leave from
 * the journal. */
export function revokePlan(desk: DeskContext, principal: string) {
  desk.plan.grant = undefined;
  desk.out.append({ kind: 'planRevoked', principal }, true);
  return { value: planView(desk) };
}

/** Warns of an event file that ends soon, and of names to skip that it does not know: a turn whose event
 * is misspelt would run on its day. Called once a session. */
export function warnOfCalendar(desk: DeskContext): void {
  const { sheet } = desk.plan;
  const { calendar } = sheet ?? {};
  if (sheet === undefined || calendar === undefined) return;
  for (const name of new Set(sheet.entries.flatMap((entry) => unknownEvents(sheet, entry)))) {
    const text = `no event of the event file is named ${name}, so the plan skips nothing for it: correct the name, or add its dates`;
    desk.out.alert('warning', 'EVENT_NAME_UNKNOWN', text, name);
  }
  const days =
    (Date.parse(calendar.validUntil) - Date.parse(desk.day.session.date)) /
    (MICROS_PER_DAY / 1_000);
  if (days > WARN_DAYS) return;
  const text = `the event file ends on ${calendar.validUntil}: renew it, or what skips events will not run`;
  desk.out.alert('warning', 'EVENT_FILE_ENDS', text);
}
