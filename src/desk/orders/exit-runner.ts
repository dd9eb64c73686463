/**
 * Watches every position on every batch of quotes: stops, targets, time exits, the schedule. What is
 * being closed already is watched too, so that a patient close hurries when a stop breaks. Nothing
 * is left this way once not even the reserve takes records: then only the console flattens.
 */

import type { StructurePosition } from '../../engine/portfolio/portfolio-book.ts';
import {
  areLeftToExpire,
  asOpenPosition,
  heldInSession,
  isOthersOutsideChain,
} from '../account/held-position.ts';
import type { DaySchedule, DeskContext } from '../desk-context.ts';
import { noteBest } from '../desk-context.ts';
import { evaluateExit } from '../exits/evaluate-exit.ts';
import type { ExitClose, ExitMemory, ExitPart } from '../exits/exit-input.ts';
import { legsOfPart, NO_EXIT_MEMORY } from '../exits/exit-input.ts';
import type { ExitPolicy } from '../exits/exit-policy.ts';
import { policyOf } from '../exits/exit-policy.ts';
import type { OpenPosition } from '../exits/open-position.ts';
import { awaitQuotes } from '../session/chain-filling.ts';
import { begunExit, isRestLeft } from './begun-exits.ts';
import { isBeingReported } from './being-reported.ts';
import type { ClosePause } from './close-pause.ts';
import { isHeldBack, isPausing, pauseAfter } from './close-pause.ts';
import { freeLegs, isAllOrdered } from './closing.ts';
import { restingApart } from './closing-floor.ts';
import { tellHurried } from './exit-cause.ts';
import { ExitMarket } from './exit-market.ts';
import { closePosition, hurryClosings, LEFT_TO_EXPIRE, tellLeftToExpire } from './flattening.ts';
import { shortsBeside } from './long-cover.ts';
import { isFinal } from './order-book.ts';
import { mayCloseFrom } from './refused-closes.ts';
import { requestCancel } from './sending.ts';

/** What is told of a position that cannot be left. A trader's close that cannot go on is told so too: whichever
 * ends it, the other tells it again. */
const REFUSED = 'EXIT_REFUSED';

/** A position as it is judged. Kept while no order closes any of it and it covers nothing beside it; the
 * whole of it is kept meanwhile too. */
interface Watched {
  /** The look at the book, the schedule, and whether its opening had ended, that it was made from. */
  readonly from: StructurePosition;
  readonly schedule: DaySchedule;
  readonly isOpened: boolean;
  /** Orders close some of it, or it covers something: what of it is judged is for them to say each time. */
  readonly isTouched: boolean;
  readonly whole: OpenPosition;
  readonly position: OpenPosition;
  /** All of it, where orders close a part. */
  readonly held: OpenPosition | undefined;
  readonly policy: ExitPolicy;
  /** Nothing of it is free, but for what nobody buys: orders close all of it already, or it stays for the
   * shorts that it covers. */
  readonly isClosing: boolean;
}

/** What was seen at best goes on from what the journal holds. */
function firstMemory({ day }: DeskContext, positionId: string): ExitMemory {
  const { bestGain, leastDebit } = day.bests.get(positionId) ?? {};
  if (bestGain === undefined && leastDebit === undefined) return NO_EXIT_MEMORY;
  const { gain, eased } = NO_EXIT_MEMORY;
  return {
    ...NO_EXIT_MEMORY,
    gain: { ...gain, best: bestGain },
    eased: { ...eased, best: leastDebit === undefined ? undefined : 0 - leastDebit },
  };
}

/** What a stop follows is recorded as it gets better: after a crash the stop is not one cent looser. */
function recordBest(
  desk: DeskContext,
  positionId: string,
  { gain, eased }: ExitMemory,
  before: ExitMemory,
): void {
  if (gain.best !== undefined && gain.best !== before.gain.best) {
    const seen = { bestGain: gain.best };
    noteBest(desk, positionId, seen);
    desk.out.append({ kind: 'trailRaised', positionId, ...seen }, true);
  }
  if (eased.best !== undefined && eased.best !== before.eased.best) {
    const seen = { leastDebit: 0 - eased.best };
    noteBest(desk, positionId, seen);
    desk.out.append({ kind: 'sideEased', positionId, ...seen }, true);
  }
}

/** What orders close already is hurried by what would close it now; a stop or a dividend is told as well. */
function hurryBy(desk: DeskContext, position: StructurePosition, decision: ExitClose): void {
  hurryClosings(desk, position.positionId, decision.urgency, decision.close);
  tellHurried(desk, position, decision);
}

/** A trade that is at its target with what a close of it left out leaves by one order: what rests for the target
 * by a part of it is called back, and all is given anew behind that. True while something is. */
function joins(desk: DeskContext, position: StructurePosition, { reason }: ExitClose): boolean {
  const apart = reason === 'target' ? restingApart(desk, position) : [];
  for (const order of apart) {
    if (desk.at.wall < (order.cancelAgainAt ?? 0)) continue;
    order.reason = 'it is given anew with what it left out, which has a market again';
    requestCancel(desk, order, 'engine');
  }
  return apart.length > 0;
}

/** What is begun and not through, where nothing else is to be left. */
function goesOn(desk: DeskContext, { position, held, isClosing }: Watched): ExitClose | undefined {
  return isClosing ? undefined : begunExit(desk, position, held ?? position);
}

/** Core thread only. Breaches are counted anew from fresh quotes after a restart, never guessed. */
export class ExitRunner {
  readonly #memory = new Map<string, ExitMemory>();
  readonly #pauses = new Map<string, ClosePause>();
  readonly #watched = new Map<string, Watched>();
  /** Which part of a position could not be left, and why, as it was last told. After a restart it is told anew
   * where it is so still; until then the page stands while anything is short. */
  readonly #told = new Map<string, { readonly part: ExitPart; readonly text: string }>();
  #market: ExitMarket | undefined;

  /** Judges every position once, but for what the chain of this session never quotes: no order of it closes that,
   * its schedule is not its own, and whoever watches the marks has told of it. Called after each batch and on
   * the clock. */
  run(desk: DeskContext): void {
    if (!desk.day.chainOpen || desk.day.reserveExhausted) return;
    if (!desk.book.hasStructures()) {
      this.#forgetAll();
      desk.evidence.forget();
      return;
    }
    this.#market ??= new ExitMarket(desk);
    this.#market.look();
    for (const position of heldInSession(desk)) {
      if (!isOthersOutsideChain(desk, position)) this.#judge(desk, position, this.#market);
    }
  }

  /** Clearing a map makes a new table, even of an empty one. */
  #forgetAll(): void {
    if (this.#memory.size > 0) this.#memory.clear();
    if (this.#pauses.size > 0) this.#pauses.clear();
    if (this.#watched.size > 0) this.#watched.clear();
    if (this.#told.size > 0) this.#told.clear();
  }

  /** The position without what orders close already; while they close all that can be, the whole. */
  #watch(desk: DeskContext, from: StructurePosition): Watched {
    const known = this.#watched.get(from.positionId);
    const { schedule } = desk.day;
    const isOrdered = desk.orders.isClosing(from.positionId);
    const isTouched = isOrdered || shortsBeside(desk, from).length > 0;
    const opening = desk.orders.get(from.positionId);
    const isOpened = opening !== undefined && isFinal(opening);
    const isSame =
      known?.from === from && known.schedule === schedule && known.isOpened === isOpened;
    if (isSame && !isTouched && !known.isTouched) return known;
    const free = freeLegs(desk, from);
    const isClosing = free.length === 0 || isAllOrdered(desk, from, free);
    const whole = isSame ? known.whole : asOpenPosition(desk, from);
    const isPart = isTouched && !isClosing;
    const position = isPart ? { ...whole, legs: free } : whole;
    const held = isPart ? whole : undefined;
    const policy = policyOf(whole.exitPlan);
    const look = { from, schedule, isOpened, isTouched };
    const watched = { ...look, whole, position, held, policy, isClosing };
    this.#watched.set(from.positionId, watched);
    return watched;
  }

  #judge(desk: DeskContext, position: StructurePosition, market: ExitMarket): void {
    const { positionId } = position;
    if (isBeingReported(desk, positionId)) return;
    const watched = this.#watch(desk, position);
    const { isClosing } = watched;
    if (areLeftToExpire(desk, watched.position.legs)) {
      const isDue = desk.at.market >= desk.day.schedule.flattenDeadlineAt;
      if (isDue && !isClosing) tellLeftToExpire(desk, positionId);
      this.#endTold(desk, positionId, LEFT_TO_EXPIRE);
      return;
    }
    const before = this.#memory.get(positionId) ?? firstMemory(desk, positionId);
    const { memory, decision, hurry } = evaluateExit(market.input(watched, before));
    if (memory !== before || !this.#memory.has(positionId)) this.#memory.set(positionId, memory);
    if (memory !== before) recordBest(desk, positionId, memory, before);
    for (const stop of hurry ?? []) hurryBy(desk, position, stop);
    const exit = decision === 'hold' ? goesOn(desk, watched) : decision;
    if (exit === undefined) this.#endLeft(desk, watched);
    else this.#leave(desk, watched, exit);
  }

  /** What was told of a position is over. */
  #endTold(desk: DeskContext, positionId: string, how: string): void {
    this.#told.delete(positionId);
    desk.out.settlePosition([REFUSED], positionId, `${positionId}: ${how}`);
  }

  /** Where nothing is to be left, what could not be of a side that is begun is left to expire. What was told of
   * the other side stands, and of a trader's close. */
  #endLeft(desk: DeskContext, { position, held = position }: Watched): void {
    const { positionId } = position;
    if (!desk.out.isOpen(REFUSED, positionId)) return;
    const part = this.#told.get(positionId)?.part;
    const { told = '' } = desk.day.askedCloses.get(positionId) ?? {};
    if (told !== '' || !isRestLeft(desk, position, held, part)) return;
    this.#endTold(desk, positionId, LEFT_TO_EXPIRE);
  }

  #leave(desk: DeskContext, watched: Watched, exit: ExitClose): void {
    const { from: position, position: free, isClosing } = watched;
    const { positionId } = position;
    if (joins(desk, position, exit)) return;
    if (isClosing) {
      hurryBy(desk, position, exit);
      return;
    }
    const { close, reason, numbers, urgency } = exit;
    hurryClosings(desk, positionId, urgency, close);
    if (awaitQuotes(desk, legsOfPart(free, close))) return;
    const { wall } = desk.at;
    const pause = this.#pauses.get(positionId);
    if (isHeldBack(pause, wall) || wall < mayCloseFrom(desk, positionId)) return;
    const outcome = closePosition(desk, position, {
      purpose: 'exit',
      part: close,
      urgency,
      principal: 'engine',
      tokenSha256: null,
      previewId: null,
      because: { reason, numbers },
    });
    if (outcome.refused === undefined) {
      this.#endTold(desk, positionId, 'an exit of it goes out');
      return;
    }
    if (isPausing(pause, wall)) return;
    this.#pauses.set(positionId, pauseAfter(outcome, wall));
    const text = `${positionId} should be left (${reason}) but cannot be: ${outcome.refused}`;
    const isOpen = desk.out.isOpen(REFUSED, positionId);
    if (isOpen && this.#told.get(positionId)?.text === text) return;
    this.#told.set(positionId, { part: close, text });
    desk.out.alert('critical', REFUSED, text, positionId);
  }
}
