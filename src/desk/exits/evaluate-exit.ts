/**
 * Decides, tick by tick, whether a position is to be left: by the clock first, then by its stops,
 * then by what the plan takes as a win or as the end of the idea. A pure fold: what it must remember
 * it hands back.
 */
import { moreUrgent } from '../../engine/domain/exit-choices.ts';
import type { ExitClose, ExitInput, ExitMemory } from './exit-input.ts';
import { isShortSide } from './exit-input.ts';
import { judgeClock, judgeExDividend, judgeNickel, judgeRange, judgeTarget } from './judge-rest.ts';
import type { StopJudgement } from './judge-stops.ts';
import {
  judgeEased,
  judgeSide,
  judgeTrail,
  judgeWhole,
  sideClose,
  sideStopped,
} from './judge-stops.ts';

export type ExitDecision = 'hold' | ExitClose;

export interface ExitJudgement {
  readonly memory: ExitMemory;
  readonly decision: ExitDecision;
  /** What is left beside the decision: a side that orders close already, which have to be at least so urgent,
   * or the second of two that one order closes. */
  readonly hurry?: readonly ExitClose[];
}

function isTrading({ at, session }: ExitInput): boolean {
  return at.market >= session.open && at.market < session.lastTrade;
}

/** What each side asks of the orders that close it. One order for both sides is given by the name of the
 * calls: the stop of the puts stands beside it. */
function hurryOf(
  callSide: StopJudgement,
  putSide: StopJudgement,
  { dividend, isOfBoth }: { dividend: ExitClose | undefined; isOfBoth: boolean },
): ExitClose[] | undefined {
  const calls = callSide.hurry;
  const puts = isOfBoth ? putSide.close : putSide.hurry;
  if (calls === undefined && puts === undefined && dividend === undefined) return undefined;
  return [
    dividend,
    calls && sideStopped('callSide', calls),
    puts && sideStopped('putSide', puts),
  ].filter((exit) => exit !== undefined);
}

/** The first reason to leave, as urgent as the most urgent of all that stand for the same legs: what the
 * clock wants gone hurries when a stop is broken as well. */
function hastened(first: ExitClose, others: readonly (ExitClose | undefined)[]): ExitClose {
  let { urgency } = first;
  for (const other of others) {
    if (other === undefined) continue;
    const arePart = first.close !== 'whole' && other.close !== 'whole';
    if (!arePart || first.close === other.close) urgency = moreUrgent(urgency, other.urgency);
  }
  return urgency === first.urgency ? first : { ...first, urgency };
}

/** What was remembered before, where that is the same: nothing new then lives beyond this look. */
function remember(before: ExitMemory, now: ExitMemory): ExitMemory {
  const isSame =
    before.whole === now.whole &&
    before.callSide === now.callSide &&
    before.putSide === now.putSide &&
    before.trail === now.trail &&
    before.gain === now.gain &&
    before.eased === now.eased;
  return isSame ? before : now;
}

/**
 * Judges one position at one moment. Called on every batch of quotes and on the clock, also while orders
 * close a part of it, or all.
 */
export function evaluateExit(input: ExitInput): ExitJudgement {
  if (input.position.legs.length === 0 || !isTrading(input)) {
    return { memory: input.memory, decision: 'hold' };
  }
  const whole = judgeWhole(input);
  const eased = judgeEased(input);
  const callSide = judgeSide('callSide', input, eased);
  const putSide = judgeSide('putSide', input, eased);
  const trail = judgeTrail(input);
  const memory = remember(input.memory, {
    whole: whole.memory,
    callSide: callSide.memory,
    putSide: putSide.memory,
    trail: trail.memory,
    gain: trail.gain,
    eased,
  });
  const stopped: ExitClose | undefined =
    whole.close === undefined ? undefined : { close: 'whole', reason: 'stop', ...whole.close };
  const trailed: ExitClose | undefined =
    trail.close === undefined ? undefined : { close: 'whole', reason: 'trail', ...trail.close };
  const sides = sideClose(input, callSide, putSide);
  const dividend = judgeExDividend(input);
  const isDividendFree = isShortSide(input.position, 'callSide');
  const first =
    judgeClock(input) ??
    (isDividendFree ? dividend : undefined) ??
    stopped ??
    sides ??
    trailed ??
    judgeRange(input) ??
    judgeTarget(input) ??
    judgeNickel(input);
  const decision =
    first === undefined ? 'hold' : hastened(first, [stopped, sides, trailed, judgeRange(input)]);
  const areBothBroken = callSide.close !== undefined && putSide.close !== undefined;
  const hurry = hurryOf(callSide, putSide, {
    dividend: isDividendFree ? undefined : dividend,
    isOfBoth: areBothBroken && first === sides,
  });
  return hurry === undefined ? { memory, decision } : { memory, decision, hurry };
}
