/** Faults of the wire, each for the next request that it fits. */

/** `lost`: nothing arrives · `mute`: it is done and never answered · `gateway`: done, answered with an
 * HTML page of a proxy · `throttled`: 429, not done · `nonsense`: done, answered with text that is no
 * JSON under 200 · `reset`: done, the connection breaks · `slow`: done, the body stops half way ·
 * `echo`: not done, refused in words that repeat the request's own secret. */
export type Fault =
  | 'lost'
  | 'mute'
  | 'gateway'
  | 'throttled'
  | 'nonsense'
  | 'reset'
  | 'slow'
  | 'echo';

/** True where the request is carried out although its answer is not the true one. */
export function isDone(fault: Fault): boolean {
  return fault !== 'lost' && fault !== 'throttled' && fault !== 'echo';
}

export class StubFaults {
  readonly #waiting: { readonly match: RegExp; readonly fault: Fault }[] = [];

  /** The next request whose "METHOD path" fits meets this fault. */
  add(match: RegExp, fault: Fault, times = 1): void {
    for (let time = 0; time < times; time += 1) this.#waiting.push({ match, fault });
  }

  take(method: string, url: string): Fault | undefined {
    const index = this.#waiting.findIndex(({ match }) => match.test(`${method} ${url}`));
    return index < 0 ? undefined : this.#waiting.splice(index, 1)[0]?.fault;
  }
}
