/** The limits that are counts and sums, held against an opening with arithmetic of its own: contracts, units,
 * orders at once, in a minute and in a day, the lotto's premium, interest on the other side, losses. */

import type { At } from '../../engine/domain/clock.ts';
import type { Instrument } from '../../engine/domain/instrument.ts';
import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import type { Fill, OrderIntent } from '../../engine/domain/order.ts';
import { isOpening, legSign } from '../../engine/domain/order.ts';
import { MICROS_PER_MILLI, MICROS_PER_MINUTE } from '../../engine/domain/units.ts';
import type { Limits } from '../../risk/limits.ts';
import type { LiveOrder } from './live-orders.ts';
import { legLeft } from './live-orders.ts';

/** Contracts by symbol, signed, by position. */
export type Held = ReadonlyMap<
  string,
  ReadonlyMap<string, { readonly instrument: Instrument; readonly quantity: number }>
>;

/** What stands beside an opening, and the limits of the moment. */
export interface Beside {
  readonly limits: Limits;
  readonly held: Held;
  readonly live: readonly LiveOrder[];
}

interface Recorded {
  wall: number;
  readonly intent: OrderIntent;
}

/** What the executions of a position's own orders came to, with what others had closed of it before it was told. */
interface Trade {
  readonly opening: OrderIntent;
  cashCents: number;
  /** Contracts by symbol that they opened and did not close. What is held may count under another position's
   * name once others closed some of a contract that both hold. */
  readonly left: Map<string, number>;
  /** Of the last execution; 0 where a run before this one heard it. */
  wall: number;
}

const LOTTO = 'lotto_play_5_delta';
const DAY_MICROS = 24 * 60 * MICROS_PER_MINUTE;

export class CountCaps {
  #recorded: Recorded[] = [];
  #trades = new Map<string, Trade>();
  /** Positions that others or a settlement had a hand in: what they came to is not reckoned here. */
  readonly #ofOthers = new Set<string>();
  /** Positions that count as one with others of another strategy: their units are of neither. */
  readonly #mixed = new Set<string>();
  #lottoCents = 0;
  #heard = 0;

  /** The time by the machine's clock. Where that is set back, what was before stays as old as it was. */
  hear(wall: number): void {
    const by = Math.min(0, wall - this.#heard);
    this.#heard = wall;
    if (by === 0) return;
    for (const order of this.#recorded) order.wall += by;
    for (const trade of this.#trades.values()) trade.wall += by;
  }

  /** Every order counts from its record on. */
  onIntent(intent: OrderIntent, wall: number): void {
    this.#recorded.push({ wall, intent });
    if (intent.purpose !== 'open' || this.#trades.has(intent.positionId)) return;
    this.#trades.set(intent.positionId, {
      opening: intent,
      cashCents: 0,
      left: new Map(),
      wall: 0,
    });
  }

  /** An execution of a position's own order that was not heard before. An option's price per share in 1/10,000
   * dollar is its price in cents a contract. */
  onFill(positionId: string, fill: Fill, wall: number): void {
    const trade = this.#trades.get(positionId);
    if (trade === undefined) return;
    const { action, quantity, price, feesCents, intentId } = fill;
    addTo(trade, fill);
    trade.cashCents -= feesCents;
    // What had sold has lost once that is bought back: longs that are left bring only more.
    if (trade.opening.limit <= 0 || action !== 'sellToClose') trade.wall = wall;
    const { strategy } = trade.opening;
    if (strategy === LOTTO && intentId === trade.opening.intentId)
      this.#lottoCents += quantity * price;
  }

  /** What others had closed of it before its opening was told. */
  onEarly(positionId: string, fill: Fill): void {
    const trade = this.#trades.get(positionId);
    if (trade !== undefined) addTo(trade, fill);
  }

  onOthers(positionId: string): void {
    this.#ofOthers.add(positionId);
  }

  /** Others closed some of a contract that both hold: they count as one. */
  onJoined(positionId: string, other: string): void {
    const [one, two] = [positionId, other].map((id) => this.#trades.get(id)?.opening.strategy);
    if (one !== two || this.#mixed.has(other)) this.#mixed.add(positionId);
  }

  clear(): void {
    this.#recorded = [];
    this.#trades = new Map();
    this.#ofOthers.clear();
    this.#mixed.clear();
    this.#lottoCents = 0;
    this.#heard = 0;
  }

  /** What an opening that is not recorded yet passes. */
  faultsOf(intent: OrderIntent, at: At, beside: Beside): readonly string[] {
    return [
      ...this.#againstContracts(intent, beside),
      ...this.#againstUnits(intent, beside),
      ...this.#againstPace(intent, at, beside),
      ...this.#againstPremium(intent, beside),
      ...this.#againstRest(intent, at, beside),
      ...againstSelf(intent, beside),
    ];
  }

  #againstContracts(
    { legs, quantity }: OrderIntent,
    { limits, held, live }: Beside,
  ): readonly string[] {
    const { maxContracts, maxContractsPerSymbol, maxOpenOrders } = limits;
    const bySymbol = new Map<string, number>();
    let all = 0;
    const add = (symbol: string, contracts: number): number => {
      all += Math.abs(contracts);
      const sum = (bySymbol.get(symbol) ?? 0) + contracts;
      bySymbol.set(symbol, sum);
      return sum;
    };
    for (const lots of held.values()) {
      for (const [symbol, { quantity: contracts }] of lots) add(symbol, contracts);
    }
    const openings = live.filter(({ intent }) => intent.purpose === 'open');
    for (const order of openings) {
      for (const leg of order.intent.legs) {
        add(instrumentSymbol(leg.instrument), legSign(leg.action) * legLeft(order, leg));
      }
    }
    const found = legs.flatMap(({ instrument, action, ratio }) => {
      const symbol = instrumentSymbol(instrument);
      const contracts = Math.abs(add(symbol, legSign(action) * ratio * quantity));
      return contracts > maxContractsPerSymbol ? [`takes ${symbol} to ${contracts} contracts`] : [];
    });
    if (all > maxContracts) found.push(`takes the book to ${all} contracts`);
    const orders = openings.length + 1;
    return orders > maxOpenOrders ? [...found, `is the opening number ${orders} at once`] : found;
  }

  #againstUnits(
    { strategy, quantity }: OrderIntent,
    { limits, held, live }: Beside,
  ): readonly string[] {
    let units = quantity;
    for (const [positionId, lots] of held) {
      const opening = this.#trades.get(positionId)?.opening;
      if (opening?.strategy === strategy && !this.#mixed.has(positionId)) {
        units += unitsOf(opening, (symbol) => Math.abs(lots.get(symbol)?.quantity ?? 0));
      }
    }
    for (const { intent, filled } of live) {
      if (intent.purpose !== 'open' || intent.strategy !== strategy) continue;
      units += intent.quantity - Math.ceil(most(intent, (symbol) => filled.get(symbol) ?? 0));
    }
    return units > limits.maxUnitsPerStrategy ? [`takes ${strategy} to ${units} units`] : [];
  }

  #againstPace({ principal }: OrderIntent, { wall }: At, { limits }: Beside): readonly string[] {
    const { maxOrdersPerMinute, maxOrdersPerDay, maxOrdersPerPrincipal } = limits;
    const today = this.#recorded.filter((order) => wall - order.wall <= DAY_MICROS);
    const lastMinute = today.filter((order) => wall - order.wall < MICROS_PER_MINUTE).length;
    const own = today.filter(({ intent }) => {
      return intent.purpose === 'open' && intent.principal === principal;
    }).length;
    const found: string[] = [];
    if (lastMinute >= maxOrdersPerMinute)
      found.push(`comes behind ${lastMinute} orders in a minute`);
    if (today.length >= maxOrdersPerDay) found.push(`comes behind ${today.length} orders in a day`);
    if (own >= maxOrdersPerPrincipal) found.push(`comes behind ${own} openings of ${principal}`);
    return found;
  }

  #againstPremium(opening: OrderIntent, { limits, live }: Beside): readonly string[] {
    if (opening.strategy !== LOTTO) return [];
    let premium = this.#lottoCents + premiumOf(opening, opening.quantity);
    for (const order of live) {
      const { intent } = order;
      if (intent.purpose !== 'open' || intent.strategy !== LOTTO) continue;
      const [leg] = intent.legs;
      if (leg !== undefined) premium += premiumOf(intent, legLeft(order, leg));
    }
    return premium > limits.lottoBudgetCents ? [`takes the lotto's premium to ${premium}`] : [];
  }

  /** A strategy rests a while after a loss, and after a few of them for the day. */
  #againstRest(
    { strategy }: OrderIntent,
    { wall }: At,
    { limits, live }: Beside,
  ): readonly string[] {
    const working = new Set(live.map(({ intent }) => intent.positionId));
    const lost = [...this.#trades].filter(([positionId, { opening, cashCents, left }]) => {
      const isHeld = [...left.values()].some((contracts) => contracts > 0);
      const isOver = !isHeld && !working.has(positionId);
      return (
        opening.strategy === strategy && isOver && cashCents < 0 && !this.#ofOthers.has(positionId)
      );
    });
    const { coolDownMillis, maxLossesPerStrategy } = limits;
    const last = Math.max(0, ...lost.map(([, trade]) => trade.wall));
    const isRecent = last > 0 && wall - last < coolDownMillis * MICROS_PER_MILLI;
    if (isRecent) return [`opens right after ${strategy} lost`];
    return lost.length >= maxLossesPerStrategy
      ? [`opens after ${strategy} lost ${lost.length} times`]
      : [];
  }
}

function addTo(trade: Trade, { instrument, action, quantity, price }: Fill): void {
  const symbol = instrumentSymbol(instrument);
  trade.cashCents -= legSign(action) * quantity * price;
  trade.left.set(
    symbol,
    (trade.left.get(symbol) ?? 0) + (isOpening(action) ? quantity : -quantity),
  );
}

function most({ legs }: OrderIntent, contractsOf: (symbol: string) => number): number {
  return Math.max(
    ...legs.map(({ instrument, ratio }) => contractsOf(instrumentSymbol(instrument)) / ratio),
  );
}

/** Whole units of which every leg is held. */
function unitsOf({ legs }: OrderIntent, contractsOf: (symbol: string) => number): number {
  const each = legs.map(
    ({ instrument, ratio }) => contractsOf(instrumentSymbol(instrument)) / ratio,
  );
  return Math.floor(Math.min(...each));
}

function premiumOf({ worst }: OrderIntent, units: number): number {
  return Math.max(0, 0 - worst) * units;
}

/** What of ours stands on the other side, or is held the other way. */
function againstSelf({ legs }: OrderIntent, { held, live }: Beside): readonly string[] {
  return legs.flatMap(({ instrument, action }) => {
    const symbol = instrumentSymbol(instrument);
    const isOther = (sign: number): boolean => sign === -legSign(action);
    const meets = live.some(({ intent }) =>
      intent.legs.some((leg) => {
        return instrumentSymbol(leg.instrument) === symbol && isOther(legSign(leg.action));
      }),
    );
    if (meets) return [`meets an order of ours in ${symbol}`];
    const nets = [...held.values()].some((lots) => {
      return isOther(Math.sign(lots.get(symbol)?.quantity ?? 0));
    });
    return nets ? [`nets what is held of ${symbol}`] : [];
  });
}
