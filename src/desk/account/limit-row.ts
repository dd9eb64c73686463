/** One row of the list of controls. `control` is its number in the consolidated list of pre-trade
 * controls (SEC 15c3-5, FINRA, RTS 6, FIA), 1 to 31. */
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
type Facts = Pick<LimitView, 'control' | 'name' | 'note'>;

/** A limit with a number. An unknown use is not ok. */
export function counted(
  facts: Facts,
  unit: Unit,
  limit: number,
  used: number | undefined,
): LimitView {
  const isKnown = used !== undefined;
  const room = isKnown ? limit - used : null;
  return { ...facts, unit, limit, used: used ?? null, room, ok: isKnown && used <= limit };
}

/** A control without a number of its own. */
export function stated(facts: Facts, limit: string, used: string, ok = true): LimitView {
  return { ...facts, unit: 'state', limit, used, room: null, ok };
}

/** What a control says that has nothing to count between orders. */
export const EACH_ORDER = 'judged on each order';
