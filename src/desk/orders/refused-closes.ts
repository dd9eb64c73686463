/**
 * Closes that the broker refuses: when and in which shape their position is tried again. A close is never
 * given up, and never sent again step by step: what time does not cure is asked for a few times an hour,
 * everything else less often after each of the first refusals. All of it follows from the book of
 * orders, which a restart has from the journal.
 */

import type { RefusalKind } from '../../broker/order-gateway.ts';
import type { OrderLeg } from '../../engine/domain/order.ts';
import { newYorkText } from '../../engine/domain/session-calendar.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import { addMicros, MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import { arePaidFor } from '../account/held-position.ts';
import type { DeskContext } from '../desk-context.ts';
import { isAsked, isStillAsked } from './asked-closes.ts';
import type { OrderRecord } from './order-book.ts';
import { isClose } from './order-book.ts';

/** Pauses after a first refusal, and the longest that they double to with each in a row. */
interface Pace {
  readonly first: number;
  readonly most: number;
}

/** What the market, the price or a moment's confusion may explain. A stop that waits longer in a falling
 * market costs more than the requests. */
const PASSING: Pace = { first: 5 * MICROS_PER_SECOND, most: 15 * MICROS_PER_SECOND };
/** What does not pass by itself. The broker may mean less than it says, or somebody may lift it. */
const LASTING: Pace = { first: 60 * MICROS_PER_SECOND, most: 300 * MICROS_PER_SECOND };
/** Nothing reached the broker: it refused nothing. */
const UNSENT: Pace = { first: PASSING.first, most: PASSING.first };
/** An order of several legs that is refused so often for what they are together is not given again. */
const TOGETHER_AT_MOST = 2;

const PACES: Readonly<Record<RefusalKind, Pace>> = {
  unsent: UNSENT,
  hours: LASTING,
  account: LASTING,
  combination: PASSING,
};

/** The refusals of the position's closes since the broker took one, newest first. */
function refusalsOf(desk: DeskContext, positionId: string): readonly OrderRecord[] {
  const all = desk.orders.of(positionId);
  const found: OrderRecord[] = [];
  for (let index = all.length - 1; index >= 0; index -= 1) {
    const order = all[index];
    if (order === undefined || !isClose(order)) continue;
    if (order.status === 'rejected') found.push(order);
    else if (order.brokerOrderId !== undefined) break;
  }
  return found;
}

/** How many in a row, newest first, are of the newest one's kind. */
function inARow(refusals: readonly OrderRecord[]): number {
  const other = refusals.findIndex(({ refusal }) => refusal !== refusals[0]?.refusal);
  return other < 0 ? refusals.length : other;
}

/** The newest refusal, and the wall time from which the position's close may be sent again. */
function lastRefusal(
  desk: DeskContext,
  positionId: string,
): { readonly last: OrderRecord; readonly from: EpochMicros } | undefined {
  const refusals = refusalsOf(desk, positionId);
  const [last] = refusals;
  if (last === undefined) return undefined;
  const { first, most } = last.refusal === undefined ? PASSING : PACES[last.refusal];
  const isOtherShape = last.intent.legs.length > 1 && isTakenApart(desk, positionId);
  const pause = isOtherShape ? 0 : Math.min(most, first * 2 ** (inARow(refusals) - 1));
  return { last, from: addMicros(last.updatedAt.wall, pause) };
}

/** Wall time from which a close of the position may be sent again; 0 where none was refused. */
export function mayCloseFrom(desk: DeskContext, positionId: string): EpochMicros | 0 {
  return lastRefusal(desk, positionId)?.from ?? 0;
}

/** Why the position's close has to wait, in words; undefined where nothing stands against it. Somebody
 * who asks for it now is not kept from it for longer than `patience`. */
export function refusedFor(
  desk: DeskContext,
  positionId: string,
  patience = Number.POSITIVE_INFINITY,
): string | undefined {
  const refused = lastRefusal(desk, positionId);
  if (refused === undefined) return undefined;
  const { last, from } = refused;
  if (desk.at.wall >= Math.min(from, last.updatedAt.wall + patience)) return undefined;
  const inSeconds = Math.ceil((from - desk.at.wall) / MICROS_PER_SECOND);
  const { intentId } = last.intent;
  return `the broker refused ${intentId} (${last.reason ?? 'no reason given'}); it is asked again in ${inSeconds} s`;
}

/** A person's own word waits for a refusal no longer than this. */
export const ASKED_PATIENCE_MICROS = PASSING.first;

/** True where the broker does not take the position's legs in one order: they go one at a time, shorts
 * first. Asked on every batch of quotes: makes nothing. */
export function isTakenApart({ orders }: DeskContext, positionId: string): boolean {
  let refused = 0;
  for (const { intent, refusal } of orders.of(positionId)) {
    if (intent.legs.length > 1 && refusal === 'combination') refused += 1;
  }
  return refused >= TOGETHER_AT_MOST;
}

const REJECTED = 'CLOSE_REJECTED';

/** A close that the broker refuses leaves a position open that somebody wanted closed: told with what
 * becomes of it, and what a person can do. Nobody is called at the end of the day for longs that are out
 * of the money. */
export function pageRefusedClose(desk: DeskContext, order: OrderRecord): void {
  if (!isClose(order)) return;
  const { intentId, positionId } = order.intent;
  const reason = order.reason ?? 'no reason given';
  const text = `${positionId} stays open: the broker rejected ${intentId}: ${reason}. ${outlook(desk, order)}`;
  const legs = desk.book.structure(positionId)?.legs ?? [];
  const isCalm = order.refusal === 'hours' && arePaidFor(desk, legs);
  desk.out.alert(isCalm ? 'info' : 'critical', REJECTED, text, positionId);
}

/** An exchange may refuse an order moments after the broker has taken it. */
const TAKEN_AFTER_MICROS = 5 * MICROS_PER_SECOND;

/** True where the last close of the position that the broker had a word on is taken: some of it has filled,
 * or it has worked for some seconds. */
function isTaken({ at, orders }: DeskContext, positionId: string): boolean {
  const heard = orders.newestClose(positionId, ({ status, brokerOrderId }) => {
    return status === 'rejected' || brokerOrderId !== undefined;
  });
  if (heard === undefined || heard.status === 'rejected') return false;
  const { fills, workingSince } = heard;
  const worked = workingSince === undefined ? 0 : at.wall - workingSince.wall;
  return fills.length > 0 || worked >= TAKEN_AFTER_MICROS;
}

/** Ends what was told of refused closes once one of their position is taken: a row of refusals is one
 * incident, and the next one after it, of the other side or the next unit, calls somebody again. Called on the
 * clock. */
export function endRefused(desk: DeskContext): void {
  for (const { code, subject = '' } of desk.out.ofPositions) {
    if (code !== REJECTED || !isTaken(desk, subject)) continue;
    desk.out.settlePosition([REJECTED], subject, `the broker takes closes of ${subject} again`);
  }
}

const PAST_EXPIRING =
  'takes no order in what expires today at this hour: ask its trade desk to close it or not to exercise it, or hedge what it may become';
const PAST_HOURS =
  'works no such order at this hour: close it there by hand where it cannot wait, or hedge it';

function expiresToday({ day }: DeskContext, legs: readonly OrderLeg[]): boolean {
  return legs.some(({ instrument: each }) => {
    return each.kind === 'option' && each.expiry === day.session.date;
  });
}

function outlook(desk: DeskContext, order: OrderRecord): string {
  const { intent, refusal } = order;
  const { name } = desk.gateway.capabilities;
  const { legs, positionId } = intent;
  const from = mayCloseFrom(desk, positionId);
  const again = addMicros(desk.at.market, Math.max(0, from - desk.at.wall));
  const isByTrader = isAsked(order);
  if (isByTrader && !isStillAsked(desk, order)) return 'It was called off: nothing asks again';
  const until = isByTrader ? ` (cancel_order ${intent.intentId} ends that)` : '';
  const asked = `It is asked again at ${newYorkText(again)}${until}`;
  switch (refusal) {
    case 'hours':
      return `${name} ${expiresToday(desk, legs) ? PAST_EXPIRING : PAST_HOURS}. ${asked}, then more rarely`;
    case 'account':
      return `The account may not send it: have ${name} lift that, or close it there by hand. ${asked}, then more rarely`;
    case 'combination':
      return isTakenApart(desk, positionId)
        ? 'Its legs are closed one at a time now, shorts first'
        : asked;
    case 'unsent':
      return `Nothing reached the broker. ${asked}`;
    case undefined:
      return `${asked}, and on: look at the account where it stays so`;
  }
}
