/** Questions and commands to the core over its port, each answered by its number. Main thread only. */
import type * as Api from './engine-api.ts';
import { OpenQuestions } from './engine-api-questions.ts';
import { newToken, tokenSha256Of } from './engine-api-tokens.ts';
import type { Command, Query } from './inputs.ts';
import type { ToCore } from './threads/core-protocol.ts';

/** A core that does not answer for this long is not coming back to this question. */
const ANSWER_TIMEOUT_MILLIS = 10_000;

/** An answer of the core, as it comes. */
export interface CoreReply {
  readonly stamp: Api.Stamp;
  readonly result: unknown;
}

/** What the line needs of the door. */
export interface LineEnds {
  send(message: ToCore): void;
  /** A stamp of this moment, for an answer that never came. */
  stamp(): Api.Stamp;
  /** The core's stamp as the faces show it. */
  witnessed(stamp: Api.Stamp): Api.Stamp;
}

/** The engine did not answer: whether it did what was asked is not known. */
export function busy(stamp: Api.Stamp): Api.Answer<never> {
  const message =
    'the engine did not answer in time; look at get_recent_orders before you try again';
  return { stamp, denied: { code: 'engine_busy', message, numbers: {} } };
}

export class CoreLine {
  readonly #ends: LineEnds;
  readonly #questions = new OpenQuestions<CoreReply>();

  constructor(ends: LineEnds) {
    this.#ends = ends;
  }

  /** Takes an answer. One that nobody waits for any more is dropped. */
  settle(id: number, answer: CoreReply): void {
    this.#questions.settle(id, answer);
  }

  /** The core answers no more: whoever asked or asks hears that it is busy. */
  close(): void {
    this.#questions.close();
  }

  command<T>(caller: Api.Caller, command: Command, timeoutMillis?: number): Promise<Api.Answer<T>> {
    return this.#ask<T>((id) => ({ kind: 'command', id, caller, command }), timeoutMillis);
  }

  query<T>(caller: Api.Caller, query: Query): Promise<Api.Answer<T>> {
    return this.#ask<T>((id) => ({ kind: 'query', id, caller, query }));
  }

  /** Makes a preview under a fresh token and puts the token on its card. */
  async preview<T extends object = Api.TradeCard>(
    caller: Api.Caller,
    command: (tokenSha256: string) => Command,
  ): Promise<Api.Answer<T>> {
    const token = newToken();
    const answer = await this.command<T>(caller, command(tokenSha256Of(token)));
    if ('denied' in answer || !('confirmToken' in answer.value)) return answer;
    return { ...answer, value: { ...answer.value, confirmToken: token } };
  }

  async #ask<T>(
    make: (id: number) => ToCore,
    timeoutMillis = ANSWER_TIMEOUT_MILLIS,
  ): Promise<Api.Answer<T>> {
    const reply = await this.#questions.ask((id) => this.#ends.send(make(id)), timeoutMillis);
    if (reply === undefined) return busy(this.#ends.stamp());
    const { stamp, result } = reply;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the core answers each question with its own type
    return { stamp: this.#ends.witnessed(stamp), ...(result as object) } as Api.Answer<T>;
  }
}
