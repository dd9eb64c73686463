/** A quiet Friday in the risk room: one condor, one account, a market in which every check passes. */
import type { BrokerCapabilities } from '../../src/broker/order-gateway.ts';
import type { At } from '../../src/engine/domain/clock.ts';
import type { OptionContract, Right } from '../../src/engine/domain/instrument.ts';
import type { ChainSlice, ContractView, Quote } from '../../src/engine/domain/market.ts';
import type { LegAction, OrderIntent, OrderLeg } from '../../src/engine/domain/order.ts';
import type { PayoffSummary } from '../../src/engine/domain/payoff.ts';
import { newYorkInstant, sessionTimes } from '../../src/engine/domain/session-calendar.ts';
import {
  addMicros,
  cents,
  type EpochMicros,
  epochMicros,
  price,
  priceFromDollars,
  sessionDate,
} from '../../src/engine/domain/units.ts';
import { yearsToExpiry } from '../../src/engine/pricing/time-to-expiry.ts';
import { limitsFrom } from '../../src/risk/limits.ts';
import type { AccountRisk, RecentOrder, RiskInput } from '../../src/risk/risk-input.ts';

export const DATE = sessionDate('2026-11-20');

export function fullSession() {
  const session = sessionTimes(DATE);
  if (session === undefined) throw new Error('the fixture date is a session');
  return session;
}

/** Noon by the market's clock, and a machine whose clock agrees. */
export const NOON: EpochMicros = newYorkInstant(DATE, 12 * 60);

export function atMicros(market: EpochMicros, wall: EpochMicros = market): At {
  return { market, wall };
}

export const AT = atMicros(NOON);

export function millisAfter(at: At, millis: number): At {
  return { market: addMicros(at.market, millis * 1_000), wall: addMicros(at.wall, millis * 1_000) };
}

export function option(right: Right, strikeDollars: number, root = 'SPY'): OptionContract {
  return { kind: 'option', root, expiry: DATE, right, strike: priceFromDollars(strikeDollars) };
}

export function leg(action: LegAction, right: Right, strike: number, ratio = 1): OrderLeg {
  return { instrument: option(right, strike), action, ratio };
}

/** A quote in dollars; undefined sides stay undefined. */
export function quote(bid: number | undefined, ask: number | undefined, at: At = AT): Quote {
  const side = (dollars: number | undefined) =>
    dollars === undefined ? undefined : priceFromDollars(dollars);
  return { bid: side(bid), ask: side(ask), bidSize: 10, askSize: 10, at };
}

export interface RowSpec {
  readonly right: Right;
  readonly strike: number;
  readonly quote: Quote | undefined;
  readonly delta: number | undefined;
}

/** Each with its twin of the other right, at parity with a forward of 600. */
export const ROWS: readonly RowSpec[] = [
  { right: 'put', strike: 585, quote: quote(0.04, 0.05), delta: -0.02 },
  { right: 'put', strike: 595, quote: quote(0.5, 0.52), delta: -0.3 },
  { right: 'put', strike: 605, quote: quote(5.5, 5.52), delta: -0.7 },
  { right: 'put', strike: 610, quote: quote(10.1, 10.11), delta: -0.92 },
  { right: 'put', strike: 615, quote: quote(15.04, 15.05), delta: -0.98 },
  { right: 'call', strike: 585, quote: quote(15.04, 15.05), delta: 0.98 },
  { right: 'call', strike: 595, quote: quote(5.5, 5.52), delta: 0.7 },
  { right: 'call', strike: 605, quote: quote(0.5, 0.52), delta: 0.3 },
  { right: 'call', strike: 610, quote: quote(0.1, 0.11), delta: 0.08 },
  { right: 'call', strike: 615, quote: quote(0.04, 0.05), delta: 0.02 },
];

function viewOf(row: RowSpec, index: number): ContractView {
  const { delta } = row;
  const greeks =
    delta === undefined
      ? undefined
      : { delta, gamma: 0.05, theta: -1, thetaNextHour: -0.2, vega: 0.1 };
  return {
    index,
    contract: option(row.right, row.strike),
    quote: row.quote,
    impliedVol: 0.15,
    greeks,
    modelled: false,
    last: undefined,
    volume: undefined,
    openInterest: undefined,
    feedDelta: undefined,
  };
}

export function sliceOf(rows: readonly RowSpec[], spotQuote = quote(599.99, 600.01)): ChainSlice {
  const views = rows.map(viewOf);
  const { bid, ask } = spotQuote;
  return {
    underlying: 'SPY',
    session: fullSession(),
    epoch: 1,
    asOf: AT,
    calls: views.filter((view) => view.contract.right === 'call'),
    puts: views.filter((view) => view.contract.right === 'put'),
    spot: bid === undefined || ask === undefined ? undefined : price((bid + ask) / 2),
    spotQuote,
    forward: 600,
    atmVol: 0.15,
    expectedMove: 3,
    yearsToExpiry: yearsToExpiry(NOON, fullSession().lastTrade),
  };
}

/** The slice with one row changed. */
export function sliceWith(right: Right, strike: number, change: Partial<RowSpec>): ChainSlice {
  return sliceOf(
    ROWS.map((row) => (row.right === right && row.strike === strike ? { ...row, ...change } : row)),
  );
}

/** The slice with a call of other prices, and its put where parity wants it beside that. */
export function sliceWithPair(strike: number, bid: number, ask: number): ChainSlice {
  const pair = { call: quote(bid, ask), put: quote(bid + strike - 600, ask + strike - 600) };
  return sliceOf(
    ROWS.map((row) => (row.strike === strike ? { ...row, quote: pair[row.right] } : row)),
  );
}

export const CONDOR_LEGS: readonly OrderLeg[] = [
  leg('buyToOpen', 'put', 585),
  leg('sellToOpen', 'put', 595),
  leg('sellToOpen', 'call', 605),
  leg('buyToOpen', 'call', 615),
];

export function condorIntent(change: Partial<OrderIntent> = {}): OrderIntent {
  return {
    intentId: '20261120-1',
    purpose: 'open',
    strategy: 'iron_condor_30_delta',
    positionId: '20261120-1',
    legs: CONDOR_LEGS,
    quantity: 1,
    limit: priceFromDollars(0.92),
    worst: priceFromDollars(0.9),
    exitPlan: {
      sideStop: { debit: priceFromDollars(0.92) },
      timeExitAt: newYorkInstant(DATE, 15 * 60 + 40),
      plannedLossCents: cents(100_00),
    },
    principal: 'trader',
    ...change,
  };
}

/** A lotto of one call at its ask: 52.00 dollars of premium. */
export function lottoIntent(change: Partial<OrderIntent> = {}): OrderIntent {
  return condorIntent({
    strategy: 'lotto_play_5_delta',
    legs: [leg('buyToOpen', 'call', 605)],
    limit: priceFromDollars(-0.51),
    worst: priceFromDollars(-0.52),
    exitPlan: { timeExitAt: newYorkInstant(DATE, 15 * 60 + 40) },
    ...change,
  });
}

export const PAYOFF: PayoffSummary = {
  maxLossCents: cents(912_00),
  maxProfitCents: cents(88_00),
  breakevens: [],
  marginCents: cents(1_000_00),
  assignmentCostCents: cents(60_500_00),
  width: priceFromDollars(10),
};

export const ACCOUNT: AccountRisk = {
  dayPnlCents: cents(0),
  plannedLossCents: cents(0),
  openRiskByPrincipal: new Map(),
  openRiskCents: cents(0),
  netDelta: 0,
  netDeltaHighest: 0,
  netDeltaLowest: 0,
  buyingPowerCents: cents(25_000_00),
  sharesHeld: 0,
  contractsBySymbol: new Map(),
  unknownStrategies: new Set(),
  gammaHighest: 0,
  gammaLowest: 0,
  vegaHighestCents: 0,
  vegaLowestCents: 0,
  unitsByStrategy: new Map(),
  totalContracts: 0,
  openOrders: 0,
  openOrdersRiskCents: cents(0),
  interestBySymbol: new Map(),
  lossesByStrategy: new Map(),
  lottoSpentCents: cents(0),
  consecutiveRejects: 0,
};

export const CAPABILITIES: BrokerCapabilities = {
  name: 'paper',
  dedupe: 'clientId',
  maxLegs: 4,
  multiLegMarketOrders: false,
  preview: 'local',
  nativeStops: false,
  outlivesEngine: false,
  rateLimitRefuses: true,
  openingCutoffMinutes: 15 * 60 + 25,
  flattenStartMinutes: 15 * 60 + 40,
  flattenDeadlineMinutes: 15 * 60 + 50,
};

export const LIMITS = limitsFrom();

/** The input in which every check passes, with changes. */
export function riskInput(change: Partial<RiskInput> = {}): RiskInput {
  const intent = change.intent ?? condorIntent();
  const slice = 'slice' in change ? change.slice : sliceOf(ROWS);
  return {
    intent,
    payoff: PAYOFF,
    feesCents: cents(4_00),
    at: AT,
    session: fullSession(),
    capabilities: CAPABILITIES,
    openingCutoffAt: newYorkInstant(DATE, 15 * 60 + 25),
    limits: LIMITS,
    tradingState: 'active',
    tradingCauses: [],
    killed: false,
    account: ACCOUNT,
    recentOrders: [],
    feedConnected: true,
    feedSinceWall: addMicros(AT.wall, -60_000_000),
    journalHealthy: true,
    reconciled: true,
    stopping: false,
    ...change,
    slice,
  };
}

/** An order that was recorded a moment ago, by another hand and of another shape. */
export function recentOrder(change: Partial<RecentOrder> = {}): RecentOrder {
  return {
    intentId: '20261120-0',
    strategy: 'lotto_play_5_delta',
    principal: 'someone',
    wallAt: AT.wall,
    legs: [leg('buyToOpen', 'call', 604)],
    quantity: 77,
    opening: true,
    ...change,
  };
}

/** The same condor on its way out: bought shorts, sold wings. */
export const CLOSING_LEGS: readonly OrderLeg[] = [
  leg('buyToClose', 'put', 595),
  leg('buyToClose', 'call', 605),
  leg('sellToClose', 'put', 585),
  leg('sellToClose', 'call', 615),
];

export function closingIntent(change: Partial<OrderIntent> = {}): OrderIntent {
  const limit = priceFromDollars(-0.96);
  return condorIntent({ purpose: 'exit', legs: CLOSING_LEGS, limit, worst: limit, ...change });
}

export const HELD = new Map([
  ['SPY   261120P00585000', 1],
  ['SPY   261120P00595000', -1],
  ['SPY   261120C00605000', -1],
  ['SPY   261120C00615000', 1],
]);

export function dollars(value: number) {
  return priceFromDollars(value);
}

export function micros(value: number): EpochMicros {
  return epochMicros(value);
}
