/** What the judges of exits see, what they remember, and what they answer. */
import type { At } from '../../engine/domain/clock.ts';
import type { Urgency } from '../../engine/domain/exit-choices.ts';
import type { Right } from '../../engine/domain/instrument.ts';
import type { Bar } from '../../engine/domain/market.ts';
import type { QuoteOf } from '../../engine/domain/net-price.ts';
import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import type { EpochMicros, Price } from '../../engine/domain/units.ts';
import type { Denial } from '../../engine/domain/verdict.ts';
import { type BreachMemory, NO_BREACH } from '../../risk/breach.ts';
import type { ExitPolicy } from './exit-policy.ts';
import type { FlatBySchedule } from './flat-by.ts';
import type { RecentMarket } from './jump.ts';
import type { HeldLeg, OpenPosition } from './open-position.ts';
import { NO_TRAIL, type TrailMemory } from './trailing.ts';

/** The breaches of one position, each with a memory of its own. `NO_EXIT_MEMORY` to begin with. */
export interface ExitMemory {
  readonly whole: BreachMemory;
  readonly callSide: BreachMemory;
  readonly putSide: BreachMemory;
  readonly trail: BreachMemory;
  readonly gain: TrailMemory;
  /** Of the side that is left of a condor with a breakeven stop: the least that it has cost, less than nothing. */
  readonly eased: TrailMemory;
}

export const NO_EXIT_MEMORY: ExitMemory = {
  whole: NO_BREACH,
  callSide: NO_BREACH,
  putSide: NO_BREACH,
  trail: NO_BREACH,
  gain: NO_TRAIL,
  eased: NO_TRAIL,
};

export interface ExitInput {
  /** What no order closes yet. */
  readonly position: OpenPosition;
  /** All that is held, where orders close a part of it already. That part may yet stay: the broker can
   * refuse a close. */
  readonly held?: OpenPosition | undefined;
  readonly quotes: QuoteOf;
  readonly at: At;
  readonly session: SessionTimes;
  readonly flatBy: FlatBySchedule;
  readonly policy: ExitPolicy;
  readonly memory: ExitMemory;
  /** Of the underlying; undefined = not known. */
  readonly spot: Price | undefined;
  /** The same where its own market is to be trusted now; asked for only once a stop is broken, or a dividend is
   * near. */
  readonly soundSpot: () => Price | undefined;
  /** The market of the last moments, for what jumped in them. */
  readonly recent: RecentMarket;
  /** One-minute bars of the underlying, oldest first, the one that is forming included. */
  readonly bars: readonly Bar[];
  /** From when shorts for a nickel are bought back; undefined = never. */
  readonly nickelFrom: EpochMicros | undefined;
  /** The underlying trades without its dividend from the next session on. */
  readonly isExDividendEve: boolean;
}

/** What prices of the whole are held against: all that is held, whatever orders close of it. */
export function wholeOf({ position, held }: ExitInput): OpenPosition {
  return held ?? position;
}

export type ExitReason =
  | 'stop'
  | 'callSideStop'
  | 'putSideStop'
  | 'trail'
  | 'oppositeBreak'
  | 'target'
  | 'nickel'
  | 'exDividend'
  | 'timeExit'
  | 'flatBy';

export type Side = 'callSide' | 'putSide';
export type ExitPart = 'whole' | Side | 'callShorts' | 'putShorts';

export interface ExitClose {
  readonly close: ExitPart;
  readonly reason: ExitReason;
  readonly numbers: Denial['numbers'];
  readonly urgency: Urgency;
}

type Parts = Partial<Record<ExitPart, readonly HeldLeg[]>>;

/** Parts taken before, by the legs of the position: they never change, and are asked for on every
 * batch of quotes. */
const PARTS = new WeakMap<readonly HeldLeg[], Parts>();

/** Legs of one part: shares belong to neither side. */
export function legsOfPart({ legs }: OpenPosition, part: ExitPart): readonly HeldLeg[] {
  if (part === 'whole') return legs;
  let parts = PARTS.get(legs);
  if (parts === undefined) {
    parts = {};
    PARTS.set(legs, parts);
  }
  parts[part] ??= partOf(legs, part);
  return parts[part];
}

/** The right of whatever belongs to a part; undefined for the whole. */
export function rightOfPart(part: ExitPart): Right | undefined {
  if (part === 'whole') return undefined;
  return part === 'callSide' || part === 'callShorts' ? 'call' : 'put';
}

function partOf(legs: readonly HeldLeg[], part: Exclude<ExitPart, 'whole'>): readonly HeldLeg[] {
  const right = rightOfPart(part);
  const isShorts = part === 'callShorts' || part === 'putShorts';
  return legs.filter(
    ({ instrument, quantity }) =>
      instrument.kind === 'option' && instrument.right === right && (quantity < 0 || !isShorts),
  );
}

/** True for a side that is short something. */
export function isShortSide(position: OpenPosition, side: Side): boolean {
  return legsOfPart(position, side).some(({ quantity }) => quantity < 0);
}

/** The side's name, or `whole` where nothing else is held. */
export function sideOrWhole(position: OpenPosition, side: Side): ExitPart {
  return legsOfPart(position, side).length === position.legs.length ? 'whole' : side;
}
