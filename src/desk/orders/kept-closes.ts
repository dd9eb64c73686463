/** Goes on with closes that are begun and not through: with what traders asked for, until it is gone. */

import type { StructurePosition } from '../../engine/portfolio/portfolio-book.ts';
import { areLeftToExpire } from '../account/held-position.ts';
import { exitSettingsOf } from '../desk-config.ts';
import type { DeskContext } from '../desk-context.ts';
import { awaitQuotes } from '../session/chain-filling.ts';
import type { AskedClose } from './asked-closes.ts';
import { ASKED } from './asked-closes.ts';
import { isBeingReported } from './being-reported.ts';
import { isHeldBack, isPausing, pauseAfter } from './close-pause.ts';
import { freeOf } from './closing.ts';
import { isForOwnPrice } from './closing-floor.ts';
import { closePosition } from './flattening.ts';
import { mayCloseFrom } from './refused-closes.ts';

/** Goes on with all that is begun. Called on the clock, behind the exits: what they close counts. */
export function keepClosing(desk: DeskContext): void {
  const { day, book } = desk;
  if (!day.chainOpen || day.reserveExhausted) return;
  for (const [positionId, asked] of day.askedCloses) {
    const position = book.structure(positionId);
    if (position === undefined || day.flattening.has(positionId)) continue;
    goOn(desk, position, asked);
  }
}

function goOn(desk: DeskContext, position: StructurePosition, asked: AskedClose): void {
  const { positionId } = position;
  const { wall } = desk.at;
  if (asked.isOfAll) hurryResting(desk, positionId);
  const { pause } = asked;
  if (isHeldBack(pause, wall) || wall < mayCloseFrom(desk, positionId)) return;
  if (isBeingReported(desk, positionId)) return;
  const held = freeOf(desk, position, (symbol) => asked.legs.get(symbol)?.toGo ?? 0);
  if (held.length === 0 || awaitQuotes(desk, held)) return;
  if (areLeftToExpire(desk, held)) {
    if (asked.told !== '') endTold(desk, positionId, asked, 'is left to expire');
    return;
  }
  const outcome = closePosition(desk, position, {
    purpose: 'exit',
    part: 'whole',
    held,
    urgency: exitSettingsOf(desk.config).exitLadder,
    principal: 'engine',
    tokenSha256: null,
    previewId: null,
    because: { reason: ASKED, numbers: { by: asked.intentId } },
  });
  const { refused } = outcome;
  if (refused === undefined) {
    endTold(desk, positionId, asked, 'is closed on');
    return;
  }
  if (isPausing(pause, wall)) return;
  const isNews = refused !== asked.told || !desk.out.isOpen('EXIT_REFUSED', positionId);
  asked.told = refused;
  asked.pause = pauseAfter(outcome, wall);
  if (!isNews) return;
  const text = `${positionId} should be closed as ${asked.intentId} asked but cannot be: ${refused}`;
  desk.out.alert('critical', 'EXIT_REFUSED', text, positionId);
}

/** What was told of it is over. */
function endTold(desk: DeskContext, positionId: string, asked: AskedClose, how: string): void {
  asked.told = '';
  desk.out.settlePosition(['EXIT_REFUSED'], positionId, `${positionId} ${how}`);
}

/** Who asks for all of a position does not wait for a nickel, nor for a target. */
function hurryResting(desk: DeskContext, positionId: string): void {
  for (const order of desk.orders.closing(positionId)) {
    if (isForOwnPrice(order)) order.urgency = 'fast';
  }
}
