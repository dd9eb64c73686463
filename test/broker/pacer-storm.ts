/** What one of several threads does that ask the same account as fast as they can. Time is a count that
 * they share. */
import type { PacePlan, Turn } from '../../src/broker/request-pacer.ts';
import { RequestPacer } from '../../src/broker/request-pacer.ts';

/** Words that the threads share: the time, then how far each of both is. */
const TIME = 0;
const PROGRESS = 1;
/** Neither thread runs further ahead of the other than this: they do meet. */
const MOST_AHEAD = 50;
const DONE = 2 ** 31 - 1;

export const STORM_BYTES = 12;

export interface PacerStorm {
  readonly plan: PacePlan;
  readonly memory: SharedArrayBuffer;
  readonly words: SharedArrayBuffer;
  readonly until: number;
  readonly thread: 0 | 1;
  readonly turns: readonly Turn[];
}

/** The moments at which this thread took a turn. */
export function storm({ plan, memory, words, until, thread, turns }: PacerStorm): number[] {
  const pacer = new RequestPacer(plan, memory);
  const shared = new Int32Array(words);
  const [mine, other] = [PROGRESS + thread, PROGRESS + 1 - thread];
  const taken: number[] = [];
  for (let asked = 0; ; asked += 1) {
    Atomics.store(shared, mine, asked);
    Atomics.notify(shared, mine);
    waitFor(shared, other, asked - MOST_AHEAD);
    const now = Atomics.add(shared, TIME, 1) + 1;
    if (now > until) break;
    const turn = turns[asked % turns.length] ?? 'look';
    if (pacer.take({ turn, method: 'GET', path: '/x' }, now) === 0) taken.push(now);
  }
  Atomics.store(shared, mine, DONE);
  Atomics.notify(shared, mine);
  return taken;
}

function waitFor(shared: Int32Array, word: number, least: number): void {
  for (let now = Atomics.load(shared, word); now < least; now = Atomics.load(shared, word)) {
    Atomics.wait(shared, word, now);
  }
}
