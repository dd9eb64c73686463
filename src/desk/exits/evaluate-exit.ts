/**
 * Decides, tick by tick, whether a position is to be left: by the clock first, then by its stop, by
 * the stop of one side, by its target. A pure fold: what it must remember it hands back.
 */
import type { At } from '../../engine/domain/clock.ts';
import type { QuoteOf } from '../../engine/domain/net-price.ts';
import { newYorkText, type SessionTimes } from '../../engine/domain/session-calendar.ts';
import { dollarsFromPrice, price } from '../../engine/domain/units.ts';
import type { Denial } from '../../engine/domain/verdict.ts';
import { type BreachMemory, type BreachTier, NO_BREACH, observeBreach } from '../../risk/breach.ts';
import { type ClosingCost, closingCost } from './closing-cost.ts';
import type { ExitPolicy, Urgency } from './exit-policy.ts';
import type { FlatBySchedule } from './flat-by.ts';
import type { HeldLeg, OpenPosition } from './open-position.ts';

/** The breaches of one position, each with a memory of its own. `NO_EXIT_MEMORY` to begin with. */
export interface ExitMemory {
  readonly whole: BreachMemory;
  readonly callSide: BreachMemory;
  readonly putSide: BreachMemory;
}

export const NO_EXIT_MEMORY: ExitMemory = {
  whole: NO_BREACH,
  callSide: NO_BREACH,
  putSide: NO_BREACH,
};

export interface ExitInput {
  readonly position: OpenPosition;
  readonly quotes: QuoteOf;
  readonly at: At;
  readonly session: SessionTimes;
  readonly flatBy: FlatBySchedule;
  readonly policy: ExitPolicy;
  readonly memory: ExitMemory;
}

export type ExitReason = 'stop' | 'callSideStop' | 'putSideStop' | 'target' | 'timeExit' | 'flatBy';
export type ExitPart = 'whole' | 'callSide' | 'putSide';

export interface ExitClose {
  readonly close: ExitPart;
  readonly reason: ExitReason;
  readonly numbers: Denial['numbers'];
  readonly urgency: Urgency;
}

export type ExitDecision = 'hold' | ExitClose;

export interface ExitJudgement {
  readonly memory: ExitMemory;
  readonly decision: ExitDecision;
}

/** Legs of one side: shares belong to neither. */
export function legsOfPart(position: OpenPosition, part: ExitPart): readonly HeldLeg[] {
  if (part === 'whole') return position.legs;
  const right = part === 'callSide' ? 'call' : 'put';
  return position.legs.filter(
    ({ instrument }) => instrument.kind === 'option' && instrument.right === right,
  );
}

function priceText(value: number): number {
  return dollarsFromPrice(price(Math.round(value)));
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

type Stop = NonNullable<OpenPosition['exitPlan']['stop']>;

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
  const debit = cost.kind === 'trusted' ? cost.debitAt(policy.mark) : cost.farDebit;
  const multiple = multipleOf(stop, debit);
  return cost.kind === 'trusted' || multiple >= 1 ? { multiple, debit } : undefined;
}

interface StopJudgement {
  readonly memory: BreachMemory;
  readonly close?: Omit<ExitClose, 'close' | 'reason'>;
}

function urgencyOf(tier: BreachTier, tiers: readonly BreachTier[]): Urgency {
  return tier === tiers.at(-1) ? 'urgent' : 'fast';
}

function judgeStop(stop: Stop, part: ExitPart, input: ExitInput): StopJudgement {
  const { position, policy, at } = input;
  const legs = legsOfPart(position, part);
  const cost = closingCost(legs, position.quantity, { ...input, guard: policy.guard });
  const measured = measure(stop, cost, policy);
  const evidenceAt = cost.kind === 'unknown' ? at.market : cost.evidenceAt;
  const observation = { multiple: measured?.multiple, evidenceAt };
  const { memory, confirmed } = observeBreach(input.memory[part], policy.tiers, observation);
  if (confirmed === undefined || measured === undefined) return { memory };
  const numbers = {
    closingDebitPrice: priceText(measured.debit),
    stopPrice: dollarsFromPrice(stop.price),
    multiple: Math.min(measured.multiple, Number.MAX_SAFE_INTEGER),
    heldForMillis: confirmed.afterMillis,
  };
  return { memory, close: { numbers, urgency: urgencyOf(confirmed, policy.tiers) } };
}

function judgeWhole(input: ExitInput): StopJudgement {
  const { stop } = input.position.exitPlan;
  return stop === undefined ? { memory: NO_BREACH } : judgeStop(stop, 'whole', input);
}

/** A side stop guards a side that is short something. */
function judgeSide(part: 'callSide' | 'putSide', input: ExitInput): StopJudgement {
  const { sideStop } = input.position.exitPlan;
  const isShort = legsOfPart(input.position, part).some(({ quantity }) => quantity < 0);
  if (sideStop === undefined || !isShort) return { memory: NO_BREACH };
  return judgeStop({ kind: 'debitAtOrAbove', price: sideStop.debit }, part, input);
}

function judgeTarget(input: ExitInput): ExitClose | undefined {
  const { position, policy } = input;
  const { target } = position.exitPlan;
  if (target === undefined) return undefined;
  const cost = closingCost(position.legs, position.quantity, { ...input, guard: policy.guard });
  if (cost.kind !== 'trusted') return undefined;
  const debit = cost.debitAt('natural');
  const isDebit = target.kind === 'debitAtOrBelow';
  const isReached = isDebit ? debit <= target.price : 0 - debit >= target.price;
  if (!isReached) return undefined;
  const numbers = {
    closingDebitPrice: priceText(debit),
    targetPrice: dollarsFromPrice(target.price),
  };
  return { close: 'whole', reason: 'target', numbers, urgency: 'patient' };
}

/** The clock needs no quotes: at its time a position is left whatever the market shows. */
function judgeClock({ position, at, flatBy }: ExitInput): ExitClose | undefined {
  const { flattenStartAt, flattenDeadlineAt } = flatBy;
  const { timeExitAt } = position.exitPlan;
  const numbers = {
    timeNewYork: newYorkText(at.market),
    timeExit: newYorkText(timeExitAt),
    flattenStart: newYorkText(flattenStartAt),
    flattenDeadline: newYorkText(flattenDeadlineAt),
  };
  if (at.market >= flattenStartAt) {
    const isLate = at.market - flattenStartAt >= (flattenDeadlineAt - flattenStartAt) / 2;
    return { close: 'whole', reason: 'flatBy', numbers, urgency: isLate ? 'urgent' : 'fast' };
  }
  if (at.market < timeExitAt) return undefined;
  return { close: 'whole', reason: 'timeExit', numbers, urgency: 'normal' };
}

function isAllOf(position: OpenPosition, part: ExitPart): boolean {
  return legsOfPart(position, part).length === position.legs.length;
}

function sideClose(
  input: ExitInput,
  callSide: StopJudgement,
  putSide: StopJudgement,
): ExitDecision {
  const { position } = input;
  const broken = callSide.close ?? putSide.close;
  if (broken === undefined) return 'hold';
  const part = callSide.close === undefined ? 'putSide' : 'callSide';
  const reason = part === 'callSide' ? 'callSideStop' : 'putSideStop';
  const isBoth = callSide.close !== undefined && putSide.close !== undefined;
  return { close: isBoth || isAllOf(position, part) ? 'whole' : part, reason, ...broken };
}

function isTrading({ at, session }: ExitInput): boolean {
  return at.market >= session.open && at.market < session.lastTrade;
}

/**
 * Judges one position at one moment. Called on every tick that touches one of its legs and at
 * `flatBy` times; the caller stops calling for a part once an order to close it works.
 */
export function evaluateExit(input: ExitInput): ExitJudgement {
  if (input.position.legs.length === 0 || !isTrading(input)) {
    return { memory: input.memory, decision: 'hold' };
  }
  const whole = judgeWhole(input);
  const callSide = judgeSide('callSide', input);
  const putSide = judgeSide('putSide', input);
  const memory = { whole: whole.memory, callSide: callSide.memory, putSide: putSide.memory };
  const byClock = judgeClock(input);
  if (byClock !== undefined) return { memory, decision: byClock };
  if (whole.close !== undefined) {
    return { memory, decision: { close: 'whole', reason: 'stop', ...whole.close } };
  }
  const bySide = sideClose(input, callSide, putSide);
  if (bySide !== 'hold') return { memory, decision: bySide };
  return { memory, decision: judgeTarget(input) ?? 'hold' };
}
