/**
 * Confirm: everything is judged again on the live chain, and the journal record of the intent is the
 * consumption of the token. A token used before answers with what its first use did.
 */
import { assert } from '../../engine/domain/assert.ts';
import { suffices } from '../../engine/domain/client-rights.ts';
import type { OrderIntent } from '../../engine/domain/order.ts';
import type { CheckResult, Denial } from '../../engine/domain/verdict.ts';
import { deny } from '../../engine/domain/verdict.ts';
import type { TokenGrant } from '../../risk/confirm-token.ts';
import { orderHash } from '../../risk/order-hash.ts';
import { latchRepeats } from '../account/governing.ts';
import { exitSettingsOf } from '../desk-config.ts';
import type { DeskContext } from '../desk-context.ts';
import type { Caller } from '../engine-api.ts';
import { stillFree } from '../orders/closing.ts';
import { closeEverything, openingsAndCloses } from '../orders/flattening.ts';
import { recordIntent, requestCancel } from '../orders/sending.ts';
import { refuseTakenSince, refuseUndone } from './breakouts.ts';
import { drifted } from './drift-snapshot.ts';
import { askAgain } from './dry-runs.ts';
import { judgeIntent } from './judging.ts';
import { atLiveLimit } from './live-limit.ts';
import type { PreviewShelf } from './preview-shelf.ts';
import { beginReplacement } from './replacing.ts';
import { withoutOrder } from './without-order.ts';

/** What a confirm did at once: a refusal, or orders whose outcome the caller may wait for. */
export type ConfirmStart =
  | { readonly denied: Denial; readonly checks: readonly CheckResult[] }
  | ConfirmedOrders;

/** The orders that a token stands for. */
export interface ConfirmedOrders {
  readonly orderIds: readonly string[];
  readonly replayed: boolean;
  /** Set where it closes everything: what no order closes is named beside them. */
  readonly isFlatten?: true | undefined;
}

function refuse(
  desk: DeskContext,
  { principal }: Caller,
  previewId: string | null,
  { denied, checks = [] }: { readonly denied: Denial; readonly checks?: readonly CheckResult[] },
): ConfirmStart {
  desk.out.append({ kind: 'confirmRefused', principal, previewId, denial: denied, checks });
  return { denied, checks };
}

/** Redeems a token. */
export function confirm(
  desk: DeskContext,
  shelf: PreviewShelf,
  caller: Caller,
  tokenSha256: string,
): ConfirmStart {
  const found = desk.tokens.lookup(tokenSha256, caller.principal, desk.at);
  if (found.kind === 'denied') return refuse(desk, caller, null, found);
  if (found.kind === 'used') {
    const { intentIds: orderIds, isFlatten } = found.spent.result;
    return { orderIds, replayed: true, isFlatten };
  }
  const { grant } = found;
  const { cancels } = grant;
  if (cancels !== undefined) return redeemCancel(desk, caller, tokenSha256, cancels);
  if (shelf.get(tokenSha256)?.purpose === 'flatten') return redeemFlatten(desk, caller, grant);
  return redeemOrder(desk, caller, grant);
}

function redeemCancel(
  desk: DeskContext,
  { principal }: Caller,
  tokenSha256: string,
  orderId: string,
): ConfirmStart {
  const order = desk.orders.get(orderId);
  const orderIds = [orderId];
  desk.tokens.consume(tokenSha256, { intentIds: orderIds });
  if (order !== undefined) requestCancel(desk, order, principal, tokenSha256);
  return { orderIds, replayed: false };
}

function redeemFlatten(desk: DeskContext, caller: Caller, grant: TokenGrant): ConfirmStart {
  const { tokenSha256 } = grant;
  const before = openingsAndCloses(desk);
  closeEverything(desk, caller.principal, grant);
  const orderIds = [...new Set([...before, ...openingsAndCloses(desk)])];
  desk.tokens.consume(tokenSha256, { intentIds: orderIds, isFlatten: true });
  return { orderIds, replayed: false, isFlatten: true };
}

function redeemOrder(desk: DeskContext, caller: Caller, grant: TokenGrant): ConfirmStart {
  const { previewId, tokenSha256 } = grant;
  const [intent] = grant.intents;
  assert(intent !== undefined, 'an order token holds its order');
  const stale =
    notAsGranted(intent, grant) ??
    mayNotOpen(caller, intent) ??
    staleClose(desk, intent) ??
    refuseTakenSince(desk, intent, grant) ??
    refuseUndone(desk, intent, grant) ??
    drifted(desk, intent, grant);
  if (stale !== undefined) return refuse(desk, caller, previewId, { denied: stale });
  const { replaces, closesAll } = grant;
  const asJudged = withoutOrder(desk, replaces);
  const { openUpToCents } = caller;
  const dryRun = desk.dryRuns.answered(intent.intentId);
  const judgement = judgeIntent(asJudged, atLiveLimit(desk, intent), { openUpToCents, dryRun });
  const { denial, checks } = judgement.verdict;
  if (denial !== undefined) {
    askAgain(desk, intent);
    return refuse(desk, caller, previewId, { denied: denial, checks });
  }
  if (replaces !== undefined) {
    const begun = beginReplacement(desk, caller, grant, replaces);
    if ('denied' in begun) return refuse(desk, caller, previewId, begun);
    return { orderIds: begun.orderIds, replayed: false };
  }
  const orderIds = [intent.intentId];
  desk.tokens.consume(tokenSha256, { intentIds: orderIds });
  const { entryLadder, exitLadder } = exitSettingsOf(desk.config);
  const urgency = intent.purpose === 'open' ? entryLadder : exitLadder;
  recordIntent(desk, intent, judgement, { tokenSha256, previewId, urgency, closesAll });
  latchRepeats(desk);
  const { breakoutKey } = intent;
  if (breakoutKey !== undefined) desk.day.breakoutsTaken.push(breakoutKey);
  return { orderIds, replayed: false };
}

/** A token stands for the order that was previewed, to the last bit. */
function notAsGranted(intent: OrderIntent, grant: TokenGrant): Denial | undefined {
  if (orderHash(intent) === grant.orderHash) return undefined;
  return deny('token_invalid', 'this token stands for another order; preview again').denied;
}

/** Asked only of the token's own principal: to anyone else the token is unknown. */
function mayNotOpen(caller: Caller, intent: OrderIntent): Denial | undefined {
  const { authority } = caller;
  if (intent.purpose !== 'open' || suffices(authority, 'open')) return undefined;
  const numbers = { has: authority, needs: 'open' };
  return deny('not_authorized', 'this caller may only reduce positions', numbers).denied;
}

/** A close whose position changed since its preview closes nothing that is not there. */
function staleClose(desk: DeskContext, intent: OrderIntent): Denial | undefined {
  if (intent.purpose === 'open' || stillFree(desk, intent)) return undefined;
  const message = 'the position changed since this preview; preview the close again';
  return deny('nothing_to_close', message, { positionId: intent.positionId }).denied;
}
