/**
 * Orders by hand: any one to four legs of today's chain, on the same road as every strategy. What
 * opens is priced, given an exit plan and judged by the whole gate; what closes is built from what is
 * held and worked by the ladder.
 */
import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import { netPrices } from '../../engine/domain/net-price.ts';
import type { Price } from '../../engine/domain/units.ts';
import { dollarsFromPrice, priceFromDollars } from '../../engine/domain/units.ts';
import { type Denial, deny, type Outcome } from '../../engine/domain/verdict.ts';
import type { StructurePosition } from '../../engine/portfolio/portfolio-book.ts';
import type { Proposal } from '../../strategies/strategy.ts';
import { exitSettingsOf } from '../desk-config.ts';
import type { DeskContext } from '../desk-context.ts';
import { quoteOf, sliceOf, spotNow } from '../desk-context.ts';
import type { OrderRequest } from '../engine-api-requests.ts';
import type { HeldLeg } from '../exits/open-position.ts';
import { areFree, asHeld, closingIntentOf } from '../orders/closing.ts';
import { coverDenial, uncovers } from '../orders/long-cover.ts';
import { brokenAtEntry, manualExit } from './manual-exit.ts';
import { type ReadOrder, readOrder } from './manual-legs.ts';
import { workedPrices } from './manual-prices.ts';
import type { PreviewAnswer, PreviewTurn } from './preview-shelf.ts';
import { finishPreview, previewOpening, refuse } from './previews.ts';

export const BY_HAND = 'place_order';

function pricesFrom(request: OrderRequest): Outcome<{
  readonly limit: Price | undefined;
  readonly stopLoss: Price | undefined;
  readonly takeProfit: Price | undefined;
}> {
  const named = {
    limit_price: request.limit,
    stop_loss: request.stopLoss,
    take_profit: request.takeProfit,
  };
  for (const [argument, value] of Object.entries(named)) {
    const isPositive = argument === 'limit_price' || value === undefined || value > 0;
    if (
      value === undefined ||
      (Number.isFinite(value) && Math.abs(value) < 100_000 && isPositive)
    ) {
      continue;
    }
    const message = `${argument} is a price in dollars per share${argument === 'limit_price' ? ', credit positive' : ', above 0'}`;
    return deny('argument_invalid', message, { argument });
  }
  const priceOf = (value: number | undefined) =>
    value === undefined ? undefined : priceFromDollars(value);
  return {
    limit: priceOf(request.limit),
    stopLoss: priceOf(request.stopLoss),
    takeProfit: priceOf(request.takeProfit),
  };
}

/** What an order by hand proposes, as a strategy would. */
function proposeByHand(
  desk: DeskContext,
  order: ReadOrder,
  request: OrderRequest,
): Outcome<Proposal> {
  const { legs, quantity } = order;
  if (sliceOf(desk) === undefined || !desk.day.chainOpen) {
    const message =
      'there is no open 0DTE chain now; market_status says when the next session opens';
    return deny('session_window', message, { session: desk.day.session.date });
  }
  const prices = pricesFrom(request);
  if ('denied' in prices) return prices;
  const unlisted = legs.find(
    ({ instrument }) => desk.chain.indexOf(instrumentSymbol(instrument)) === undefined,
  );
  if (unlisted !== undefined) {
    const symbol = instrumentSymbol(unlisted.instrument);
    const message = `${symbol} is not in today's chain; get_option_chain with fields=symbol names what is`;
    return deny('instrument_not_allowed', message, { symbol });
  }
  const net = netPrices(legs, (symbol) => quoteOf(desk, symbol));
  if ('missing' in net) {
    return deny('leg_market_missing', `${net.missing} has no ${net.side}; try again`, {
      symbol: net.missing,
      side: net.side,
    });
  }
  const { limit, worst } = workedPrices(legs, { net, spot: spotNow(desk) }, prices.limit);
  const { stopLoss, takeProfit } = prices;
  const timeExitAt = desk.day.schedule.flattenStartAt;
  const exit = manualExit({ legs, quantity, net: limit, worst, timeExitAt, stopLoss, takeProfit });
  if ('denied' in exit) return exit;
  const { exitPlan } = exit;
  const broken = brokenAtEntry({ legs, net: limit }, exitPlan.stop, net, 'give');
  if (broken !== undefined) return { denied: broken };
  return {
    strategy: BY_HAND,
    legs,
    quantity,
    limit,
    natural: net.natural,
    worst,
    exitPlan,
    reasons: ['The legs were chosen by hand; the limits are those of every order.'],
    figures: {
      mid: dollarsFromPrice(net.mid),
      natural: dollarsFromPrice(net.natural),
      timeInForce: 'day',
    },
  };
}

/** Refuses a close that would leave more risk than there was: a long leg that covers a short. */
function bareAfter(position: StructurePosition, taken: readonly HeldLeg[]): Denial | undefined {
  if (!uncovers(position.legs, taken)) return undefined;
  const message = `this would sell a leg that covers another of ${position.positionId}: close the short with it, or use close_position`;
  return deny('undefined_risk', message, { positionId: position.positionId }).denied;
}

/** Refuses to sell a long of a structure that this engine did not open while it covers another of those. */
function coversBeside(desk: DeskContext, taken: readonly HeldLeg[]): Denial | undefined {
  const sold = new Set(
    taken.filter(({ quantity }) => quantity > 0).map((leg) => instrumentSymbol(leg.instrument)),
  );
  for (const position of desk.book.structures()) {
    const isAsked = position.legs.some((leg) => sold.has(instrumentSymbol(leg.instrument)));
    const denied = isAsked ? coverDenial(desk, position) : undefined;
    if (denied !== undefined) return denied;
  }
  return undefined;
}

function previewClosing(desk: DeskContext, turn: PreviewTurn, order: ReadOrder): PreviewAnswer {
  const refused = (denied: Denial) => refuse(desk, turn.caller, BY_HAND, { denied, checks: [] });
  const taken = asHeld(order);
  const position = desk.book.structures().find((each) => areFree(desk, each, taken));
  if (position === undefined) {
    const covers = coversBeside(desk, taken);
    if (covers !== undefined) return refused(covers);
    const held = desk.book
      .structures()
      .flatMap(({ positionId, legs }) =>
        legs.map((leg) => `${leg.quantity} ${instrumentSymbol(leg.instrument)} in ${positionId}`),
      );
    const message = `no one position holds these legs free to close; held are: ${held.join(', ') || 'none'}`;
    return refused(deny('nothing_to_close', message).denied);
  }
  const bare = bareAfter(position, taken);
  if (bare !== undefined) return refused(bare);
  const closing = closingIntentOf(desk, position, taken, {
    purpose: 'close',
    urgency: exitSettingsOf(desk.config).exitLadder,
    principal: turn.caller.principal,
  });
  if ('denied' in closing) return refused(closing.denied);
  return finishPreview(desk, turn, {
    intent: closing.intent,
    net: closing.net,
    purpose: 'close',
    reasons: [`closes legs of ${position.positionId} as asked for`],
    warnings: closing.notes,
    figures: { positionId: position.positionId, entryNet: dollarsFromPrice(position.entryNet) },
  });
}

/** Previews an order by hand. */
export function previewOrder(
  desk: DeskContext,
  turn: PreviewTurn,
  request: OrderRequest,
): PreviewAnswer {
  const order = readOrder(request, desk.config.underlying);
  if ('denied' in order) return refuse(desk, turn.caller, BY_HAND, { ...order, checks: [] });
  if (order.opens) {
    return previewOpening(desk, turn, BY_HAND, () => proposeByHand(desk, order, request));
  }
  const { limit, stopLoss, takeProfit } = request;
  if (limit === undefined && stopLoss === undefined && takeProfit === undefined) {
    return previewClosing(desk, turn, order);
  }
  const message =
    'a close is worked to the market by the ladder until it is out: leave limit_price, stop_loss and take_profit away';
  return refuse(desk, turn.caller, BY_HAND, { ...deny('unsupported', message), checks: [] });
}
