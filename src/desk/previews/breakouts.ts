/** What a confirm asks of a breakout: that it was not taken since the preview, and that it still stands. */
import type { OrderIntent } from '../../engine/domain/order.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import { type Denial, deny } from '../../engine/domain/verdict.ts';
import type { TokenGrant } from '../../risk/confirm-token.ts';
import { findBreakOf } from '../../strategies/breakout.ts';
import type { DeskContext } from '../desk-context.ts';
import { barsFilling } from '../session/chain-filling.ts';
import { marketView } from './proposals.ts';

/** How often the breakout of an order was taken today; 0 for an order that trades none. */
export function timesTaken({ day }: DeskContext, { breakoutKey }: OrderIntent): number {
  return day.breakoutsTaken.filter((taken) => taken === breakoutKey).length;
}

/** A breakout is taken once for each look at it: by the first confirm of the previews that saw it. Refuses
 * an entry whose breakout was taken since its preview; a replacement takes none. */
export function refuseTakenSince(
  desk: DeskContext,
  intent: OrderIntent,
  grant: TokenGrant,
): Denial | undefined {
  const { breakoutKey } = intent;
  if (breakoutKey === undefined || grant.replaces !== undefined) return undefined;
  if (timesTaken(desk, intent) <= grant.breakoutsTaken) return undefined;
  const message =
    'this break was traded since the preview, and each is traded once a day: nothing is left to confirm';
  return deny('breakout_stale', message, { breakout: breakoutKey, alreadyTraded: true }).denied;
}

/** When the break that an order trades was confirmed; undefined for an order that trades none. */
export function breakConfirmedAt(
  desk: DeskContext,
  { breakoutKey }: OrderIntent,
): EpochMicros | undefined {
  const view = breakoutKey === undefined ? undefined : marketView(desk);
  if (breakoutKey === undefined || view === undefined) return undefined;
  const found = findBreakOf(view, breakoutKey);
  return 'denied' in found ? undefined : found.rangeBreak.confirmedAt;
}

/** Refuses an entry whose breakout does not stand any more: the price is back inside the range, too far
 * from it, or a minute closed beyond its other side, whatever broke since. */
export function refuseUndone(
  desk: DeskContext,
  { breakoutKey }: OrderIntent,
  { replaces, breakAt }: TokenGrant,
): Denial | undefined {
  const view = marketView(desk);
  if (breakoutKey === undefined || replaces !== undefined || view === undefined) return undefined;
  const found = barsFilling(desk) ?? findBreakOf(view, breakoutKey, breakAt);
  return 'denied' in found ? found.denied : undefined;
}
