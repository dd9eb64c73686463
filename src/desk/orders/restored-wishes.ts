/** Restart: what the operator and traders asked of the session, and the stops that the plan waits out,
 * from its records. */

import { unreachable } from '../../engine/domain/assert.ts';
import type { AuditRecord } from '../../engine/domain/audit-record.ts';
import { tellFired } from '../alerts/alert-watch.ts';
import type { DeskContext } from '../desk-context.ts';
import type { PlanRun } from '../plan/plan-book.ts';
import { tellRun } from '../plan/plan-runner.ts';
import { noteExit, pageExit } from './exit-cause.ts';

type Wish = Extract<
  AuditRecord['body'],
  {
    kind:
      | 'exitTriggered'
      | 'planRun'
      | 'planGranted'
      | 'planRevoked'
      | 'alertSet'
      | 'alertFired'
      | 'alertCleared';
  }
>;

/** True of a turn that ran before the time of the one by its name: an earlier sheet had it at another time. What
 * that one sent stands all the same, for the budget, and so that nothing goes twice. */
function isOfAnotherTurn(
  { plan, at }: DeskContext,
  { slotId, outcome }: Pick<PlanRun, 'slotId' | 'outcome'>,
): boolean {
  const slot = plan.slots.find((each) => each.slotId === slotId);
  return outcome !== 'sent' && slot !== undefined && at.market < slot.dueAt;
}

/** What the operator and traders asked of this session stands after a restart too, but for the plan's leave: a
 * disk that failed may lack its revoke, and no lost record may let anything send. */
export function restoreWishes(desk: DeskContext, body: Wish): void {
  const { plan, alerts, at } = desk;
  switch (body.kind) {
    case 'exitTriggered': {
      noteExit(desk, body.positionId, body);
      const position = desk.book.structure(body.positionId);
      if (position !== undefined) pageExit(desk, position, body);
      return;
    }
    case 'planRun':
      tellRun(desk, body);
      if (!isOfAnotherTurn(desk, body)) plan.runs.set(body.slotId, body);
      return;
    case 'planGranted':
    case 'planRevoked':
      // Who let it send is not told anew: the start tells that this has ended.
      plan.hadLeave = body.kind === 'planGranted';
      return;
    case 'alertSet': {
      const { kind: _, ...rule } = body;
      alerts.add(rule);
      return;
    }
    case 'alertFired': {
      const kept = alerts.get(body.alertId);
      if (kept !== undefined) {
        const isInDoubt = kept.rule.rearmBy !== undefined;
        Object.assign(kept, { isArmed: false, isInDoubt, firedAt: at.market });
        tellFired(desk, kept.rule, body.value);
      }
      return;
    }
    case 'alertCleared':
      alerts.remove(body.alertId);
      return;
    default:
      unreachable(body);
  }
}
