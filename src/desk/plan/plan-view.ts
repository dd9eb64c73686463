/** The plan of the day as the faces show it. */

import { auctionEnd, newYorkText } from '../../engine/domain/session-calendar.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import { MICROS_PER_MINUTE } from '../../engine/domain/units.ts';
import { stateWords, tradingStateOf } from '../../risk/trading-state.ts';
import { readOpeningRange } from '../../strategies/opening-range.ts';
import type { DeskContext } from '../desk-context.ts';
import type { PlanSlotView, PlanView } from '../engine-api-plan.ts';
import { fillingFor, isListed, isQuoted, lacksBars } from '../session/chain-filling.ts';
import type { PlanSheet, PlanSlot } from './plan-sheet.ts';
import { outsideSession, unknownEvents } from './plan-sheet.ts';

/** A turn that could not run within this long of its time is missed: its moment has passed. */
const GRACE_MICROS = 2 * MICROS_PER_MINUTE;

/** Why the plan has no leave to send, whatever it costs; undefined where it has. */
export function heldBack({ config, plan }: DeskContext): string | undefined {
  if (config.mayOpen === false) {
    return 'this engine opens nothing: DELTARING_READ_ONLY or DELTARING_AUTHORITY says so';
  }
  return plan.grant === undefined
    ? 'nothing is granted in this session since the engine started; the operator grants that at the console: deltaring plan grant'
    : undefined;
}

/** Why nothing opens now or for the rest of the session, the plan's own leave or not. */
function whyClosed({ at, day }: DeskContext): string | undefined {
  if (tradingStateOf(day.status) !== 'active') return `trading is ${stateWords(day.status)}`;
  return at.market >= day.schedule.openingCutoffAt ? 'the opening cut-off has passed' : undefined;
}

/** True in the seconds between the end of a breakout's range and the trade that shows its last bar complete.
 * A bar that is missing in it may never come. */
function isRangeClosing({ at, bars, day }: DeskContext, { entry }: PlanSlot): boolean {
  const { request } = entry;
  if (!('rangeMinutes' in request)) return false;
  const question = { bars: bars.bars(), session: day.session, now: at.market };
  const reading = readOpeningRange({ ...question, minutes: request.rangeMinutes });
  if (reading.state !== 'rangeForming') return false;
  return reading.missingBars === 0 && at.market >= reading.endsAt;
}

/** Why a turn whose time has come does not run yet: what its strategy chooses from, or what its order is
 * judged by, is not there, or the session takes no openings yet. All of that comes within seconds of a start or
 * a connection, of the open or the end of a range, and a refusal would stand for the day. */
export function whyWaiting(desk: DeskContext, slot: PlanSlot): string | undefined {
  const { day } = desk;
  const { causes } = day.status;
  const { strategy } = slot.entry.request;
  if (!isListed(desk)) return "the listing of the day's chain has not come";
  if (!day.feedConnected) return 'the feed is not connected';
  if (!isQuoted(desk)) return 'the chain is not quoted yet';
  if (fillingFor(desk, strategy) !== undefined) return 'the chain is still filling';
  if (lacksBars(desk, strategy)) return "the day's bars have not come";
  if (desk.at.market < auctionEnd(day.session)) return 'the opening auction is not over';
  if (isRangeClosing(desk, slot)) return 'the last bar of the opening range is not complete';
  const isEqual = day.reconciled && !causes.includes('notReconciled');
  if (!isEqual) return 'the books do not agree with the broker yet';
  return causes.includes('unmarkable') ? 'what is held cannot be valued' : undefined;
}

/** Why a turn cannot run any more; undefined while it can. */
export function whyMissed(desk: DeskContext, slot: PlanSlot): string | undefined {
  if (desk.at.market <= slot.dueAt + GRACE_MICROS) return undefined;
  const why = 'the engine, or what it chooses from, was not there within two minutes of its time';
  const waits = whyWaiting(desk, slot);
  return waits === undefined ? why : `${why}: ${waits}`;
}

/** Why a turn whose time has come did not run, where something keeps it waiting or has. */
function whyNotRun(desk: DeskContext, slot: PlanSlot) {
  const waits = whyWaiting(desk, slot);
  if (waits === undefined) return undefined;
  const missed = desk.day.sealed ? 'the session was over' : whyMissed(desk, slot);
  return missed === undefined
    ? ({ outcome: 'waiting', detail: waits } as const)
    : ({ outcome: 'missed', detail: missed } as const);
}

/** A turn without a run: it waits for its time or for a market, or that passed with nobody to run it. */
function unrun(desk: DeskContext, sheet: PlanSheet | undefined, slot: PlanSlot) {
  const { day, at } = desk;
  const nothing = { previewId: null, orderId: null };
  const outside = outsideSession(slot, day.session);
  if (outside !== undefined) return { ...nothing, outcome: 'skipped', detail: outside } as const;
  const notRun = at.market > slot.dueAt ? whyNotRun(desk, slot) : undefined;
  if (notRun !== undefined) return { ...nothing, ...notRun };
  const unknown = sheet === undefined ? [] : unknownEvents(sheet, slot.entry);
  const detail = unknown.map((name) => `no event of the event file is named ${name}`).join('; ');
  return { ...nothing, outcome: 'waiting', detail } as const;
}

/** Of a turn that was sent before its time, as where the sheet of then had it sooner: that it does not go again. */
export function sentEarlier({ plan, orders }: DeskContext, slot: PlanSlot): string | undefined {
  const orderId = plan.runs.get(slot.slotId)?.orderId;
  const sentAt = orders.get(orderId ?? '')?.createdAt.market;
  if (sentAt === undefined || sentAt >= slot.dueAt) return undefined;
  return `sent before its time, as order ${orderId}: it does not go again today, only a turn of another name would`;
}

/** Hours and minutes in New York. */
function clockText(at: EpochMicros): string {
  return newYorkText(at).slice(0, 5);
}

function slotView(desk: DeskContext, slot: PlanSlot): PlanSlotView {
  const { slotId, entry, dueAt } = slot;
  const { sheet, runs } = desk.plan;
  const { outcome, detail, previewId, orderId } = runs.get(slotId) ?? unrun(desk, sheet, slot);
  return {
    slotId,
    time: clockText(dueAt),
    strategy: entry.request.strategy,
    sends: entry.sends,
    outcome,
    detail: sentEarlier(desk, slot) ?? detail,
    previewId,
    orderId,
  };
}

/** What was sent today under a sheet of before, and the sheet has no more: it counts in the budget. */
function sentBefore({ plan, orders }: DeskContext): readonly PlanSlotView[] {
  const known = new Set(plan.slots.map(({ slotId }) => slotId));
  return [...plan.runs.values()].flatMap(({ slotId, outcome, previewId, orderId }) => {
    const order = orders.get(orderId ?? '');
    if (order === undefined || known.has(slotId)) return [];
    const { strategy } = order.intent;
    const time = clockText(order.createdAt.market);
    const detail = `order ${orderId}, of a turn that the sheet has no more`;
    return { slotId, time, strategy, sends: true, outcome, detail, previewId, orderId };
  });
}

/** Every turn of the day with what became of it, and what the plan may still do. */
export function planView(desk: DeskContext): PlanView {
  const { sheet, slots, grant } = desk.plan;
  const spentCents = desk.plan.spentCents();
  return {
    sheet: sheet?.sha256.slice(0, 16) ?? null,
    eventsUntil: sheet?.calendar?.validUntil ?? null,
    grant:
      grant === undefined
        ? null
        : {
            by: grant.principal,
            budgetCents: grant.budgetCents,
            spentCents,
            leftCents: grant.budgetCents - spentCents,
          },
    held: sheet === undefined ? null : (heldBack(desk) ?? whyClosed(desk) ?? null),
    slots: [...sentBefore(desk), ...slots.map((slot) => slotView(desk, slot))],
  };
}
