/**
 * Restart: how urgently an order goes on, from its records. As it was recorded, by who asked for it or by the
 * exit that did; then as it was last moved with. What has broken since hurries it by itself, from the first
 * quotes on.
 */

import type { AuditBody } from '../../engine/domain/audit-record.ts';
import { URGENCIES, type Urgency } from '../../engine/domain/exit-choices.ts';
import type { OrderIntent } from '../../engine/domain/order.ts';
import { exitSettingsOf } from '../desk-config.ts';
import type { DeskContext } from '../desk-context.ts';
import { CALM_EXITS } from '../exits/judge-rest.ts';
import { ASKED } from './asked-closes.ts';
import { isOfTheWhole } from './begun-exits.ts';
import type { ExitCause } from './exit-cause.ts';

type Desk = Pick<DeskContext, 'config' | 'orders'>;

const CALM: ReadonlyMap<string, Urgency> = new Map(Object.entries(CALM_EXITS));

/** What goes on with an exit of the whole is as urgent as that. A stop that had not to be broken for any while
 * is of the last tier. */
function urgencyOfExit({ config, orders }: Desk, { reason, numbers }: ExitCause): Urgency {
  if (reason === ASKED) return exitSettingsOf(config).exitLadder;
  const begun = orders.get(String(numbers['goesOnFrom']));
  if (begun !== undefined && isOfTheWhole(reason)) return begun.urgency;
  return CALM.get(reason) ?? (numbers['heldForMillis'] === 0 ? 'urgent' : 'fast');
}

/** How urgently an order was recorded. `because`: the exit that asked for it. */
export function recordedUrgency(
  desk: Desk,
  { purpose }: Pick<OrderIntent, 'purpose'>,
  because?: ExitCause,
): Urgency {
  const { entryLadder, exitLadder } = exitSettingsOf(desk.config);
  if (purpose === 'open') return entryLadder;
  if (purpose === 'close') return exitLadder;
  if (purpose === 'flatten' || because === undefined) return 'urgent';
  return urgencyOfExit(desk, because);
}

/** How urgently it was moved to a limit; undefined where that was for another reason. */
export function movedUrgency({
  reason,
}: Pick<Extract<AuditBody, { kind: 'repriced' }>, 'reason'>): Urgency | undefined {
  return URGENCIES.find((urgency) => urgency === reason);
}
