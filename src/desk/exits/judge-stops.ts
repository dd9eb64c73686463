/** Stops of a position: of the whole, of one side, and the one that trails its best gain. */

import { moreUrgent, type Urgency } from '../../engine/domain/exit-choices.ts';
import { gridOf, isInTheMoney, multiplierOfLegs } from '../../engine/domain/instrument.ts';
import type { ExitPlan } from '../../engine/domain/order.ts';
import { floorToTick } from '../../engine/domain/tick-grid.ts';
import {
  CENTS_PER_DOLLAR,
  dollarsFromPrice,
  PRICE_PER_DOLLAR,
  type Price,
  price,
} from '../../engine/domain/units.ts';
import {
  type BreachMemory,
  type BreachTier,
  firesAtOnce,
  NO_BREACH,
  observeBreach,
} from '../../risk/breach.ts';
import { type ClosingCost, costOfSide, costOfWhole } from './closing-cost.ts';
import type { ExitClose, ExitInput, ExitPart, Side } from './exit-input.ts';
import { isShortSide, legsOfPart, sideOrWhole, wholeOf } from './exit-input.ts';
import type { ExitPolicy } from './exit-policy.ts';
import { hasJumped } from './jump.ts';
import type { HeldLeg, OpenPosition } from './open-position.ts';
import { mostWidth } from './quote-guard.ts';
import { NO_TRAIL, observeGain, type TrailMemory, trailingStop } from './trailing.ts';

type Stop = NonNullable<ExitPlan['stop']>;

const PRICE_PER_CENT = PRICE_PER_DOLLAR / CENTS_PER_DOLLAR;

/** A price in dollars, for the record of a decision. */
export function priceNumber(value: number): number {
  return dollarsFromPrice(price(Math.round(value)));
}

/** What of a price of the whole was paid already, for the record; nothing while it is open whole. */
export function goneNumber({ goneDebit }: OpenPosition): { readonly goneDebitPrice?: number } {
  return goneDebit === 0 ? {} : { goneDebitPrice: priceNumber(goneDebit) };
}

/** How far a stop is broken by a debit; 1 = exactly at it. */
function debitMultiple(debit: number, stopDebit: number): number {
  if (stopDebit > 0) return debit / stopDebit;
  return debit >= stopDebit ? Number.POSITIVE_INFINITY : 0;
}

/** How far a floor under a value is broken; 1 = exactly at it, without end once nothing is left. */
function valueMultiple(value: number, floor: number): number {
  return value > 0 ? floor / value : Number.POSITIVE_INFINITY;
}

function multipleOf(stop: Stop, debit: number): number {
  const isDebit = stop.kind === 'debitAtOrAbove';
  return isDebit ? debitMultiple(debit, stop.price) : valueMultiple(0 - debit, stop.price);
}

interface Measured {
  readonly multiple: number;
  readonly debit: number;
}

/** A stop measured where the policy says. On quotes that are too wide only what even their best
 * side breaks counts as broken; anything less is not known. */
function measure(stop: Stop, cost: ClosingCost, policy: ExitPolicy): Measured | undefined {
  if (cost.kind === 'unknown') return undefined;
  const debit = cost.kind === 'trusted' ? cost[policy.mark] : cost.farDebit;
  const multiple = multipleOf(stop, debit);
  return cost.kind === 'trusted' || multiple >= 1 ? { multiple, debit } : undefined;
}

/** How far a stop is broken, and how urgently it is to be left. */
type Broken = Omit<ExitClose, 'close' | 'reason'>;

export interface StopJudgement {
  readonly memory: BreachMemory;
  readonly close?: Broken;
  /** Orders close it already, and have to be at least as urgent. */
  readonly hurry?: Broken;
}

const UNBROKEN: StopJudgement = { memory: NO_BREACH };

function urgencyOf(tier: BreachTier, tiers: readonly BreachTier[]): Urgency {
  return tier === tiers.at(-1) ? 'urgent' : 'fast';
}

/** True where the price has passed a short of these legs, by a market of the underlying's own to be trusted. */
function isShortPassed(legs: readonly HeldLeg[], spot: Price | undefined): boolean {
  if (spot === undefined) return false;
  return legs.some(({ instrument, quantity }) => {
    return instrument.kind === 'option' && quantity < 0 && isInTheMoney(instrument, spot);
  });
}

/** How far a stop counts as broken. That of a side whose short the price has passed waits for nothing, however
 * little it is broken: quotes of the options and of the underlying say the same. */
function countedMultiple(multiple: number, isPassed: boolean, { tiers }: ExitPolicy): number {
  return isPassed ? Math.max(multiple, tiers.at(-1)?.multiple ?? multiple) : multiple;
}

/** By how much a stop is broken, in 1/10,000 dollar a unit. */
function beyond(stop: Stop, { debit }: Measured): number {
  return stop.kind === 'debitAtOrAbove' ? debit - stop.price : debit + stop.price;
}

/** True where one mistaken tick could break a stop by so much: by no more than trusted quotes of its legs may be
 * wide, be that three tenths of a stop at some cents, or by a jump. */
function mayBeTick(by: number, legs: readonly HeldLeg[], input: ExitInput): boolean {
  const { guard } = input.policy;
  return (
    by <= legs.length * mostWidth(0, guard, gridOf(legs).step) ||
    hasJumped(legs, { ...input, guard })
  );
}

/** Units of a side are those of its own shorts: of the other side more may be left, or less. */
export function unitsOfSide(position: OpenPosition, side: Side): number {
  let units = 0;
  for (const { quantity } of legsOfPart(position, side)) units = Math.max(units, 0 - quantity);
  return units;
}

/** Measures all that is held of the part, whatever orders close of it: what is free of it alone is another
 * structure, a short without its cover or fewer units that all the cash of the trade would count for. */
function judgeStop(
  stop: Stop,
  part: 'whole' | Side,
  before: BreachMemory,
  input: ExitInput,
): StopJudgement {
  const { policy, at } = input;
  const whole = wholeOf(input);
  const isWhole = part === 'whole';
  const legs = legsOfPart(whole, part);
  const cost = isWhole
    ? costOfWhole(whole, input)
    : costOfSide(legs, unitsOfSide(whole, part), input);
  const measured = measure(stop, cost, policy);
  const isKnown = measured !== undefined && cost.kind !== 'unknown';
  const evidenceAt = isKnown ? cost.evidenceAt : at.market;
  const isBroken = measured !== undefined && measured.multiple >= 1;
  const isPassed = isBroken && !isWhole && isShortPassed(legs, input.soundSpot());
  const multiple = measured && countedMultiple(measured.multiple, isPassed, policy);
  const isDoubtful =
    isBroken &&
    firesAtOnce(multiple ?? 0, policy.tiers) &&
    mayBeTick(isPassed ? Infinity : beyond(stop, measured), legs, input);
  const observation = { multiple, isDoubtful, evidenceAt };
  const { memory, confirmed } = observeBreach(before, policy.tiers, observation);
  if (confirmed === undefined || measured === undefined) {
    return memory === NO_BREACH ? UNBROKEN : { memory };
  }
  const numbers = {
    closingDebitPrice: priceNumber(measured.debit),
    ...(isWhole && goneNumber(whole)),
    stopPrice: dollarsFromPrice(stop.price),
    multiple: Math.min(measured.multiple, Number.MAX_SAFE_INTEGER),
    ...(multiple !== measured.multiple && { shortStrikePassed: true }),
    heldForMillis: confirmed.afterMillis,
  };
  return { memory, close: { numbers, urgency: urgencyOf(confirmed, policy.tiers) } };
}

/** The stop of the whole structure, whatever orders close of it already. */
export function judgeWhole(input: ExitInput): StopJudgement {
  const { stop } = input.position.exitPlan;
  return stop === undefined ? UNBROKEN : judgeStop(stop, 'whole', input.memory.whole, input);
}

/** The side that alone is short something, where its stop then comes to where the trade breaks even. */
function sideLeft(position: OpenPosition): Side | undefined {
  if (position.exitPlan.sideStop?.afterOther === undefined) return undefined;
  const hasCalls = isShortSide(position, 'callSide');
  if (hasCalls === isShortSide(position, 'putSide')) return undefined;
  return hasCalls ? 'callSide' : 'putSide';
}

/** What the side that is left may cost so that the whole trade, fees so far included, comes out at nothing; less
 * than a tick where the other side took all there was. */
function breakevenOf(position: OpenPosition, side: Side): number {
  const legs = legsOfPart(position, side);
  const perShare = (position.cashSoFarCents * PRICE_PER_CENT) / multiplierOfLegs(legs);
  return floorToTick(gridOf(legs), perShare / unitsOfSide(position, side));
}

/**
 * Where the stop of a side that is short something stands now: as planned, and with a breakeven stop, once the
 * other side is gone, no further than what leaves the whole trade at nothing. That counts only once this side has
 * cost no more, by `eased`: a stop that the market is beyond when it comes to be is no stop but a sale at a sure
 * loss. So where nothing is left the planned stop stands: no price leaves the trade at nothing, and what both
 * sides lose at their planned stops was planned for. Asked without `eased` it is the furthest that it may stand.
 */
export function sideStopNow(
  position: OpenPosition,
  side: Side,
  { best }: TrailMemory = NO_TRAIL,
): Price | undefined {
  const { sideStop } = position.exitPlan;
  if (sideStop === undefined || best === undefined || sideLeft(position) !== side) {
    return sideStop?.debit;
  }
  const breakeven = breakevenOf(position, side);
  const isReached = breakeven > 0 && 0 - best <= breakeven;
  return isReached ? price(Math.min(sideStop.debit, breakeven)) : sideStop.debit;
}

/** The least that a side has cost since it alone is left, as a gain: less than nothing where it costs something. */
export function judgeEased(input: ExitInput): TrailMemory {
  const whole = wholeOf(input);
  const side = sideLeft(whole);
  if (side === undefined) return NO_TRAIL;
  const cost = costOfSide(legsOfPart(whole, side), unitsOfSide(whole, side), input);
  const isTrusted = cost.kind === 'trusted';
  const gained = isTrusted ? 0 - cost.natural : undefined;
  const evidenceAt = isTrusted ? cost.evidenceAt : input.at.market;
  return observeGain(input.memory.eased, gained, evidenceAt, Number.NEGATIVE_INFINITY);
}

/** The stop of one side. It guards a side that is short something. One of which no short is free is
 * hurried instead of left again. */
export function judgeSide(side: Side, input: ExitInput, eased: TrailMemory): StopJudgement {
  const whole = wholeOf(input);
  if (!isShortSide(whole, side)) return UNBROKEN;
  const debit = sideStopNow(whole, side, eased);
  if (debit === undefined) return UNBROKEN;
  const stop: Stop = { kind: 'debitAtOrAbove', price: debit };
  const judged = judgeStop(stop, side, input.memory[side], input);
  const { memory, close } = judged;
  if (close === undefined || isShortSide(input.position, side)) return judged;
  return { memory, hurry: close };
}

/** The stop of one side, as a reason to close this much. */
export function sideStopped(side: Side, broken: Broken, close: ExitPart = side): ExitClose {
  return { ...broken, close, reason: side === 'callSide' ? 'callSideStop' : 'putSideStop' };
}

/** What the stops of the two sides come to together, as urgent as the more urgent of them. */
export function sideClose(
  input: ExitInput,
  { close: calls }: StopJudgement,
  { close: puts }: StopJudgement,
): ExitClose | undefined {
  const whole = wholeOf(input);
  if (calls === undefined) {
    return puts && sideStopped('putSide', puts, sideOrWhole(whole, 'putSide'));
  }
  if (puts === undefined) return sideStopped('callSide', calls, sideOrWhole(whole, 'callSide'));
  const urgency = moreUrgent(calls.urgency, puts.urgency);
  return sideStopped('callSide', { ...calls, urgency }, 'whole');
}

type TrailJudgement = StopJudgement & { readonly gain: TrailMemory };

const UNTRAILED: TrailJudgement = { ...UNBROKEN, gain: NO_TRAIL };

function untrailed(gain: TrailMemory): TrailJudgement {
  return gain === NO_TRAIL ? UNTRAILED : { ...UNBROKEN, gain };
}

/** The stop that trails the best gain, and that gain as it stands after this look. */
export function judgeTrail(input: ExitInput): TrailJudgement {
  const { memory } = input;
  const { exitPlan, entryNet, legs } = wholeOf(input);
  const { trail } = exitPlan;
  if (trail === undefined) return untrailed(memory.gain);
  const cost = costOfWhole(wholeOf(input), input);
  const isTrusted = cost.kind === 'trusted';
  const gained = isTrusted ? entryNet - cost.natural : undefined;
  const evidenceAt = isTrusted ? cost.evidenceAt : input.at.market;
  const gain = observeGain(memory.gain, gained, evidenceAt);
  const stop = trailingStop(trail, gain, { entryNet, grid: gridOf(legs) });
  if (stop === undefined) return { ...UNBROKEN, gain };
  return { ...judgeStop(stop, 'whole', memory.trail, input), gain };
}
