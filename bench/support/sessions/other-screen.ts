/**
 * Somebody at another screen of the same account: closes what the engine holds, or a part of it, calls its
 * orders back, moves their limits and opens positions, at moments that the seed decides. One user.
 */

import type { SeededRandom } from '../../../src/desk/simulation/seeded-random.ts';
import type { SessionTimes } from '../../../src/engine/domain/session-calendar.ts';
import type { EpochMicros } from '../../../src/engine/domain/units.ts';
import { addMicros } from '../../../src/engine/domain/units.ts';

/** The account as it stands on the broker's own screen. */
export interface AccountScreen {
  /** Option contracts by the broker's symbol; negative where short. */
  held(): readonly (readonly [symbol: string, quantity: number])[];
  /** Orders that can be called back, and the symbols of their legs. */
  working(): readonly { readonly id: string; readonly symbols: readonly string[] }[];
  cancel(id: string): void;
  /** Takes so many contracts off at the market; false where nobody trades with it. */
  close(symbol: string, quantity: number): boolean;
  /** Gives an order a limit that is better for its owner by so many cents, or worse; false where the broker
   * takes it from nobody. */
  move(id: string, cents: number): boolean;
  /** Options with both sides of a market, in cents. */
  quoted(): readonly (readonly [symbol: string, bid: number, ask: number])[];
  /** Gives an order that buys so many contracts, each at so many cents a share; false where it is refused. */
  open(symbol: string, quantity: number, cents: number): boolean;
}

type Act = 'close' | 'cancel' | 'move' | 'open';

/** In so many sessions somebody is there. */
const PRESENT_CHANCE = 0.6;
const MOST_ACTS = 3;
/** Of a position of several contracts a part is closed as often as all of it. */
const PART_CHANCE = 0.5;
/** By so many cents somebody moves a limit. */
const MOVES = [-40, -10, -3, -1, 1, 3, 10, 40];
/** Nobody opens what is bid for at less. */
const LEAST_BID_CENTS = 5;
const MOST_OPENED = 2;

export class OtherScreen {
  readonly #random: SeededRandom;
  readonly #moving: SeededRandom;
  readonly #met: (what: string) => void;
  #acts: readonly PlannedAct[] = [];

  /** `moving`: the chance of who moves limits and opens. */
  constructor(
    random: SeededRandom,
    moving: SeededRandom,
    session: SessionTimes,
    met: (what: string) => void,
  ) {
    this.#random = random;
    this.#moving = moving;
    this.#met = met;
    const acts = [
      ...actsOf(random, session, () => random.pick<Act>(['close', 'cancel'])),
      ...actsOf(moving, session, () => moving.pick<Act>(['move', 'open'])),
    ];
    this.#acts = acts.toSorted((a, b) => a.due - b.due);
  }

  /** When somebody wants to act next; what could not be done yet waits without a time of its own. */
  next(now: EpochMicros): EpochMicros | undefined {
    return this.#acts.find(({ due }) => due > now)?.due;
  }

  /** Does what is due and can be done. */
  run(now: EpochMicros, screen: AccountScreen): void {
    const [first, ...later] = this.#acts;
    if (first === undefined || first.due > now) return;
    if (this.#do(first.act, screen)) this.#acts = later;
  }

  #do(act: Act, screen: AccountScreen): boolean {
    if (act === 'move') return this.#move(screen);
    if (act === 'open') return this.#open(screen);
    return act === 'close' ? this.#close(screen) : this.#cancel(screen);
  }

  /** At the ask, or resting at the bid. What the broker refuses is not tried again: no account holds a contract
   * both ways, so that none is bought to open that is short, or worked in. */
  #open(screen: AccountScreen): boolean {
    const taken = new Set([
      ...screen.held().map(([symbol]) => symbol),
      ...screen.working().flatMap(({ symbols }) => symbols),
    ]);
    const quoted = screen.quoted().filter(([symbol, bid]) => {
      return bid >= LEAST_BID_CENTS && !taken.has(symbol);
    });
    if (quoted.length === 0) return false;
    const random = this.#moving;
    const [symbol, bid, ask] = random.pick(quoted);
    const cents = random.chance(0.5) ? ask : bid;
    const isTaken = screen.open(symbol, random.whole(1, MOST_OPENED), cents);
    if (isTaken) this.#met('openedElsewhere');
    return true;
  }

  #move(screen: AccountScreen): boolean {
    const working = screen.working();
    if (working.length === 0) return false;
    const random = this.#moving;
    const { id } = random.pick(working);
    if (!screen.move(id, random.pick(MOVES))) return false;
    this.#met('movedElsewhere');
    return true;
  }

  /** No broker takes more closes than there is to close: what works in the contract goes first. */
  #close(screen: AccountScreen): boolean {
    const held = screen.held();
    if (held.length === 0) return false;
    const [symbol, quantity] = this.#random.pick(held);
    const all = Math.abs(quantity);
    const isPart = all > 1 && this.#random.chance(PART_CHANCE);
    const wanted = isPart ? this.#random.whole(1, all - 1) : all;
    const inTheWay = screen.working().filter(({ symbols }) => symbols.includes(symbol));
    for (const { id } of inTheWay) screen.cancel(id);
    if (!screen.close(symbol, wanted)) return false;
    this.#met(inTheWay.length > 0 ? 'closedElsewhere beside an order' : 'closedElsewhere');
    return true;
  }

  #cancel(screen: AccountScreen): boolean {
    const working = screen.working();
    if (working.length === 0) return false;
    screen.cancel(this.#random.pick(working).id);
    this.#met('cancelledElsewhere');
    return true;
  }
}

interface PlannedAct {
  readonly due: EpochMicros;
  readonly act: Act;
}

function actsOf(
  random: SeededRandom,
  { open, lastTrade }: SessionTimes,
  pick: () => Act,
): readonly PlannedAct[] {
  if (!random.chance(PRESENT_CHANCE)) return [];
  return Array.from({ length: random.whole(1, MOST_ACTS) }, () => ({
    due: addMicros(open, Math.round(random.between(0, lastTrade - open))),
    act: pick(),
  }));
}
