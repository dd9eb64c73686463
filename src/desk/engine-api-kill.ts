/** The kill switch at the door: the word and the latch of this thread, and what the core is told of them. Main
 * thread only. */
import type { Counters } from '../ops/counters.ts';
import type * as Api from './engine-api.ts';
import type { CoreLine } from './engine-api-core-line.ts';

/** A kill is in force before the core hears of it; its caller waits neither for a core that hangs nor for a
 * disk that does. */
const KILL_ANSWER_MILLIS = 1_000;
/** A latch that does not leave the disk for so long keeps the kill. */
const CLEAR_MILLIS = 5_000;
const NO_ANSWER = 'the disk has not answered yet';

/** A kill whose word is set, and what becomes of its latch. */
export interface Latched {
  /** As it is told on: the first words where there are many. */
  readonly reason: string;
  /** Resolves once the latch is on stable storage, or with what keeps it from there. Never rejects. */
  readonly kept: Promise<string | undefined>;
}

/** What the switch is moved by. */
export interface KillEnds {
  /** Holds the kill word. */
  readonly counters: Counters;
  /** Sets the kill word and begins to latch it on disk. Waits for no disk, and never throws. */
  latchKill(reason: string, principal: string): Latched;
  /** Takes the latch off the disk and then the word back. Resolves with what kept it from that, if something
   * did; never rejects. */
  clearKill(): Promise<string | undefined>;
}

function isBusy(answer: Api.Answer<unknown>): boolean {
  return 'denied' in answer && answer.denied.code === 'engine_busy';
}

/** What the disk came to within so long: a fault, or undefined for none. */
async function faultWithin(
  millis: number,
  disk: Promise<string | undefined>,
): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const timer = setTimeout(resolve, millis, NO_ANSWER);
  try {
    return await Promise.race([disk, promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** The answer of a core that took the kill, with what keeps its latch from the disk. */
function withFault(
  answer: Api.Answer<Api.KillView>,
  fault: string | undefined,
): Api.Answer<Api.KillView> {
  if ('denied' in answer || fault === undefined) return answer;
  const { value } = answer;
  const note = `${value.note} Its latch is not on disk (${fault}): until it is, only the journal tells a restart of this kill.`;
  return { ...answer, value: { ...value, note } };
}

export class KillLine {
  readonly #ends: KillEnds;
  readonly #core: CoreLine;
  #kills = 0;
  /** What was last told to keep the latch from the disk, since that took one. */
  #fault: string | undefined;

  constructor(ends: KillEnds, core: CoreLine) {
    this.#ends = ends;
    this.#core = core;
  }

  /** The word first, then the core, while the latch is written. Where either does not answer the kill stands
   * all the same. */
  async kill(asked: string, caller: Api.Caller): Promise<Api.Answer<Api.KillView>> {
    this.#kills += 1;
    const { reason, kept } = this.#ends.latchKill(asked, caller.principal);
    const [answer, fault] = await Promise.all([
      this.#core.command<Api.KillView>(caller, { kind: 'kill', reason }, KILL_ANSWER_MILLIS),
      faultWithin(KILL_ANSWER_MILLIS, kept),
    ]);
    this.#tellLatch(caller, fault);
    if (fault === NO_ANSWER) void kept.then((late) => this.#tellLatch(caller, late));
    if (!isBusy(answer)) return withFault(answer, fault);
    const set =
      fault === undefined
        ? 'The kill word and the latch are set'
        : `The kill word is set, its latch is not on disk (${fault}) and a restart may not know of it`;
    const note = `${set}: nothing that opens or increases passes. The core has not answered yet, so what works at the broker may not be cancelled; look at get_recent_orders.`;
    const value = { killed: true, since: answer.stamp.asOf, reason, cancelledOrders: [], note };
    return { stamp: answer.stamp, value };
  }

  /** The core first, then latch and word. Where that does not answer it may have released what stands here,
   * or do so yet: it is told of the kill once more, behind that, so that both are killed. */
  async rearm(caller: Api.Caller): Promise<Api.Answer<Api.KillView>> {
    const kills = this.#kills;
    const answer = await this.#core.command<Api.KillView>(caller, { kind: 'rearm' });
    if (isBusy(answer)) {
      if (!this.#ends.counters.isKilled()) return answer;
      return this.#keep(caller, answer, 'the engine did not answer in time');
    }
    // A kill that came meanwhile stands: the operator has not seen it.
    if ('denied' in answer || kills !== this.#kills) return answer;
    const fault = await faultWithin(CLEAR_MILLIS, this.#ends.clearKill());
    this.#fault = undefined;
    if (fault === undefined) return answer;
    return this.#keep(caller, answer, `the latch could not be taken off the disk (${fault})`);
  }

  /** Has it paged, once where kills follow each other. */
  #tellLatch(caller: Api.Caller, fault: string | undefined): void {
    const isNews = fault !== undefined && fault !== this.#fault;
    this.#fault = fault;
    if (isNews) void this.#core.command(caller, { kind: 'latchMissing', fault });
  }

  #keep(caller: Api.Caller, { stamp }: Api.Answer<unknown>, why: string): Api.Answer<Api.KillView> {
    void this.kill('a rearm that was not answered in time', caller);
    const message = `${why}, so the kill stands: ask again later`;
    return { stamp, denied: { code: 'engine_busy', message, numbers: {} } };
  }
}
