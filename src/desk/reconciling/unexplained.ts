/**
 * What of the account this book does not explain, for whoever is about to say that nothing is open: no order
 * closes what is in no book, and where the account cannot be seen nobody knows that it is flat.
 */

import { externalPositionId } from '../../engine/portfolio/external-position.ts';
import type { DeskContext } from '../desk-context.ts';
import type { UnclosedView } from '../engine-api.ts';
import type { Divergence } from './divergence.ts';
import {
  divergences,
  divergenceWords,
  instrumentOf,
  isForOperator,
  isToBeTold,
  MOST_TOLD,
} from './divergence.ts';

/** Stands where a position's name is not known. */
const ACCOUNT = 'account';

function unknown(why: string): UnclosedView {
  return { positionId: ACCOUNT, reason: `whether it is flat is not known: ${why}` };
}

const ADOPT = '`deltaring adopt` takes over what the broker says';
const CLOSE = `no order here knows of it: ${ADOPT}, and a flatten after that closes it; or close it at the broker`;
const MENDED = "it is mended from the broker's snapshot; ask again in some seconds";

function isBlind({ kind }: Divergence): boolean {
  return kind === 'noSnapshot';
}

function viewOf(divergence: Divergence): UnclosedView {
  const words = divergenceWords(divergence);
  if (isBlind(divergence)) return unknown(words);
  if (divergence.kind === 'residual') {
    const positionId = externalPositionId(instrumentOf(divergence.symbol));
    return { positionId, reason: `${words}; ${CLOSE}` };
  }
  const next = isForOperator(divergence) ? ADOPT : MENDED;
  return { positionId: ACCOUNT, reason: `${words}; ${next}` };
}

/** True for what may be held and is not in this book: an order of which only the rest differs is. */
function isBeside({ kind }: Divergence): boolean {
  return kind !== 'remaining';
}

/** What is not explained now: that there is no picture at once, and what the newest picture shows where books
 * that differ were told or none has agreed with this book yet. */
export function unexplainedNow(desk: DeskContext): readonly UnclosedView[] {
  const found = divergences(desk, desk.gateway.snapshot(desk.at)).filter(isToBeTold);
  const meant = found.filter(desk.day.reconciled ? isBlind : isBeside);
  const views = meant.slice(0, MOST_TOLD).map(viewOf);
  const left = meant.length - views.length;
  return left === 0 ? views : [...views, unknown(`${left} more differences`)];
}
