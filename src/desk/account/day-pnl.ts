/** The day's P&L: at mid to look at, at liquidation value to be held to. */
import { instrumentSymbol } from '../../engine/domain/instrument.ts';
import { type Cents, cents, type EpochMicros, epochMicros } from '../../engine/domain/units.ts';
import type { StructurePosition } from '../../engine/portfolio/portfolio-book.ts';
import { type DeskContext, spotNow } from '../desk-context.ts';
import { DEFAULT_EXIT_POLICY } from '../exits/exit-policy.ts';
import { hasJumped } from '../exits/jump.ts';
import { type MarkInput, markPosition, type PositionMark } from '../exits/mark-position.ts';
import { restingPrice, soundMid } from '../session/closing-price.ts';
import { recentMarket } from '../session/recent-market.ts';
import { areOutsideChain, heldInSession } from './held-position.ts';

/** What the chain never quotes counts nothing in it while it is held: what others hold in another market keeps no
 * loss of this one from being seen. */
export interface DayPnl {
  /** After fees: realised, and what is held with longs at bid, shorts at ask and unmarkable legs at
   * their worst; undefined only where a short call has no bound at all. */
  readonly liquidationCents: Cents | undefined;
  /** The same with what is quoted too wide, without a bid or not at all at its best: the day is no better.
   * Undefined while nothing bounds a leg. */
  readonly atBestCents: Cents | undefined;
  /** After fees: realised, and what is held at mid; undefined while a leg cannot be marked. */
  readonly midCents: Cents | undefined;
  /** How much more than its planned loss, which is reckoned from the opening, what is held can take from here: what
   * positions in profit would give back first, whenever they gained it, less what those without a plan had lost
   * before the day. */
  readonly openGainCents: Cents;
  /** True when every quote behind it passes the guard: loss limits act on trusted marks only. */
  readonly trusted: boolean;
  /** Symbols of legs that cannot be marked, or have nothing to begin their day by. */
  readonly unmarkable: readonly string[];
  /** When the newest quote used arrived, in market time; undefined when nothing is held. */
  readonly evidenceAt: EpochMicros | undefined;
}

/** The market that everything held is marked by at this step. */
function marksNow(desk: DeskContext): MarkInput {
  const { evidence, at } = desk;
  evidence.look(desk.day);
  const { guard } = DEFAULT_EXIT_POLICY;
  const resting = restingPrice(desk);
  return { quotes: evidence.of, at, guard, spot: spotNow(desk), resting };
}

/** Marks one held structure from live quotes. The spot bounds nothing of another underlying. */
export function markOf(desk: DeskContext, { legs }: StructurePosition): PositionMark {
  const market = marksNow(desk);
  return markPosition(legs, areOutsideChain(desk, legs) ? { ...market, spot: undefined } : market);
}

/** True where something held lost by a jump that its underlying does not explain. */
export function haveMarksJumped(desk: DeskContext): boolean {
  const view = { ...marksNow(desk), recent: recentMarket(desk) };
  return heldInSession(desk).some(({ legs }) => hasJumped(legs, view));
}

function symbolsOf({ legs }: StructurePosition): readonly string[] {
  const held = legs.filter(({ quantity }) => quantity !== 0);
  return held.map(({ instrument }) => instrumentSymbol(instrument));
}

/** Options of a session before that no quote of now begins the day of, were it only too wide: what they may have
 * lost is unknown, not nothing. */
function withoutStart(desk: DeskContext, { legs }: StructurePosition): readonly string[] {
  return legs.flatMap(({ instrument }) => {
    const isWaiting = instrument.kind === 'option' && soundMid(desk, instrument) === undefined;
    return isWaiting ? [instrumentSymbol(instrument)] : [];
  });
}

/** What leaving a position now brings beyond its opening; below nothing only where that was lost before the day
 * and the planned loss is the worst case, which has it in it. */
function gainSinceOpening(position: StructurePosition, { liquidationCents }: PositionMark): number {
  const { carriedCents, exitPlan, openCashCents } = position;
  const least = exitPlan?.plannedLossCents === undefined ? Math.min(0, carriedCents) : 0;
  return Math.max(least, (liquidationCents ?? Number.NEGATIVE_INFINITY) + openCashCents);
}

/** The day so far, marked at this step: what was gained before it began is no part of it, nor is anything of
 * which it is not known yet what it began its day at, nor what expired before it. */
export function dayPnl(desk: DeskContext): DayPnl {
  const { realizedCents, feesCents } = desk.book.day();
  let liquidation: number | undefined = realizedCents - feesCents;
  let mid: number | undefined = liquidation;
  let best: number | undefined = liquidation;
  let openGain = 0;
  let trusted = true;
  let evidence = 0;
  const held = heldInSession(desk);
  const outside = held.filter(({ legs }) => areOutsideChain(desk, legs));
  const unmarkable = outside.flatMap(symbolsOf);
  const market = marksNow(desk);
  for (const position of held) {
    if (outside.includes(position)) continue;
    const mark = markPosition(position.legs, market);
    openGain += gainSinceOpening(position, mark);
    if (position.isCarryDue) {
      unmarkable.push(...withoutStart(desk, position));
      continue;
    }
    const sinceOpen = position.openCashCents - position.carriedCents;
    liquidation = plus(liquidation, mark.liquidationCents, sinceOpen);
    mid = plus(mid, mark.midCents, sinceOpen);
    best = plus(best, mark.atBestCents, sinceOpen);
    trusted &&= mark.trusted;
    evidence = Math.max(evidence, mark.evidenceAt ?? 0);
    for (const { symbol } of mark.unmarkable) unmarkable.push(symbol);
  }
  return {
    liquidationCents: liquidation === undefined ? undefined : cents(liquidation),
    midCents: mid === undefined ? undefined : cents(mid),
    atBestCents: best === undefined ? undefined : cents(best),
    openGainCents: cents(openGain),
    trusted,
    unmarkable,
    evidenceAt: evidence === 0 ? undefined : epochMicros(evidence),
  };
}

function plus(
  sum: number | undefined,
  value: number | undefined,
  base: number,
): number | undefined {
  return sum === undefined || value === undefined ? undefined : sum + value + base;
}
