/** The plan of the day as the faces show it. */

import { newYorkText } from '../../engine/domain/session-calendar.ts';
import type { DeskContext } from '../desk-context.ts';
import type { PlanView } from '../engine-api-plan.ts';

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
    slots: slots.map(({ slotId, entry, dueAt }) => {
      const run = runs.get(slotId);
      return {
        slotId,
        time: newYorkText(dueAt).slice(0, 5),
        strategy: entry.request.strategy,
        sends: entry.sends,
        outcome: run?.outcome ?? 'waiting',
        detail: run?.detail ?? '',
        previewId: run?.previewId ?? null,
        orderId: run?.orderId ?? null,
      };
    }),
  };
}
