/** The ideas of traders who ask to be told of something and take that back: mostly sane, some hopeless, some
 * of what is so already. One user. */

import type { EpochMicros } from '../../engine/domain/units.ts';
import { addMicros, MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import type { Caller } from '../engine-api.ts';
import type { AlertRequest } from '../engine-api-plan.ts';
import type { Command } from '../inputs.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { TraderView } from './trader-view.ts';

/** What nobody has set. */
const NOTHING = { alertId: 'a20261120-999', caller: undefined };

interface Asking {
  readonly caller: Caller;
  readonly command: Command;
}

/** In so many sessions somebody asks for alerts. */
const PRESENT_CHANCE = 0.25;
const FIRST_AFTER_SECONDS = [60, 900] as const;
const PAUSE_SECONDS = [60, 2_400] as const;
const HABITS = { set: 70, hopeless: 12, clear: 14, foreign: 4, burst: 0.5 };
const REARMED_CHANCE = 0.4;
const OF_A_POSITION_CHANCE = 0.5;
/** More than one client may set. */
const BURST = 24;

type Subject = AlertRequest['on'];
const SUBJECTS: readonly Subject[] = [
  'spot',
  'short_delta',
  'pnl',
  'straddle',
  'minutes_to_cutoff',
];
/** What can never be, in the unit of each subject. */
const HOPELESS: readonly AlertRequest[] = [
  { on: 'spot', direction: 'above', level: 5_000 },
  { on: 'spot', direction: 'below', level: 0.01 },
  { on: 'short_delta', direction: 'above', level: 101 },
  { on: 'pnl', direction: 'below', level: -1_000_000 },
  { on: 'pnl', direction: 'above', level: 10, positionId: '20261120-000996' },
  { on: 'straddle', direction: 'above', level: 1_000 },
  { on: 'minutes_to_cutoff', direction: 'below', level: -600 },
];
/** Armed again once the value is back by so much; of the underlying it is a fraction. */
const BACK_BY: Readonly<Record<Subject, number>> = {
  spot: 0.001,
  short_delta: 5,
  pnl: 10,
  straddle: 5,
  minutes_to_cutoff: 1,
};

/** The chance of whoever asks for alerts; undefined where nobody does. */
export function alertsOf(random: SeededRandom): SeededRandom | undefined {
  return random.chance(PRESENT_CHANCE) ? random : undefined;
}

export class AlertSetter {
  readonly #random: SeededRandom;
  readonly #own: readonly Caller[];
  readonly #other: Caller;
  #set: { readonly alertId: string; readonly caller: Caller }[] = [];
  #next: EpochMicros;

  /** `own`: whoever sets alerts; `other`: somebody who has set none. */
  constructor(
    random: SeededRandom,
    from: EpochMicros,
    callers: { readonly own: readonly Caller[]; readonly other: Caller },
  ) {
    this.#random = random;
    this.#own = callers.own;
    this.#other = callers.other;
    this.#next = addMicros(from, random.between(...FIRST_AFTER_SECONDS) * MICROS_PER_SECOND);
  }

  next(): EpochMicros {
    return this.#next;
  }

  /** What comes to mind at this moment, if anything. */
  ideas(view: TraderView): readonly Asking[] {
    const { wall } = view.at;
    if (wall < this.#next) return [];
    const random = this.#random;
    this.#next = addMicros(wall, random.between(...PAUSE_SECONDS) * MICROS_PER_SECOND);
    const habit = random.weighted(HABITS);
    if (habit === 'set') return [this.#ask(this.#sensible(view))];
    if (habit === 'hopeless') return [this.#ask(random.pick(HOPELESS))];
    if (habit === 'burst') {
      return Array.from({ length: BURST }, () => this.#ask(random.pick(HOPELESS)));
    }
    const alerts = this.#set;
    const { alertId, caller } = alerts.length === 0 ? NOTHING : random.pick(alerts);
    const clears = habit === 'foreign' ? this.#other : (caller ?? this.#other);
    return [{ caller: clears, command: { kind: 'clearAlert', alertId } }];
  }

  onAnswer({ caller, command }: Asking, alertId: string | undefined): void {
    if (alertId === undefined) return;
    if (command.kind === 'setAlert') this.#set.push({ alertId, caller });
    else this.#set = this.#set.filter((each) => each.alertId !== alertId);
  }

  #ask(request: AlertRequest): Asking {
    return { caller: this.#random.pick(this.#own), command: { kind: 'setAlert', request } };
  }

  #sensible(view: TraderView): AlertRequest {
    const random = this.#random;
    const on = random.pick(SUBJECTS);
    const direction = random.pick(['above', 'below'] as const);
    const level = this.#level(on, direction === 'above' ? 1 : -1, view);
    const scale = on === 'spot' ? view.spotDollars : 1;
    const isOfPosition = on === 'pnl' || on === 'short_delta';
    const positionId =
      isOfPosition && view.positionIds.length > 0 && random.chance(OF_A_POSITION_CHANCE)
        ? random.pick(view.positionIds)
        : undefined;
    return {
      on,
      direction,
      level,
      ...(positionId !== undefined && { positionId }),
      ...(random.chance(REARMED_CHANCE) && { rearmBy: BACK_BY[on] * scale }),
      ...(random.chance(0.3) && { note: 'look at the condor' }),
    };
  }

  /** `sign`: 1 above, -1 below. */
  #level(on: Subject, sign: 1 | -1, { spotDollars }: TraderView): number {
    const random = this.#random;
    switch (on) {
      case 'spot':
        return spotDollars * (1 + sign * random.between(-0.002, 0.008));
      case 'short_delta':
        return sign > 0 ? random.whole(15, 60) : random.whole(5, 40);
      case 'pnl':
        return sign * random.whole(1, 120);
      case 'straddle':
        return 100 + sign * random.whole(-5, 30);
      case 'minutes_to_cutoff':
        return random.whole(1, 300);
    }
  }
}
