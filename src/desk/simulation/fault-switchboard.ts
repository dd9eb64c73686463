/** Switches planned faults on and off as their time comes. */

import { assert } from '../../engine/domain/assert.ts';
import type { AuditKind } from '../../engine/domain/audit-record.ts';
import type { At } from '../../engine/domain/clock.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import { addMicros, MICROS_PER_MINUTE } from '../../engine/domain/units.ts';
import type { Input } from '../inputs.ts';
import { soonest } from './event-queue.ts';
import type { BrokerAccount } from './far-broker.ts';
import type { FeedModel, FeedTemper } from './feed-model.ts';
import type { JournalModel } from './journal-model.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { FaultKind, PlannedFault } from './session-faults.ts';
import type { ClockJump } from './skewed-clock.ts';

/** What faults act on. */
export interface FaultyWorld {
  readonly journal: JournalModel;
  readonly feed: FeedModel;
  readonly broker: () => BrokerAccount;
  step(input: Input): void;
  /** The process dies and is started again, the clocks set by so much where it is given. */
  crash(set: ClockJump | undefined): void;
  /** The engine's clocks step while it runs. */
  setClocks(jump: ClockJump): void;
  onHiddenFills(): void;
  onFault(kind: FaultKind): void;
}

/** Records in whose wake a crash is of interest. */
const CRASH_POINTS: readonly AuditKind[] = [
  'previewMade',
  'intentRecorded',
  'orderSent',
  'brokerEvent',
  'cancelRequested',
  'exitTriggered',
  'killEngaged',
  'killReleased',
  'flattenRequested',
];
const CRASH_AT_THE_LATEST_MICROS = 20 * MICROS_PER_MINUTE;
const FEED_SWITCHES: Readonly<Partial<Record<FaultKind, keyof FeedTemper>>> = {
  feedFreeze: 'frozen',
  feedDisconnect: 'disconnected',
  optionsSilent: 'optionsSilent',
  spotSilent: 'spotSilent',
  silentLegs: 'silentLegs',
  listingAway: 'listingAway',
  crossedQuotes: 'crossed',
  oneSidedQuotes: 'oneSided',
  thinQuotes: 'thin',
  jumpedQuotes: 'jumped',
  oddQuotes: 'odd',
  bareWings: 'bare',
  flickeringQuotes: 'flicker',
};
/** Kinds that hold up only what needs the journal. */
const OF_THE_JOURNAL: ReadonlySet<FaultKind> = new Set(['journalFailure', 'journalDelay']);
/** Kinds under which a close may be impossible for a while. */
const TROUBLE: ReadonlySet<FaultKind> = new Set([
  ...OF_THE_JOURNAL,
  'feedFreeze',
  'feedDisconnect',
  'optionsSilent',
  'spotSilent',
  'silentLegs',
  'crossedQuotes',
  'oneSidedQuotes',
  'thinQuotes',
  'jumpedQuotes',
  'oddQuotes',
  'bareWings',
  'flickeringQuotes',
  'crash',
  'rejects',
  'refusedCancels',
  'refusedLimits',
  'unknownOutcomes',
  'unreportedFill',
  'clockAhead',
  'clockBack',
]);

/** A disk this many times as slow takes up to a minute for one sync: it hangs. */
const SLOWEST_DISK = 20_000;
const LONGEST_JUMP_MICROS = 2 * MICROS_PER_MINUTE;

/** Both clocks by the same, as on a machine that is set right, or one of them alone. */
function clockJump(random: SeededRandom): ClockJump {
  const micros = random.whole(1, LONGEST_JUMP_MICROS);
  const which = random.pick(['both', 'market', 'wall'] as const);
  return { market: which === 'wall' ? 0 : micros, wall: which === 'market' ? 0 : micros };
}

interface ArmedCrash {
  readonly behind: AuditKind;
  readonly latest: EpochMicros;
}

export class FaultSwitchboard {
  readonly #world: FaultyWorld;
  readonly #random: SeededRandom;
  #waiting: readonly PlannedFault[];
  #active: PlannedFault[] = [];
  #crash: ArmedCrash | undefined;
  #isCrashDue = false;
  #setAtRestart: ClockJump | undefined;

  constructor(plan: readonly PlannedFault[], random: SeededRandom, world: FaultyWorld) {
    this.#waiting = plan;
    this.#random = random;
    this.#world = world;
  }

  /** When something is next switched. */
  next(): EpochMicros | undefined {
    let next = soonest(this.#waiting[0]?.from, this.#crash?.latest);
    for (const { until } of this.#active) next = soonest(next, until);
    return next;
  }

  /** True while a close may be held up by something that this switchboard does. */
  get isTrouble(): boolean {
    return this.#active.some(({ kind }) => TROUBLE.has(kind));
  }

  /** True while that holds up no more than what needs the journal. */
  get isOfJournal(): boolean {
    return this.#active.every(({ kind }) => !TROUBLE.has(kind) || OF_THE_JOURNAL.has(kind));
  }

  /** Switches what is due. */
  run(at: At): void {
    for (const fault of this.#active.filter(({ until }) => until <= at.market)) {
      this.#active = this.#active.filter((other) => other !== fault);
      this.#end(fault, at);
    }
    while (this.#waiting[0] !== undefined && this.#waiting[0].from <= at.market) {
      const [fault, ...later] = this.#waiting;
      this.#waiting = later;
      this.#active.push(fault);
      this.#world.onFault(fault.kind);
      this.#begin(fault, at);
    }
    if (this.#crash !== undefined && this.#crash.latest <= at.market) this.#isCrashDue = true;
  }

  /** A record went to the journal: the armed crash may follow it. */
  onRecord(kind: AuditKind): void {
    if (this.#crash?.behind === kind) this.#isCrashDue = true;
  }

  /** Called between inputs: crashes if it is time. */
  crashIfDue(): void {
    if (!this.#isCrashDue) return;
    this.#isCrashDue = false;
    this.#crash = undefined;
    const set = this.#setAtRestart;
    this.#setAtRestart = undefined;
    this.#world.crash(set);
  }

  #begin({ kind, behind }: PlannedFault, at: At): void {
    const { journal, broker } = this.#world;
    const random = this.#random;
    if (FEED_SWITCHES[kind] !== undefined) this.#switchFeed(kind, true, at);
    else if (kind === 'journalFailure') {
      journal.disk = { ...journal.disk, failed: true, reserveFull: random.chance(0.25) };
    } else if (kind === 'journalDelay') {
      journal.disk = { ...journal.disk, slowness: random.between(100, SLOWEST_DISK) };
    } else if (kind === 'journalEcho') journal.disk = { ...journal.disk, echoes: true };
    else if (kind === 'rejects') broker().setKnobs({ rejectNext: random.whole(1, 2) });
    else if (kind === 'refusedCancels') {
      broker().setKnobs({ refuseCancelNext: random.whole(1, 4) });
    } else if (kind === 'refusedLimits') {
      broker().setKnobs({ refuseLimitNext: random.whole(1, 8) });
    } else if (kind === 'unknownOutcomes') broker().setKnobs({ unknownNext: random.whole(1, 2) });
    else if (kind === 'unreportedFill') {
      broker().setKnobs({ dropFillEvents: 1 });
      this.#world.onHiddenFills();
    } else if (kind === 'clockAhead') this.#world.setClocks(clockJump(random));
    else if (kind === 'clockBack') {
      const { market, wall } = clockJump(random);
      this.#setAtRestart = { market: -market, wall: -wall };
      this.#isCrashDue = true;
    } else {
      assert(kind === 'crash', 'every kind of fault has a beginning');
      const latest = addMicros(at.market, CRASH_AT_THE_LATEST_MICROS);
      this.#crash ??= { behind: behind ?? random.pick(CRASH_POINTS), latest };
    }
  }

  #end({ kind }: PlannedFault, at: At): void {
    const { journal } = this.#world;
    if (FEED_SWITCHES[kind] !== undefined) this.#switchFeed(kind, false, at);
    else if (kind === 'journalFailure' || kind === 'unreportedFill') this.#isCrashDue = true;
    else if (kind === 'journalDelay') journal.disk = { ...journal.disk, slowness: 1 };
    else if (kind === 'journalEcho') journal.disk = { ...journal.disk, echoes: false };
  }

  #switchFeed(kind: FaultKind, isOn: boolean, at: At): void {
    const { feed } = this.#world;
    const name = FEED_SWITCHES[kind];
    const others = this.#active.some((fault) => fault.kind === kind);
    if (name === undefined || (!isOn && others)) return;
    feed.temper = { ...feed.temper, [name]: isOn };
    // Who has the listing needs no other: it is missed by an engine that starts.
    if (kind === 'listingAway' && isOn) this.#isCrashDue = true;
    if (kind !== 'feedDisconnect') return;
    const detail = isOn ? 'the socket closed' : 'authorised and subscribed';
    this.#world.step({ kind: 'feed', at, connected: !isOn, detail });
  }
}
