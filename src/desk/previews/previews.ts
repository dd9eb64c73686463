/** Previews: a strategy's proposal or a close, judged, priced and bound to a token. */

import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { NetPrices } from '../../engine/domain/net-price.ts';
import { netPrices } from '../../engine/domain/net-price.ts';
import type { OrderIntent } from '../../engine/domain/order.ts';
import type { Outcome } from '../../engine/domain/verdict.ts';
import { deny } from '../../engine/domain/verdict.ts';
import type { StructurePosition } from '../../engine/portfolio/portfolio-book.ts';
import type { Proposal } from '../../strategies/strategy.ts';
import { lossOfBothSides } from '../account/opening-payoff.ts';
import { exitSettingsOf } from '../desk-config.ts';
import type { DeskContext } from '../desk-context.ts';
import { quoteOf } from '../desk-context.ts';
import type { Caller, TradeCard } from '../engine-api.ts';
import type { StrategyRequest } from '../engine-api-requests.ts';
import { closingIntent } from '../orders/closing.ts';
import { ownPriceOf } from '../orders/closing-floor.ts';
import { fillingFor } from '../session/chain-filling.ts';
import { driftSnapshot } from './drift-snapshot.ts';
import { askDryRun, wantsDryRun } from './dry-runs.ts';
import { grantToken } from './granting.ts';
import type { Judgement } from './judging.ts';
import { judgeIntent } from './judging.ts';
import { withFees } from './planned-loss.ts';
import type { PreviewAnswer, PreviewTurn, RefusedPreview } from './preview-shelf.ts';
import { propose } from './proposals.ts';
import { tradeCard } from './trade-card.ts';
import { withoutOrder } from './without-order.ts';

/** An order to be previewed, with what its card says besides. */
export interface Draft {
  readonly intent: OrderIntent;
  readonly net: NetPrices;
  readonly purpose: TradeCard['purpose'];
  readonly reasons: readonly string[];
  readonly warnings: readonly string[];
  readonly figures: TradeCard['figures'];
  /** The working order that this one takes the place of. */
  readonly replaces?: string;
  /** It closes all of its position, whatever of it other orders close. */
  readonly closesAll?: boolean;
}

/** Records a refusal and hands it back. */
export function refuse(
  desk: DeskContext,
  caller: Caller,
  strategy: string,
  refused: RefusedPreview,
): RefusedPreview {
  const { denied, checks } = refused;
  const { principal } = caller;
  desk.out.append({ kind: 'previewRefused', principal, strategy, denial: denied, checks });
  return refused;
}

/** Judges a drafted order and, where it passes, binds it to the token. */
export function finishPreview(desk: DeskContext, turn: PreviewTurn, draft: Draft): PreviewAnswer {
  const { shelf, caller, tokenSha256 } = turn;
  const { intent, replaces, closesAll } = draft;
  const asJudged = withoutOrder(desk, replaces);
  const { openUpToCents } = caller;
  const dryRun = wantsDryRun(desk, intent) ? 'asked' : undefined;
  const judgement = judgeIntent(asJudged, intent, { openUpToCents, dryRun });
  const { verdict } = judgement;
  if (verdict.denial !== undefined) {
    const refused = { denied: verdict.denial, checks: verdict.checks };
    return refuse(desk, caller, intent.strategy, refused);
  }
  const previewId = shelf.nextId(desk.day.session.date);
  const card = tradeCard(
    desk,
    { intent, judgement, net: draft.net },
    {
      previewId,
      purpose: draft.purpose,
      strategy: intent.strategy,
      reasons: draft.reasons,
      warnings: draft.purpose === 'open' ? openingWarnings(intent, judgement) : draft.warnings,
      figures: draft.figures,
    },
  );
  const previewed = intent.purpose === 'open' ? driftSnapshot(desk, intent, draft.net) : undefined;
  const { principal } = caller;
  const checks = verdict.checks;
  const terms = { tokenSha256, principal, checks, previewed, replaces, closesAll };
  const grant = { ...terms, card, intents: [intent] };
  grantToken(desk, shelf, grant);
  askDryRun(desk, intent);
  return { value: card };
}

/** What a card warns of beside its numbers. */
function openingWarnings(intent: OrderIntent, judgement: Judgement): readonly string[] {
  const isOfStops = lossOfBothSides(intent) === judgement.payoff.maxLossCents;
  const ofStops =
    'the worst case is that of both sides stopped one after the other, which is more than it can lose at expiry';
  return [...(isOfStops ? [ofStops] : []), ...bareWarnings(judgement)];
}

/** Warns when the bare worst case of all that is open, working and new is more than what the day's
 * loss limit leaves, as the check of that limit reckoned them. */
function bareWarnings({ verdict }: Judgement): readonly string[] {
  const { numbers = {} } = verdict.checks.find(({ code }) => code === 'daily_loss') ?? {};
  if (numbers['bareWorstCaseExceedsRoom'] !== true) return [];
  const [worst, room] = ['bareWorstCaseCents', 'roomCents'].map((name) => {
    return (Number(numbers[name]) / 100).toFixed(2);
  });
  return [
    `the bare worst case of $${worst} of everything open, working and new exceeds the $${room} that the daily loss limit leaves; only the planned stops keep it inside`,
  ];
}

/** Runs a strategy on the chain as it stands and makes its proposal a preview. */
export function previewStrategy(
  desk: DeskContext,
  turn: PreviewTurn,
  request: StrategyRequest,
): PreviewAnswer {
  return previewOpening(desk, turn, request.strategy, () => propose(desk, request));
}

/** Makes what is proposed a preview: whatever opens goes through here. */
export function previewOpening(
  desk: DeskContext,
  turn: PreviewTurn,
  strategy: string,
  proposed: () => Outcome<Proposal>,
): PreviewAnswer {
  const { caller } = turn;
  if (desk.day.killed) {
    const message = 'the kill switch is engaged; it is released at the operator console only';
    const refused = deny('killed', message, { reason: desk.day.killReason ?? '' });
    return refuse(desk, caller, strategy, { ...refused, checks: [] });
  }
  const proposal = fillingFor(desk, strategy) ?? proposed();
  if ('denied' in proposal) {
    return refuse(desk, caller, strategy, { denied: proposal.denied, checks: [] });
  }
  const intentId = desk.orders.nextIntentId(desk.day.session.date);
  const intent: OrderIntent = {
    intentId,
    purpose: 'open',
    strategy: proposal.strategy,
    positionId: intentId,
    legs: proposal.legs,
    quantity: proposal.quantity,
    limit: proposal.limit,
    worst: proposal.worst,
    exitPlan: withFees(desk, proposal, proposal.exitPlan),
    ...(proposal.breakoutKey === undefined ? {} : { breakoutKey: proposal.breakoutKey }),
    principal: caller.principal,
  };
  const net = netPrices(intent.legs, (symbol) => quoteOf(desk, symbol));
  if ('missing' in net) {
    const refused = deny('leg_market_missing', `${net.missing} has no ${net.side}; try again`, {
      symbol: net.missing,
      side: net.side,
    });
    return refuse(desk, caller, strategy, { ...refused, checks: [] });
  }
  return finishPreview(desk, turn, {
    intent,
    net,
    purpose: 'open',
    reasons: proposal.reasons,
    warnings: [],
    figures: proposal.figures,
  });
}

/** A held position by its id, or by the id of an order that opened or works on it. */
export function findPosition(desk: DeskContext, target: string): StructurePosition | undefined {
  return (
    desk.book.structure(target) ??
    desk.book.structure(desk.orders.get(target)?.intent.positionId ?? '')
  );
}

/** What other orders close of a position already, of which all is asked for. */
function besideNotes(desk: DeskContext, positionId: string): readonly string[] {
  return desk.orders.closing(positionId).map(({ intent, exitReason }) => {
    const symbols = intent.legs.map((leg) => instrumentSymbol(leg.instrument)).join(', ');
    const own = ownPriceOf(exitReason);
    const how = own === undefined ? 'and goes on' : `${own}, and with this close at what it costs`;
    return `order ${intent.intentId} closes ${symbols} already, ${how}; what that covers is closed once it has filled`;
  });
}

/** Orders that close other legs of a position already, of which some units are asked for. */
function elsewhereNotes(desk: DeskContext, { positionId, legs }: OrderIntent): readonly string[] {
  const taken = new Set(legs.map(({ instrument }) => instrumentSymbol(instrument)));
  return desk.orders.closing(positionId).flatMap(({ intent }) => {
    const symbols = intent.legs.map((leg) => instrumentSymbol(leg.instrument));
    if (symbols.some((symbol) => taken.has(symbol))) return [];
    return [`order ${intent.intentId} closes ${symbols.join(', ')} already and goes on`];
  });
}

/** Previews closing some or all of a position. */
export function previewClose(
  desk: DeskContext,
  turn: PreviewTurn,
  asked: { readonly target: string; readonly quantity: number | undefined },
): PreviewAnswer {
  const { caller } = turn;
  const position = findPosition(desk, asked.target);
  const open = desk.book.structures().map((p) => p.positionId);
  if (position === undefined) {
    const message = `no open position "${asked.target}"; open are: ${open.join(', ') || 'none'}`;
    const refused = deny('nothing_to_close', message, { target: asked.target });
    return refuse(desk, caller, 'close', { ...refused, checks: [] });
  }
  const closing = closingIntent(desk, position, {
    purpose: 'close',
    part: 'whole',
    units: asked.quantity,
    urgency: exitSettingsOf(desk.config).exitLadder,
    principal: caller.principal,
  });
  if ('denied' in closing) return refuse(desk, caller, 'close', { ...closing, checks: [] });
  const closesAll = asked.quantity === undefined;
  const beside = closesAll
    ? besideNotes(desk, position.positionId)
    : elsewhereNotes(desk, closing.intent);
  return finishPreview(desk, turn, {
    intent: closing.intent,
    net: closing.net,
    purpose: 'close',
    reasons: [
      `closes ${asked.quantity ?? 'all'} of ${position.quantity} units of ${position.positionId}`,
    ],
    warnings: [...closing.notes, ...beside],
    figures: {
      positionId: position.positionId,
      units: asked.quantity ?? position.quantity,
      entryNet: position.entryNet / 10_000,
    },
    closesAll,
  });
}
