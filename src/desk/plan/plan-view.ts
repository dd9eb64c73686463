/** The plan of the day as the faces show it. */

import { newYorkText } from '../../engine/domain/session-calendar.ts';
import type { DeskContext } from '../desk-context.ts';
import type { PlanView } from '../engine-api-plan.ts';
import type { PlanSheet, PlanSlot } from './plan-sheet.ts';
import { outsideSession, unknownEvents } from './plan-sheet.ts';

/** Why nothing of the plan is sent now, whatever it costs; undefined where it may send. */
export function heldBack({ config, plan }: DeskContext): string | undefined {
  if (config.mayOpen === false) {
    return 'this engine opens nothing: DELTARING_READ_ONLY or DELTARING_AUTHORITY says so';
  }
  return plan.grant === undefined
    ? 'nothing is granted for this session; the operator grants that at the console: deltaring plan grant'
    : undefined;
}

/** A turn without a run: it waits for its time, or that passed with nobody to run it. */
function unrun({ day, at }: DeskContext, sheet: PlanSheet | undefined, slot: PlanSlot) {
  const nothing = { previewId: null, orderId: null };
  const outside = outsideSession(slot, day.session);
  if (outside !== undefined) return { ...nothing, outcome: 'skipped', detail: outside } as const;
  if (!day.chainOpen && at.market > slot.dueAt) {
    return { ...nothing, outcome: 'missed', detail: 'the session was over' } as const;
  }
  const unknown = sheet === undefined ? [] : unknownEvents(sheet, slot.entry);
  const detail = unknown.map((name) => `no event of the event file is named ${name}`).join('; ');
  return { ...nothing, outcome: 'waiting', detail } as const;
}

/** Every turn of the day with what became of it, and what the plan may still do. */
export function planView(desk: DeskContext): PlanView {
  const { sheet, slots, runs, grant } = desk.plan;
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
    held: sheet === undefined ? null : (heldBack(desk) ?? null),
    slots: slots.map((slot) => {
      const { slotId, entry, dueAt } = slot;
      const run = runs.get(slotId) ?? unrun(desk, sheet, slot);
      return {
        slotId,
        time: newYorkText(dueAt).slice(0, 5),
        strategy: entry.request.strategy,
        sends: entry.sends,
        outcome: run.outcome,
        detail: run.detail,
        previewId: run.previewId,
        orderId: run.orderId,
      };
    }),
  };
}
