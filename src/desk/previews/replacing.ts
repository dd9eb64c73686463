/**
 * Replacing a working opening: a new intent with another limit, which is previewed, takes a token and
 * is judged like any other. The order it replaces is called back first, and only once that has ended
 * unfilled since the preview is the new one judged again, recorded and sent: the two never work at the
 * same time. A crash between the two loses an order and never doubles one.
 */
import { assert } from '../../engine/domain/assert.ts';
import { netPrices } from '../../engine/domain/net-price.ts';
import {
  addMicros,
  dollarsFromPrice,
  MICROS_PER_SECOND,
  priceFromDollars,
} from '../../engine/domain/units.ts';
import { type CheckResult, type Denial, deny, type Outcome } from '../../engine/domain/verdict.ts';
import type { TokenGrant } from '../../risk/confirm-token.ts';
import { latchRepeats } from '../account/governing.ts';
import { exitSettingsOf } from '../desk-config.ts';
import type { DeskContext } from '../desk-context.ts';
import { quoteOf, spotNow } from '../desk-context.ts';
import type { Caller } from '../engine-api.ts';
import {
  filledUnits,
  isCalledBackByPerson,
  isExternal,
  isFinal,
  isUneven,
  type OrderRecord,
} from '../orders/order-book.ts';
import { publishOrder } from '../orders/order-views.ts';
import { behindClose, recordIntent, requestCancel } from '../orders/sending.ts';
import { drifted } from './drift-snapshot.ts';
import { exitOfReplacement } from './exit-of-replacement.ts';
import { judgeIntent } from './judging.ts';
import { atLiveLimit } from './live-limit.ts';
import { brokenAtEntry } from './manual-exit.ts';
import { workedPrices } from './manual-prices.ts';
import type { PreviewAnswer, PreviewTurn } from './preview-shelf.ts';
import { finishPreview, refuse } from './previews.ts';
import type { Replacement } from './replacement.ts';
import { withoutOrder } from './without-order.ts';

/** A cancel that takes longer than this is answered without the new order. */
const PATIENCE_MICROS = 10 * MICROS_PER_SECOND;

/** Why the old order works on: nobody wanted it gone without the new one. A restart whose records end before
 * the broker's answer goes on calling it back: that loses an order and doubles none. */
export const REFUSED = 'the broker refused to cancel it';

function replaceable(desk: DeskContext, orderId: string): Outcome<{ readonly order: OrderRecord }> {
  const order = desk.orders.get(orderId);
  if (order === undefined) {
    return deny('not_found', `no order "${orderId}"; get_recent_orders lists them`, { orderId });
  }
  const { purpose } = order.intent;
  if (isExternal(order) || purpose !== 'open') {
    const why = isExternal(order)
      ? 'it was not given by this engine: cancel_order and place_order instead'
      : 'it closes or protects a position and is worked to the market by the engine: flatten_all hurries it';
    return deny('unsupported', `this order cannot be replaced: ${why}`, { orderId, purpose });
  }
  const isCancelled = order.cancelRequested || isCalledBackByPerson(order);
  const isGoing = isCancelled || behindClose(desk, order) !== undefined;
  if (order.status !== 'working' || isGoing || isUneven(order)) {
    const message = `only an order that works at the broker can be replaced, and this one is ${order.status === 'working' ? 'being cancelled or uneven' : order.status}: look at get_order_status`;
    return deny('nothing_to_close', message, { orderId, status: order.status });
  }
  return { order };
}

/** Previews the same legs, as many as are left, at another limit: the worst net that is accepted. */
export function previewReplace(
  desk: DeskContext,
  turn: PreviewTurn,
  { orderId, limit: dollars }: { readonly orderId: string; readonly limit: number },
): PreviewAnswer {
  const no = (refused: { readonly denied: PreviewRefusal }) =>
    refuse(desk, turn.caller, 'replace_order', { ...refused, checks: [] });
  const found = replaceable(desk, orderId);
  if ('denied' in found) return no(found);
  const { intent: old } = found.order;
  const net = netPrices(old.legs, (symbol) => quoteOf(desk, symbol));
  if ('missing' in net) {
    const message = `${net.missing} has no ${net.side}; try again`;
    return no(deny('leg_market_missing', message, { symbol: net.missing, side: net.side }));
  }
  const { limit, worst } = workedPrices(
    old.legs,
    { net, spot: spotNow(desk) },
    priceFromDollars(dollars),
  );
  const repriced = { quantity: old.quantity - filledUnits(found.order), limit, worst };
  const exit = exitOfReplacement(desk, old, repriced);
  if ('denied' in exit) return no(exit);
  const byHand = old.strategy === 'place_order' ? exit.exitPlan.stop : undefined;
  const anew = 'cancel the order and place it anew with';
  const broken = brokenAtEntry({ legs: old.legs, net: limit }, byHand, net, anew);
  if (broken !== undefined) return no({ denied: broken });
  const intentId = desk.orders.nextIntentId(desk.day.session.date);
  const intent = {
    ...old,
    ...repriced,
    intentId,
    positionId: intentId,
    exitPlan: exit.exitPlan,
    principal: turn.caller.principal,
  };
  return finishPreview(desk, turn, {
    intent,
    net,
    purpose: 'open',
    reasons: [
      `Replaces order ${orderId}, which works at ${dollarsFromPrice(found.order.limit).toFixed(2)}; it is called back first.`,
    ],
    warnings: [],
    figures: { replaces: orderId },
    replaces: orderId,
  });
}

type PreviewRefusal = ReturnType<typeof deny>['denied'];

/** Calls the old order back; the new one follows once that has ended. */
export function beginReplacement(
  desk: DeskContext,
  caller: Caller,
  grant: TokenGrant,
  replaces: string,
): Outcome<{ readonly orderIds: readonly string[] }> {
  const found = replaceable(desk, replaces);
  if ('denied' in found) return found;
  const { order } = found;
  const filledBefore = order.intent.quantity - (grant.intents[0]?.quantity ?? 0);
  const filled = filledUnits(order);
  if (filled > filledBefore) {
    const message =
      'the order filled on since this preview, and works on: preview its replacement again';
    return deny('reprice_required', message, { orderId: replaces, filled, filledBefore });
  }
  const newIds = grant.intents.map(({ intentId }) => intentId);
  const orderIds = [...newIds, replaces];
  order.reason = `called back for ${newIds.join(', ')}, which follows once this has ended`;
  desk.tokens.consume(grant.tokenSha256, { intentIds: orderIds });
  desk.day.replacements.waiting.set(replaces, {
    grant,
    openUpToCents: caller.openUpToCents,
    filledBefore,
    until: addMicros(desk.at.wall, PATIENCE_MICROS),
  });
  // The record of this cancel is the consumption of the token: no crash can give it back.
  requestCancel(desk, order, caller.principal, grant.tokenSha256);
  return { orderIds };
}

/** Sends each replacement whose time has come, and drops each that has missed it: the record says why. Called
 * on the clock and after every command. */
export function keepReplacements(desk: DeskContext): void {
  for (const [orderId, replacement] of desk.day.replacements.waiting) {
    const order = desk.orders.get(orderId);
    const why = order === undefined ? 'it is gone' : missedBy(desk, order, replacement);
    if (why === undefined && order !== undefined && !isFinal(order)) continue;
    desk.day.replacements.waiting.delete(orderId);
    if (why === undefined) send(desk, orderId, replacement);
    else endUnsent(desk, unsentOf(orderId, replacement), missed(orderId, why));
    if (order !== undefined) publishOrder(desk, order);
  }
}

/** A replacement that was confirmed, by what its records name. */
export interface Confirmed {
  /** The order that was called back for it. */
  readonly orderId: string;
  /** Its own. */
  readonly intentId: string;
  readonly principal: string;
  readonly previewId: string;
}

/** The order whose end a replacement of this id waits for; undefined where none waits. */
export function awaitedBy({ day }: DeskContext, intentId: string): string | undefined {
  for (const [orderId, replacement] of day.replacements.waiting) {
    if (unsentOf(orderId, replacement).intentId === intentId) return orderId;
  }
  return undefined;
}

function unsentOf(orderId: string, { grant }: Replacement): Confirmed {
  const { principal, previewId, intents } = grant;
  const [intent] = intents;
  assert(intent !== undefined, 'an order token holds its order');
  return { orderId, intentId: intent.intentId, principal, previewId };
}

const NOT_REPLACED = 'not replaced: ';

function missedWords(orderId: string): string {
  return `order ${orderId} is ${NOT_REPLACED}`;
}

/** Why one missed its time, as a refusal. */
export function missed(orderId: string, why: string): Denial {
  return deny('reprice_required', `${missedWords(orderId)}${why}`, { orderId }).denied;
}

/** Ends one that is not sent: the record says why. */
export function endUnsent(
  desk: DeskContext,
  confirmed: Confirmed,
  denial: Denial,
  checks: readonly CheckResult[] = [],
): void {
  const { principal, previewId } = confirmed;
  desk.out.append({ kind: 'confirmRefused', principal, previewId, denial, checks });
  noteUnsent(desk, confirmed, denial);
}

/** Enters that it is not sent: also from the record of that, after a restart. */
export function noteUnsent(
  desk: DeskContext,
  { orderId, intentId }: Confirmed,
  { code, message }: Denial,
): void {
  const head = missedWords(orderId);
  const why = message.startsWith(head) ? message.slice(head.length) : `${message} (${code})`;
  const words = `${NOT_REPLACED}${why}`;
  desk.day.replacements.unsent.set(intentId, words);
  const order = desk.orders.get(orderId);
  if (order === undefined) return;
  if (why === REFUSED) order.calledBackBy = undefined;
  order.reason = words;
}

/** Why nothing may be sent any more. */
function missedBy(
  desk: DeskContext,
  order: OrderRecord,
  { filledBefore, until, calledOff }: Replacement,
): string | undefined {
  const against = calledOff ?? behindClose(desk, order);
  if (against !== undefined) return against;
  if (filledUnits(order) > filledBefore || isUneven(order)) return 'it filled meanwhile';
  if (isFinal(order)) return undefined;
  if (!order.cancelRequested) return REFUSED;
  return desk.at.wall >= until ? 'its cancel took too long' : undefined;
}

/** Judges once more, drift since the preview too, for the old order may take its time to end; records and
 * thereby sends. */
function send(desk: DeskContext, orderId: string, replacement: Replacement): void {
  const { grant, openUpToCents } = replacement;
  const { previewId, tokenSha256 } = grant;
  const [intent] = grant.intents;
  assert(intent !== undefined, 'an order token holds its order');
  const stale = drifted(desk, intent, grant);
  if (stale !== undefined) {
    endUnsent(desk, unsentOf(orderId, replacement), stale);
    return;
  }
  const dryRun = desk.dryRuns.answered(intent.intentId);
  const others = withoutOrder(desk, orderId);
  const judgement = judgeIntent(others, atLiveLimit(desk, intent), { openUpToCents, dryRun });
  const { denial, checks } = judgement.verdict;
  if (denial !== undefined) {
    endUnsent(desk, unsentOf(orderId, replacement), denial, checks);
    return;
  }
  const { entryLadder: urgency } = exitSettingsOf(desk.config);
  recordIntent(desk, intent, judgement, { tokenSha256, previewId, urgency });
  latchRepeats(desk);
  const order = desk.orders.get(orderId);
  if (order !== undefined) order.reason = `replaced by ${intent.intentId}`;
}
