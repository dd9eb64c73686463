/** The operator of a session with a plan sheet lets it send at the console, before there is a session, with a
 * budget too small, twice, takes that back, and lets it send again after a restart. One user. */

import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import { addMicros, MICROS_PER_MINUTE, MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import type { Command } from '../inputs.ts';
import { soonest } from './event-queue.ts';
import type { SeededRandom } from './seeded-random.ts';

/** `trader`: somebody who must not. */
type Asker = 'operator' | 'trader';

/** A command about the plan, and who gives it. */
export interface PlanMove {
  readonly by: Asker;
  readonly command: Extract<Command, { kind: 'planGrant' | 'planRevoke' }>;
}

interface Act {
  readonly due: EpochMicros;
  readonly move: PlanMove;
}

/** Cents: less than any order may lose, some of them, all. */
const BUDGETS = [5_000, 30_000, 60_000, 150_000, 1_000_000];
/** No chain is listed so early. */
const EARLY_MINUTES = 1;
const GRANTS_WITHIN_MINUTES = 12;
const REVOKES_WITHIN_MINUTES = 60;
const AFTER_LAST_TRADE_MINUTES = 10;
/** How likely each is. */
const CHANCE = { early: 0.2, first: 0.85, again: 0.4, revoke: 0.35, trader: 0.1, late: 0.1 };
const AFTER_RESTART_CHANCE = 0.7;
const AFTER_RESTART_SECONDS = [3, 600] as const;

export class SheetOperator {
  readonly #random: SeededRandom;
  #acts: readonly Act[];

  constructor(random: SeededRandom, { open, lastTrade }: SessionTimes) {
    this.#random = random;
    const minutes = (lastTrade - open) / MICROS_PER_MINUTE;
    const at = (minute: number) => addMicros(open, Math.round(minute * MICROS_PER_MINUTE));
    const acts: Act[] = [];
    if (random.chance(CHANCE.early)) acts.push(this.#grant(at(-EARLY_MINUTES)));
    const first = at(random.between(0, GRANTS_WITHIN_MINUTES));
    if (random.chance(CHANCE.first)) acts.push(this.#grant(first));
    const again = at(random.between(0, minutes));
    if (random.chance(CHANCE.again)) acts.push(this.#grant(again));
    const trader = at(random.between(0, minutes));
    if (random.chance(CHANCE.trader)) acts.push(this.#grant(trader, 'trader'));
    const revoke = at(random.between(0, REVOKES_WITHIN_MINUTES));
    if (random.chance(CHANCE.revoke)) {
      acts.push({ due: revoke, move: { by: 'operator', command: { kind: 'planRevoke' } } });
    }
    const late = at(minutes + AFTER_LAST_TRADE_MINUTES);
    if (random.chance(CHANCE.late)) acts.push(this.#grant(late));
    this.#acts = acts;
  }

  #grant(due: EpochMicros, by: Asker = 'operator'): Act {
    const budgetCents = this.#random.pick(BUDGETS);
    const grantSha256 = this.#random.hex(64);
    return { due, move: { by, command: { kind: 'planGrant', budgetCents, grantSha256 } } };
  }

  /** When something is next asked for. */
  next(): EpochMicros | undefined {
    return soonest(...this.#acts.map(({ due }) => due));
  }

  /** What is asked for at this moment. */
  moves(now: EpochMicros): readonly PlanMove[] {
    const due = this.#acts.filter((act) => act.due <= now);
    this.#acts = this.#acts.filter((act) => act.due > now);
    return due.toSorted((a, b) => a.due - b.due).map(({ move }) => move);
  }

  /** The engine was down, and the operator sees it start. */
  onCrash(now: EpochMicros): void {
    const random = this.#random;
    const seconds = random.between(...AFTER_RESTART_SECONDS);
    const due = addMicros(now, Math.round(seconds * MICROS_PER_SECOND));
    if (random.chance(AFTER_RESTART_CHANCE)) this.#acts = [...this.#acts, this.#grant(due)];
  }
}
