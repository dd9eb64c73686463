/** One row of the list of controls. `control` is its number in the consolidated list of pre-trade
 * controls (SEC 15c3-5, FINRA, RTS 6, FIA), 1 to 31. */

import { refusalsOf } from '../../risk/gate.ts';
import type { AccountRisk } from '../../risk/risk-input.ts';
import type { DeskContext } from '../desk-context.ts';
import type { Caller } from '../engine-api.ts';
import type { LimitView } from '../engine-api-risk.ts';

/** What the rows are made of. */
export interface RowSources {
  readonly desk: DeskContext;
  readonly account: AccountRisk;
  /** Who asks: some limits are each principal's own. */
  readonly caller: Caller;
}

type Unit = LimitView['unit'];

/** `refusals` where they are others than those of its control. */
type Facts = Pick<LimitView, 'control' | 'name' | 'note'> & Partial<Pick<LimitView, 'refusals'>>;

/** A limit with a number. An unknown use is not ok. */
export function counted(
  facts: Facts,
  unit: Unit,
  limit: number,
  used: number | undefined,
): LimitView {
  const isKnown = used !== undefined;
  const room = isKnown ? limit - used : null;
  const ok = isKnown && used <= limit;
  return { ...named(facts), unit, limit, used: used ?? null, room, ok };
}

/** A control without a number of its own. */
export function stated(facts: Facts, limit: string, used: string, ok = true): LimitView {
  return { ...named(facts), unit: 'state', limit, used, room: null, ok };
}

function named({ control, name, note, refusals = refusalsOf(control) }: Facts) {
  return { control, name, note, refusals };
}

/** What a control says that has nothing to count between orders. */
export const EACH_ORDER = 'judged on each order';
