/** Questions put to another thread over its port, each answered by its number. Main thread only. */

interface Waiting<A> {
  readonly resolve: (answer: A | undefined) => void;
  readonly timer: NodeJS.Timeout;
}

export class OpenQuestions<A> {
  readonly #waiting = new Map<number, Waiting<A>>();
  #lastId = 0;
  #isClosed = false;

  /** Sends a question under a number of its own. Resolves with the answer, or with undefined where
   * none came in time or none can come any more. */
  ask(send: (id: number) => void, timeoutMillis: number): Promise<A | undefined> {
    if (this.#isClosed) return Promise.resolve(undefined);
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.settle(id, undefined), timeoutMillis);
      this.#waiting.set(id, { resolve, timer });
      send(id);
    });
  }

  /** Takes an answer. One that nobody waits for any more is dropped. */
  settle(id: number, answer: A | undefined): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    clearTimeout(waiting.timer);
    waiting.resolve(answer);
  }

  /** The other thread answers no more: whoever waits hears so now, whoever asks later at once, and no
   * timer of a question keeps the process alive. */
  close(): void {
    this.#isClosed = true;
    for (const id of this.#waiting.keys()) this.settle(id, undefined);
  }
}
