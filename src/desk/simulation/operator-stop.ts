/** The operator stops the engine: at the end of the session or well before, and then often at a moment
 * at which an opening or a close is still working. One user. */

import type { SessionTimes } from '../../engine/domain/session-calendar.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import { addMicros, MICROS_PER_MINUTE } from '../../engine/domain/units.ts';
import type { DeskContext } from '../desk-context.ts';
import type { StopPolicy } from '../stopping.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { SessionTally } from './session-tally.ts';

/** One session in so many is stopped before its end. */
const EARLY_CHANCE = 0.14;
const BEFORE_LAST_TRADE_MICROS = 60 * MICROS_PER_MINUTE;
/** What works when an engine is stopped early; `anything`: the clock alone decides. */
const BESIDE = { opening: 5, close: 3, anything: 1 };
/** The part of the session after which such a moment is waited for, once so much has happened that the
 * session is worth its while. */
const WAITS_FROM = [0.3, 0.7] as const;
const LEAST = { inputs: 2_500, previews: 6, fills: 1, faultKinds: 3 };

/** The policy, and what worked. */
type Asked = readonly [StopPolicy, string];
type Beside = keyof typeof BESIDE;

/** What a stop found working, if anything. */
function workingBeside({ orders }: DeskContext): Exclude<Beside, 'anything'> | undefined {
  const working = orders.live().filter(({ status }) => status === 'working');
  const closes = working.filter(({ intent }) => intent.purpose !== 'protective');
  if (working.some(({ intent }) => intent.purpose === 'open')) return 'opening';
  return closes.length > 0 ? 'close' : undefined;
}

function isWorthIt({ inputs, previews, fills, faults }: SessionTally): boolean {
  const isFull = inputs >= LEAST.inputs && previews >= LEAST.previews && fills >= LEAST.fills;
  return isFull && Object.keys(faults).length >= LEAST.faultKinds;
}

export class OperatorStop {
  readonly #policy: StopPolicy;
  readonly #latest: EpochMicros;
  readonly #from: EpochMicros;
  readonly #beside: Beside;
  #isAsked = false;

  constructor(random: SeededRandom, { open, lastTrade }: SessionTimes, end: EpochMicros) {
    const isEarly = random.chance(EARLY_CHANCE);
    const share = random.between(...WAITS_FROM);
    this.#policy = random.pick(['flatten', 'leave'] as const);
    this.#beside = isEarly ? random.weighted(BESIDE) : 'anything';
    this.#from = addMicros(open, Math.round(share * (lastTrade - open)));
    this.#latest = isEarly ? addMicros(lastTrade, -BEFORE_LAST_TRADE_MICROS) : end;
  }

  /** The policy, once, when the time has come; and what worked then. */
  ask(desk: DeskContext, now: EpochMicros, tally: SessionTally): Asked | undefined {
    if (this.#isAsked) return undefined;
    const isDue = now >= this.#latest;
    const waits = this.#beside !== 'anything' && now >= this.#from && isWorthIt(tally);
    if (!isDue && !waits) return undefined;
    const beside = workingBeside(desk);
    if (!isDue && beside !== this.#beside) return undefined;
    this.#isAsked = true;
    return [this.#policy, beside ?? 'nothing'];
  }

  /** A crash ended the engine before it had stopped. */
  onCrash(): void {
    this.#isAsked = false;
  }
}
