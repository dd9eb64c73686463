/** Whether a resting order meets the displayed market, and at which prices. Pure. */

import { gridOf, instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { OrderLeg } from '../../engine/domain/order.ts';
import { legSign } from '../../engine/domain/order.ts';
import type { TickGrid } from '../../engine/domain/tick-grid.ts';
import { tickAt } from '../../engine/domain/tick-grid.ts';
import type { Price } from '../../engine/domain/units.ts';
import { price } from '../../engine/domain/units.ts';
import type { PaperKnobs } from './paper-knobs.ts';
import type { Displayed } from './quote-tape.ts';

export interface MatchInput {
  readonly legs: readonly OrderLeg[];
  /** Signed net per share: credit positive. No execution is worse. */
  readonly limit: Price;
  /** Units still wanted. */
  readonly units: number;
  readonly displayed: (symbol: string) => Displayed | undefined;
  readonly knobs: PaperKnobs;
  /** A number in [0, 1) for a name. */
  readonly luck: (name: string) => number;
}

/** An execution: whole units, every leg in its ratio, a price per share for each leg. */
export interface Match {
  readonly units: number;
  readonly prices: readonly Price[];
}

interface LegMarket {
  readonly sign: 1 | -1;
  readonly ratio: number;
  /** The side it trades on: the ask to buy, the bid to sell. */
  readonly natural: number;
  /** The step in which its price moves: the order's own. */
  readonly tick: number;
  /** From there to the other side. */
  readonly room: number;
  readonly units: number;
}

/** The order's execution on the market as it stands; undefined when it rests on. */
export function matchOrder(input: MatchInput): Match | undefined {
  const markets = legMarkets(input);
  if (markets === undefined) return undefined;
  const available = Math.min(input.units, ...markets.map((market) => market.units));
  if (available < 1) return undefined;
  const prices = pricesOf(input, markets);
  return prices === undefined ? undefined : { units: part(input, available), prices };
}

function legMarkets(input: MatchInput): readonly LegMarket[] | undefined {
  const markets: LegMarket[] = [];
  const grid = gridOf(input.legs);
  for (const leg of input.legs) {
    const market = legMarket(leg, input.displayed(instrumentSymbol(leg.instrument)), grid);
    if (market === undefined) return undefined;
    markets.push(market);
  }
  return markets;
}

/** A leg to buy needs an ask, a leg to sell a bid; a crossed market is no market. */
function legMarket(
  leg: OrderLeg,
  shown: Displayed | undefined,
  grid: TickGrid,
): LegMarket | undefined {
  if (shown === undefined) return undefined;
  const { bid, ask } = shown.quote;
  const sign = legSign(leg.action);
  const natural = sign > 0 ? ask : bid;
  if (natural === undefined || natural <= 0) return undefined;
  const room = (ask ?? natural) - (bid ?? 0);
  if (room < 0) return undefined;
  const size = sign > 0 ? shown.askLeft : shown.bidLeft;
  const tick = tickAt(grid, natural);
  return { sign, ratio: leg.ratio, natural, tick, room, units: Math.floor(size / leg.ratio) };
}

function netOf(markets: readonly LegMarket[]): number {
  return markets.reduce((net, leg) => net - leg.sign * leg.ratio * leg.natural, 0);
}

function pricesOf(input: MatchInput, markets: readonly LegMarket[]): readonly Price[] | undefined {
  const spare = netOf(markets) - input.limit;
  if (spare >= 0) return slipped(input, markets, spare);
  const reach = markets.reduce((sum, leg) => sum + (leg.ratio * leg.room) / 2, 0);
  if (-spare >= reach) return undefined;
  const { passiveFillProbability } = input.knobs;
  const chance = (passiveFillProbability / markets.length) * (1 + spare / reach);
  return input.luck('passive') < chance ? improved(markets, -spare) : undefined;
}

/** Natural prices, some of them a tick worse, as long as the limit is kept. */
function slipped(input: MatchInput, markets: readonly LegMarket[], spare: number): Price[] {
  let left = spare;
  return markets.map(({ sign, ratio, natural, tick }, index) => {
    const slips = input.luck(`slip-${index}`) < input.knobs.slipProbabilityPerLeg;
    const isPossible = left >= tick * ratio && natural + sign * tick > 0;
    if (!slips || !isPossible) return price(natural);
    left -= tick * ratio;
    return price(natural + sign * tick);
  });
}

/** Prices inside the spreads whose net is better than natural by `gap` or a little more, in whole
 * ticks a leg and above nothing; undefined where whole ticks do not reach that far. */
function improved(markets: readonly LegMarket[], gap: number): Price[] | undefined {
  let left = gap;
  const prices = markets.map(({ sign, ratio, natural, room, tick }) => {
    const most = Math.floor((sign > 0 ? Math.min(room, natural - tick) : room) / tick);
    const ticks = Math.max(0, Math.min(Math.ceil(left / (tick * ratio)), most));
    left -= ticks * tick * ratio;
    return price(natural - sign * ticks * tick);
  });
  return left <= 0 ? prices : undefined;
}

function part({ knobs, luck }: MatchInput, available: number): number {
  if (available === 1 || luck('partial') >= knobs.partialFillProbability) return available;
  return 1 + Math.floor(luck('part') * (available - 1));
}
