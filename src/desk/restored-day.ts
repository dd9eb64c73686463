/** Restart: the kill switch, latches, flattens and trails as they stood, from their records. What a crash came
 * before the page of is told here too. */

import { unreachable } from '../engine/domain/assert.ts';
import type { AuditRecord } from '../engine/domain/audit-record.ts';
import type { SessionDate } from '../engine/domain/units.ts';
import { setCause } from '../risk/trading-state.ts';
import {
  HUMAN_CAUSES,
  LATCHED_CAUSES,
  noteRearm,
  setKill,
  tellKill,
  tellLatched,
} from './account/governing.ts';
import { configAsTold } from './account/limit-keeping.ts';
import type { DeskContext } from './desk-context.ts';
import { noteBest } from './desk-context.ts';
import { askForAll, FLATTEN_DONE } from './orders/flatten-progress.ts';

type OfTheDay =
  | 'tradingStateChanged'
  | 'flattenRequested'
  | 'trailRaised'
  | 'sideEased'
  | 'killEngaged'
  | 'killReleased'
  | 'limitsInForce'
  | 'alert';

/** What records say about the day and its positions, apart from single orders. */
export function restoreDay(
  desk: DeskContext,
  session: SessionDate,
  body: Extract<AuditRecord['body'], { kind: OfTheDay }>,
): void {
  switch (body.kind) {
    case 'tradingStateChanged':
      restoreLatches(desk, session, body);
      return;
    case 'flattenRequested':
      for (const positionId of body.positionIds) askForAll(desk, positionId);
      restoreFlatten(desk, body);
      return;
    case 'trailRaised':
      noteBest(desk, body.positionId, { bestGain: body.bestGain });
      return;
    case 'sideEased':
      noteBest(desk, body.positionId, { leastDebit: body.leastDebit });
      return;
    case 'killEngaged':
      if (!desk.day.killed) tellKill(desk, body);
      restoreKill(desk, body.reason);
      return;
    case 'killReleased':
      restoreKill(desk, undefined);
      noteRearm(desk);
      return;
    case 'limitsInForce':
      desk.config = configAsTold(desk.config, body.limits);
      return;
    case 'alert':
      if (body.code === FLATTEN_DONE) desk.day.flattenUntold = false;
      return;
    default:
      unreachable(body);
  }
}

/** The kill switch as it stood: a reason engages it, none releases it. */
function restoreKill(desk: DeskContext, reason: string | undefined): void {
  const { day } = desk;
  setKill(desk, reason);
  day.status = setCause(day.status, 'kill', day.killed).status;
}

/** A flatten that took a token has spent it, also where nothing was left to close. */
function restoreFlatten(
  desk: DeskContext,
  body: Extract<AuditRecord['body'], { kind: 'flattenRequested' }>,
): void {
  const { principal, tokenSha256, orderIds: intentIds = [] } = body;
  if (tokenSha256 === undefined) return;
  const result = { intentIds, isFlatten: true } as const;
  desk.tokens.restoreConsumed({ tokenSha256, previewId: '', principal, result });
}

/**
 * What is latched stands after a restart too: the causes of a day within that day, those that wait for
 * a person until one re-armed. A record without causes is of an older build, which latched only.
 */
function restoreLatches(
  desk: DeskContext,
  session: SessionDate,
  body: Extract<AuditRecord['body'], { kind: 'tradingStateChanged' }>,
): void {
  const { day } = desk;
  const isToday = session === day.session.date;
  for (const cause of LATCHED_CAUSES) {
    const isHuman = HUMAN_CAUSES.includes(cause);
    if (!isToday && !isHuman) continue;
    const stands = body.causes?.includes(cause) ?? (cause === body.reason || undefined);
    if (stands === undefined) continue;
    const wasUp = day.status.causes.includes(cause);
    if (isHuman && wasUp && !stands) noteRearm(desk);
    if (stands && !wasUp) tellLatched(desk, cause);
    day.status = setCause(day.status, cause, stands).status;
  }
}
