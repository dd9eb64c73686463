/** What must hold of our numbers whatever the market says, and what the market itself breaks. */

import { streamerSymbol } from '../../../src/engine/domain/instrument.ts';
import type { ContractView } from '../../../src/engine/domain/market.ts';
import { dollarsFromPrice } from '../../../src/engine/domain/units.ts';
import { blackValue } from '../../../src/engine/pricing/black.ts';
import type { ReferencePoint } from './real-sets.ts';
import type { SeenStep } from './wire-player.ts';

/** Tallied over all steps. */
export interface ChainTally {
  contracts: number;
  valued: number;
  modelled: number;
  absent: number;
  withoutForward: number;
  /** Neighbouring strikes whose mids alone cost or pay something for nothing. */
  mispricedPairs: number;
  /** Of the others, those whose deltas do not fall with the strike. */
  deltaTurns: number;
  checkedPairs: number;
  /** Pairs near the money that put the forward outside of their own widths. */
  parityMisses: number;
  parityPairs: number;
}

export const NOTHING_SEEN: Readonly<ChainTally> = {
  contracts: 0,
  valued: 0,
  modelled: 0,
  absent: 0,
  withoutForward: 0,
  mispricedPairs: 0,
  deltaTurns: 0,
  checkedPairs: 0,
  parityMisses: 0,
  parityPairs: 0,
};

const PAIRS_NEAR_THE_MONEY = 7;
const PENNY = 0.01;
const SAME_DELTA = 1e-9;
/** How far a volatility may be from giving back the price it was taken from, dollars. */
const SAME_PRICE = 1e-6;

interface Strike {
  readonly dollars: number;
  readonly call: ContractView;
  readonly put: ContractView;
}

interface Market {
  readonly mid: number;
  readonly width: number;
}

function marketOf({ quote }: ContractView): Market | undefined {
  const { bid, ask } = quote ?? {};
  if (bid === undefined || ask === undefined || bid >= ask) return undefined;
  return {
    mid: dollarsFromPrice(bid) / 2 + dollarsFromPrice(ask) / 2,
    width: dollarsFromPrice(ask) - dollarsFromPrice(bid),
  };
}

function strikesOf({ slice }: SeenStep): Strike[] {
  const puts = new Map(slice.puts.map((put) => [put.contract.strike, put]));
  return slice.calls.flatMap((call) => {
    const put = puts.get(call.contract.strike);
    return put === undefined
      ? []
      : [{ dollars: dollarsFromPrice(call.contract.strike), call, put }];
  });
}

/** Checks one step; hands back our faults and adds to the tally. */
export function checkChain(seen: SeenStep, tally: ChainTally): readonly string[] {
  const faults: string[] = [];
  const { slice, day, step } = seen;
  const fault = (what: string): void => {
    faults.push(`${day.name} at ${step.at}: ${what}`);
  };
  const strikes = strikesOf(seen);
  for (const view of [...slice.calls, ...slice.puts]) checkNumbers(view, tally, fault);
  if (slice.forward === undefined) tally.withoutForward += 1;
  for (const strike of strikes) checkStrike(strike, seen, fault);
  checkQuotes(seen, fault);
  checkParity(strikes, seen, { tally, fault });
  checkDeltas(strikes, seen, { tally, fault });
  return faults;
}

type Fault = (what: string) => void;

function nameOf({ contract }: ContractView): string {
  return `${dollarsFromPrice(contract.strike)} ${contract.right}`;
}

/** Finite and of the right sign, or honestly absent. */
function checkNumbers(view: ContractView, tally: ChainTally, fault: Fault): void {
  const { impliedVol, greeks } = view;
  tally.contracts += 1;
  if (view.modelled) tally.modelled += 1;
  if (greeks === undefined) {
    tally.absent += 1;
    if (impliedVol !== undefined) fault(`${nameOf(view)} has a volatility and no greeks`);
    return;
  }
  tally.valued += 1;
  const { delta, gamma, theta, vega } = greeks;
  const isSound = [impliedVol ?? Number.NaN, delta, gamma, theta, vega].every(Number.isFinite);
  const sign = view.contract.right === 'call' ? 1 : -1;
  const isInRange = sign * delta >= 0 && sign * delta <= 1 && gamma >= 0 && vega >= 0 && theta <= 0;
  if (!isSound || !isInRange || (impliedVol ?? 0) <= 0) {
    fault(`${nameOf(view)} has iv ${impliedVol} and ${JSON.stringify(greeks)}`);
  }
}

/** A strike has one volatility: deltas one apart, and its out-of-the-money mid given back. */
function checkStrike({ dollars, call, put }: Strike, { slice }: SeenStep, fault: Fault): void {
  const { forward, yearsToExpiry: years } = slice;
  if (call.greeks === undefined || put.greeks === undefined || forward === undefined) {
    const outside = forward !== undefined && dollars >= forward ? call : put;
    const isPriced = forward !== undefined && marketOf(outside) !== undefined && years > 0;
    if (isPriced) fault(`${nameOf(outside)} has a market and no volatility`);
    return;
  }
  if (Math.abs(call.greeks.delta - put.greeks.delta - 1) > SAME_DELTA) {
    fault(`deltas at ${dollars} are ${call.greeks.delta} and ${put.greeks.delta}`);
  }
  const view = dollars >= forward ? call : put;
  const market = marketOf(view);
  if (market === undefined || view.modelled || view.impliedVol === undefined) return;
  const { right } = view.contract;
  const value = blackValue({ right, forward, strike: dollars, years, vol: view.impliedVol });
  if (Math.abs(value - market.mid) > SAME_PRICE) {
    fault(`${nameOf(view)} is quoted at ${market.mid} and valued at ${value}`);
  }
}

/** Every quote that was sent stands in the chain, and no other. */
function checkQuotes({ quotes, slice }: SeenStep, fault: Fault): void {
  const sent = new Map([...quotes.values()].map((quote) => [quote.contract, quote]));
  const byName = new Map(
    [...sent].map(([contract, quote]) => [`${contract.right}${contract.strike}`, quote]),
  );
  for (const view of [...slice.calls, ...slice.puts]) {
    const quote = byName.get(`${view.contract.right}${view.contract.strike}`);
    const [bid, ask] = [view.quote?.bid ?? 0, view.quote?.ask ?? 0];
    const isSame =
      Math.abs(bid - (quote?.bid ?? 0) * 10_000) < 1 &&
      Math.abs(ask - (quote?.ask ?? 0) * 10_000) < 1;
    if (!isSame)
      fault(`${nameOf(view)} was sent ${quote?.bid} × ${quote?.ask} and shows ${bid} × ${ask}`);
  }
}

/** The forward lies within the widths of most pairs near the money, where quotes stood together. */
function checkParity(
  strikes: readonly Strike[],
  { slice, day }: SeenStep,
  { tally, fault }: { readonly tally: ChainTally; readonly fault: Fault },
): void {
  const { forward } = slice;
  if (forward === undefined) return;
  const pairs = strikes.flatMap(({ dollars, call, put }) => {
    const [c, p] = [marketOf(call), marketOf(put)];
    if (c === undefined || p === undefined) return [];
    const off = Math.abs(dollars + c.mid - p.mid - forward);
    return [{ away: Math.abs(dollars - forward), isMiss: off > (c.width + p.width) / 2 + PENNY }];
  });
  const near = pairs.toSorted((a, b) => a.away - b.away).slice(0, PAIRS_NEAR_THE_MONEY);
  const misses = near.filter(({ isMiss }) => isMiss).length;
  tally.parityPairs += near.length;
  tally.parityMisses += misses;
  if (!day.isAsynchronous && near.length > 2 && misses > near.length / 2) {
    fault(`the forward ${forward} lies outside the widths of ${misses} of ${near.length} pairs`);
  }
}

/** Out-of-the-money deltas fall with the distance, where the mids themselves do. */
function checkDeltas(
  strikes: readonly Strike[],
  { slice: { forward }, day }: SeenStep,
  { tally, fault }: { readonly tally: ChainTally; readonly fault: Fault },
): void {
  if (forward === undefined) return;
  for (const [index, low] of strikes.entries()) {
    const high = strikes[index + 1];
    if (high === undefined || low.call.modelled || high.call.modelled) continue;
    const isAbove = low.dollars >= forward;
    if (!isAbove && high.dollars > forward) continue;
    const [near, far] = isAbove ? [low.call, high.call] : [high.put, low.put];
    const [nearMarket, farMarket] = [marketOf(near), marketOf(far)];
    if (near.greeks === undefined || far.greeks === undefined) continue;
    if (nearMarket === undefined || farMarket === undefined) continue;
    tally.checkedPairs += 1;
    const turns = Math.abs(far.greeks.delta) > Math.abs(near.greeks.delta) + SAME_DELTA;
    if (farMarket.mid > nearMarket.mid) tally.mispricedPairs += 1;
    else if (turns && day.isAsynchronous) tally.deltaTurns += 1;
    else if (turns) fault(`deltas rise from ${nameOf(near)} to ${nameOf(far)}`);
  }
}

/** Our forward and volatilities beside those worked out elsewhere, where both took the same mid. */
export function compareReference(
  { slice, step }: SeenStep,
  reference: ReadonlyMap<string, ReferencePoint>,
  tally: ReferenceTally,
): void {
  for (const view of [...slice.calls, ...slice.puts]) {
    const point = reference.get(`${step.at} ${streamerSymbol(view.contract)}`);
    const { forward } = slice;
    if (point === undefined || forward === undefined || view.impliedVol === undefined) continue;
    const isOutside =
      view.contract.right === 'call'
        ? point.forward <= dollarsFromPrice(view.contract.strike)
        : point.forward > dollarsFromPrice(view.contract.strike);
    if (!isOutside || view.modelled) continue;
    tally.forwardGaps.push(Math.abs(forward - point.forward));
    tally.volGaps.push(Math.abs(view.impliedVol / point.vol - 1));
    tally.deltaGaps.push(Math.abs((view.greeks?.delta ?? Number.NaN) - point.delta));
  }
}

export interface ReferenceTally {
  /** Dollars. */
  readonly forwardGaps: number[];
  /** Fractions of the reference's. */
  readonly volGaps: number[];
  readonly deltaGaps: number[];
}

/** The value that half of them do not exceed. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
