/** Cards for what is not one order: flattening everything, and cancelling an order that protects. */

import { instrumentSymbol, multiplierOf } from '../../engine/domain/instrument.ts';
import type { OrderIntent, OrderPurpose } from '../../engine/domain/order.ts';
import { amountCents, cents, dollarsFromPrice, price } from '../../engine/domain/units.ts';
import { deny, type Outcome } from '../../engine/domain/verdict.ts';
import type { StructurePosition } from '../../engine/portfolio/portfolio-book.ts';
import { haveExpired, isOpen } from '../account/held-position.ts';
import { feesOf } from '../account/opening-payoff.ts';
import type { DeskContext } from '../desk-context.ts';
import { spotOf } from '../desk-context.ts';
import type { TradeCard } from '../engine-api.ts';
import { grantToken } from '../previews/granting.ts';
import type { PreviewAnswer, PreviewTurn } from '../previews/preview-shelf.ts';
import { unexplainedNow } from '../reconciling/unexplained.ts';
import { standInsOf } from './asked-closes.ts';
import {
  type Closing,
  closingIntent,
  closingIntentOf,
  freeLegs,
  isAllOrdered,
  isOfOtherTicker,
} from './closing.ts';
import { LEFT_TO_EXPIRE } from './flattening.ts';
import { namesOf, staysFor } from './long-cover.ts';
import type { OrderRecord } from './order-book.ts';
import { filledUnits, isFinal } from './order-book.ts';
import { legViews } from './order-views.ts';
import { refusedFor } from './refused-closes.ts';

interface CardParts {
  readonly purpose: TradeCard['purpose'];
  readonly strategy: string;
  /** As they work now. */
  readonly intents: readonly OrderIntent[];
  readonly reasons: readonly string[];
  readonly warnings: readonly string[];
}

function card(desk: DeskContext, previewId: string, parts: CardParts): TradeCard {
  let net = 0;
  let worst = 0;
  let fees = 0;
  for (const intent of parts.intents) {
    const first = intent.legs[0];
    const multiplier = first === undefined ? 1 : multiplierOf(first.instrument);
    net += amountCents(intent.limit, intent.quantity, multiplier);
    worst += amountCents(intent.worst, intent.quantity, multiplier);
    fees += feesOf(desk, intent);
  }
  const spot = spotOf(desk);
  const only = parts.intents.length === 1 ? parts.intents[0] : undefined;
  const limitPrice = only === undefined ? 0 : dollarsFromPrice(only.limit);
  return {
    confirmToken: '',
    expiresInSeconds: desk.config.limits.confirmationTimeoutSeconds,
    previewId,
    purpose: parts.purpose,
    strategy: parts.strategy,
    underlying: desk.config.underlying,
    spot: spot === undefined ? null : spot / 10_000,
    legs: parts.intents.flatMap((intent) => legViews(desk, intent.legs, intent.quantity)),
    quantity: parts.intents.length,
    netCents: net,
    feesCents: fees,
    maxLossCents: 0,
    maxProfitCents: 0,
    marginCents: 0,
    assignmentCostCents: 0,
    limitPrice,
    worstPrice: only === undefined ? 0 : dollarsFromPrice(only.worst),
    expectedFill: { price: limitPrice, mid: limitPrice, natural: limitPrice },
    breakevens: [],
    probabilityOfProfit: null,
    greeks: null,
    exitPlan: null,
    checks: [],
    reasons: parts.reasons,
    warnings: parts.warnings,
    figures: {
      orders: parts.intents.length,
      positions: positionsOf(parts.intents),
      worstNetCents: worst,
    },
    dryRun: null,
  };
}

function positionsOf(intents: readonly OrderIntent[]): number {
  return new Set(intents.map(({ positionId }) => positionId)).size;
}

/** What is left of a live order, at the limit that it has been walked to. */
function asItWorks(order: OrderRecord): OrderIntent {
  const { intent, limit } = order;
  const quantity = intent.quantity - filledUnits(order);
  return { ...intent, quantity, limit, worst: price(Math.min(intent.worst, limit)) };
}

const DOES: Readonly<Record<OrderPurpose, string>> = {
  open: 'opens',
  close: 'closes',
  exit: 'closes',
  flatten: 'closes',
  protective: 'guards',
};

/** What a flatten does for a position that orders close already. */
function whileClosing(working: readonly OrderRecord[]): string {
  const open = working.find(({ status }) => status === 'unknown');
  return open === undefined
    ? 'a live order closes it already; it is only hurried'
    : `what became of ${open.intent.intentId}, which closes it, is not proven: nothing else is sent for it until it is`;
}

/** How the position is closed; a long that covers shorts beside it, once those have been bought back. */
function flattenIntent(
  desk: DeskContext,
  position: StructurePosition,
  principal: string,
): Outcome<Closing> {
  const request = { purpose: 'flatten', urgency: 'urgent', principal } as const;
  const shorts = freeLegs(desk, position).length === 0 ? staysFor(desk, position) : [];
  if (shorts.length === 0) {
    return closingIntent(desk, position, { ...request, part: 'whole', units: undefined });
  }
  const closing = closingIntentOf(desk, position, position.legs, request);
  if ('denied' in closing) return closing;
  const waits = `${position.positionId}: it covers ${namesOf(shorts)} and is sold once that is bought back`;
  return { ...closing, notes: [waits] };
}

/** How one position is closed: by the orders that close it already and one for what they leave. */
interface Way {
  /** What the token stands for. */
  readonly intents: readonly OrderIntent[];
  readonly shown: readonly OrderIntent[];
  readonly warnings: readonly string[];
  /** No order can be made for what is free of it: the warning says why. */
  readonly isRefused?: true;
}

function wayOutOf(desk: DeskContext, position: StructurePosition, principal: string): Way {
  const { positionId } = position;
  const working = desk.orders.closing(positionId);
  const begun = {
    intents: working.map(({ intent }) => intent),
    shown: working.map(asItWorks).filter(({ quantity }) => quantity > 0),
  };
  const free = freeLegs(desk, position);
  if (isAllOrdered(desk, position, free)) {
    const left = free.map(({ instrument }) => `${instrumentSymbol(instrument)}: ${LEFT_TO_EXPIRE}`);
    return { ...begun, warnings: [`${positionId}: ${whileClosing(working)}`, ...left] };
  }
  const closing = flattenIntent(desk, position, principal);
  if ('denied' in closing) {
    return { ...begun, warnings: [`${positionId}: ${closing.denied.message}`], isRefused: true };
  }
  const { intent, notes } = closing;
  const refused = refusedFor(desk, positionId);
  return {
    intents: [...begun.intents, intent],
    shown: [...begun.shown, intent],
    warnings: [...notes, ...(refused === undefined ? [] : [`${positionId}: ${refused}`])],
  };
}

const GOES_ON = 'what cannot be closed now is asked for again by itself until it is closed';
const NOT_BEGUN =
  'no flatten was begun: ask again then, or give `deltaring flatten` at the console, which begins one that goes on by itself';

/** Why there is nothing to give a token for. */
function nothingToClose(
  desk: DeskContext,
  held: readonly StructurePosition[],
  warnings: readonly string[],
): PreviewAnswer {
  const numbers = { unclosable: warnings.length };
  if (held.length === 0 && warnings.length > 0) {
    const message = `this book holds nothing, and nothing that opens is working; but ${warnings.join('; ')}`;
    return { ...deny('nothing_to_close', message, numbers), checks: [] };
  }
  if (held.length === 0) {
    const flat = 'nothing is open and nothing that opens is working: already flat';
    return { ...deny('nothing_to_close', flat, numbers), checks: [] };
  }
  const canClose = held.some(({ legs }) => {
    const isOfOthers = legs.some(({ instrument }) => isOfOtherTicker(desk, instrument));
    return !isOfOthers && !haveExpired(desk, legs);
  });
  const why = [...warnings, ...(canClose ? [NOT_BEGUN] : [])].join('; ');
  const message = `nothing of what is open can be closed now: ${why}`;
  return { ...deny('nothing_to_close', message, numbers), checks: [] };
}

/** What the account holds besides, or that nobody knows. */
function unexplainedWords(desk: DeskContext): readonly string[] {
  return unexplainedNow(desk).map(({ positionId, reason }) => `${positionId}: ${reason}`);
}

/** Previews closing everything that is held and cancelling everything that opens. */
export function flattenCard(desk: DeskContext, turn: PreviewTurn): PreviewAnswer {
  const { shelf, caller, tokenSha256 } = turn;
  const held = desk.book.structures().filter(isOpen);
  const openings = desk.orders.live().filter((order) => order.intent.purpose === 'open');
  const ways = held.map((position) => wayOutOf(desk, position, caller.principal));
  const closable = ways.flatMap(({ intents }) => intents);
  const shown = ways.flatMap((way) => way.shown);
  const warnings = [...ways.flatMap((way) => way.warnings), ...unexplainedWords(desk)];
  const first = closable[0] ?? openings[0]?.intent;
  if (first === undefined) return nothingToClose(desk, held, warnings);
  const goesOn = ways.some(({ isRefused }) => isRefused) ? [GOES_ON] : [];
  const reasons = [
    `closes ${positionsOf(shown)} position(s), cancels ${openings.length} opening order(s)`,
  ];
  const parts = {
    purpose: 'flatten' as const,
    strategy: 'flatten_all',
    intents: shown,
    reasons,
    warnings: [...warnings, ...goesOn],
  };
  const made = card(desk, shelf.nextId(desk.day.session.date), parts);
  const intents = closable.length > 0 ? closable : [first];
  const { principal } = caller;
  grantToken(desk, shelf, { tokenSha256, principal, card: made, intents, checks: [] });
  return { value: made };
}

/** What becomes of the position once the order is cancelled: nobody's cancel of one order ends a flatten. */
function afterCancel(
  { day }: DeskContext,
  order: OrderRecord,
): Pick<CardParts, 'reasons' | 'warnings'> {
  const { intentId, purpose, positionId } = order.intent;
  const isFlattened = day.flattening.has(positionId);
  const asked = `ends what order ${intentId} asked for`;
  const cancels = `cancels order ${intentId}, which ${DOES[purpose]} ${positionId}`;
  const stays = isFlattened ? asked : `${asked}: ${positionId} stays open`;
  return {
    reasons: [isFinal(order) ? stays : cancels],
    warnings: [
      isFlattened
        ? `${positionId} is being flattened, and this cancel does not end that: another order follows at once`
        : 'after this cancel the position is only closed again by its exit plan',
    ],
  };
}

/** Previews cancelling an order that closes or protects: it takes a token. */
export function previewCancel(
  desk: DeskContext,
  turn: PreviewTurn,
  order: OrderRecord,
): PreviewAnswer {
  const { shelf, caller, tokenSha256 } = turn;
  const { intent } = order;
  const standIns = standInsOf(desk, order).map((other) => other.intent.intentId);
  const { reasons, warnings } = afterCancel(desk, order);
  const made = card(desk, shelf.nextId(desk.day.session.date), {
    purpose: 'cancel',
    strategy: intent.strategy,
    intents: [],
    reasons: [
      ...reasons,
      ...standIns.map((id) => `cancels order ${id}, by which the engine goes on with that`),
    ],
    warnings,
  });
  const withFees = {
    ...made,
    figures: { orderId: intent.intentId, positionId: intent.positionId },
    feesCents: cents(0),
    legs: legViews(desk, intent.legs, asItWorks(order).quantity),
  };
  const { principal } = caller;
  grantToken(desk, shelf, {
    tokenSha256,
    principal,
    card: withFees,
    intents: [intent],
    checks: [],
    cancels: intent.intentId,
  });
  return { value: withFees };
}
