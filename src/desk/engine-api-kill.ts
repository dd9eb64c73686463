/** The kill switch at the door: the word and the latch of this thread, and what the core is told of them. Main
 * thread only. */
import type { Counters } from '../ops/counters.ts';
import type * as Api from './engine-api.ts';
import type { CoreLine } from './engine-api-core-line.ts';

/** A kill is in force before the core hears of it; its caller does not wait for a core that hangs. */
const KILL_ANSWER_MILLIS = 1_000;

/** What the switch is moved by. */
export interface KillEnds {
  /** Holds the kill word. */
  readonly counters: Counters;
  /** Latches the kill in the kill word and on disk, before the core is told. Answers with the reason as
   * it is told on, and never throws: a disk that is full keeps no kill from the core. */
  latchKill(reason: string, principal: string): string;
  clearKill(): void;
}

function isBusy(answer: Api.Answer<unknown>): boolean {
  return 'denied' in answer && answer.denied.code === 'engine_busy';
}

export class KillLine {
  readonly #ends: KillEnds;
  readonly #core: CoreLine;
  #kills = 0;

  constructor(ends: KillEnds, core: CoreLine) {
    this.#ends = ends;
    this.#core = core;
  }

  /** Word and latch first, then the core. Where that does not answer the kill stands all the same. */
  async kill(asked: string, caller: Api.Caller): Promise<Api.Answer<Api.KillView>> {
    this.#kills += 1;
    const reason = this.#ends.latchKill(asked, caller.principal);
    const command = { kind: 'kill', reason } as const;
    const answer = await this.#core.command<Api.KillView>(caller, command, KILL_ANSWER_MILLIS);
    if (!isBusy(answer)) return answer;
    const note =
      'The kill word and the latch are set: nothing that opens or increases passes. The core has not answered yet, so what works at the broker may not be cancelled; look at get_recent_orders.';
    const value = { killed: true, since: answer.stamp.asOf, reason, cancelledOrders: [], note };
    return { stamp: answer.stamp, value };
  }

  /** The core first, then word and latch. Where that does not answer it may have released what stands here,
   * or do so yet: it is told of the kill once more, behind that, so that both are killed. */
  async rearm(caller: Api.Caller): Promise<Api.Answer<Api.KillView>> {
    const kills = this.#kills;
    const answer = await this.#core.command<Api.KillView>(caller, { kind: 'rearm' });
    if (isBusy(answer)) return this.#ends.counters.isKilled() ? this.#keep(caller, answer) : answer;
    // A kill that came meanwhile stands: the operator has not seen it.
    if (!('denied' in answer) && kills === this.#kills) this.#ends.clearKill();
    return answer;
  }

  #keep(caller: Api.Caller, { stamp }: Api.Answer<unknown>): Api.Answer<Api.KillView> {
    void this.kill('a rearm that was not answered in time', caller);
    const message = 'the engine did not answer in time, so the kill stands: ask again once it does';
    return { stamp, denied: { code: 'engine_busy', message, numbers: {} } };
  }
}
