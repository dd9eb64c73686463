/** What a flatten has not left: said beside its orders, for no order is no sign that nothing is open. */

import type { StructurePosition } from '../../engine/portfolio/portfolio-book.ts';
import { areLeftToExpire, haveExpired, isOpen } from '../account/held-position.ts';
import type { DeskContext } from '../desk-context.ts';
import type { UnclosedView } from '../engine-api.ts';
import { unexplainedNow } from '../reconciling/unexplained.ts';
import { awaitQuotes } from '../session/chain-filling.ts';
import { freeLegs } from './closing.ts';
import { openingInto } from './flatten-progress.ts';
import { EXPIRED, LEFT_TO_EXPIRE, whyNotFree } from './flattening.ts';
import { refusedFor } from './refused-closes.ts';
import { whyNotMoved } from './refused-limits.ts';

/** What is being flattened and is held, or may still fill, while no order closes it, or only one that the
 * broker does not move; and what of the account this book does not explain. Each with why. */
export function unclosedNow(desk: DeskContext): readonly UnclosedView[] {
  const idle = [...desk.day.flattening]
    .map(([positionId, { told }]) => {
      const isClosing = desk.orders.isClosing(positionId);
      const whyIdle = isClosing ? whyNotMoved : whyOpen;
      return { positionId, reason: whyIdle(desk, positionId, told) };
    })
    .filter((view): view is UnclosedView => view.reason !== undefined);
  return [...idle, ...unexplainedNow(desk)];
}

/** Why it is open; undefined where it is not. */
function whyOpen(desk: DeskContext, positionId: string, told: string): string | undefined {
  const position = desk.book.structure(positionId);
  const isHeld = position !== undefined && isOpen(position);
  if (isHeld && haveExpired(desk, position.legs)) return EXPIRED;
  if (isHeld && areLeftToExpire(desk, position.legs)) return LEFT_TO_EXPIRE;
  if (isHeld && told !== '') return told;
  const opening = openingInto(desk, positionId);
  if (opening !== undefined) return `it waits for the end of ${opening.intent.intentId}`;
  if (!isHeld) return undefined;
  return (
    refusedFor(desk, positionId) ??
    whyCovering(desk, position) ??
    whyUnquoted(desk, position) ??
    'the order that closes it is about to be given'
  );
}

function whyCovering(desk: DeskContext, position: StructurePosition): string | undefined {
  if (freeLegs(desk, position).length > 0) return undefined;
  const { refused, waits } = whyNotFree(desk, position);
  return refused ?? waits;
}

function whyUnquoted(desk: DeskContext, position: StructurePosition): string | undefined {
  if (!awaitQuotes(desk, freeLegs(desk, position))) return undefined;
  const feed = desk.day.feedConnected ? '' : ', and the feed is not connected';
  return `it waits for its first quotes${feed}: it is closed on them`;
}
