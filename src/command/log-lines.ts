/**
 * The lines that the engine's main thread logs. Of a file, Node waits with the whole thread until the disk has
 * taken each of them: one that hangs would keep every page, kill, flatten and answer of this thread. Here the
 * lines wait for it, and nothing else does. Main thread only.
 */
import { fstatSync, writeFile } from 'node:fs';

/** More lines than this are not kept waiting. */
const MOST_WAITING = 1_000;

/** Hands text to the log; `done` is called once it was taken, or is lost. */
type Write = (text: string, done: () => void) => void;

export class LogLines {
  readonly #write: Write;
  #waiting: string[] = [];
  #lost = 0;
  #inFlight: PromiseWithResolvers<void> | undefined;

  constructor(write: Write) {
    this.#write = write;
  }

  /** Logs text that ends as lines do. What the log cannot take in time is counted and lost. */
  write(text: string): void {
    if (this.#waiting.length < MOST_WAITING) this.#waiting.push(text);
    else this.#lost += 1;
    if (this.#inFlight === undefined) this.#next();
  }

  /** Resolves once everything that was logged so far is taken. */
  async settled(): Promise<void> {
    while (this.#inFlight !== undefined) await this.#inFlight.promise;
  }

  #next(): void {
    if (this.#lost > 0) this.#waiting.push(`${this.#lost} lines are lost: the log took none\n`);
    const text = this.#waiting.join('');
    this.#waiting = [];
    this.#lost = 0;
    const inFlight = Promise.withResolvers<void>();
    this.#inFlight = inFlight;
    this.#write(text, () => {
      this.#inFlight = undefined;
      if (this.#waiting.length > 0) this.#next();
      inFlight.resolve();
    });
  }
}

/** For whatever standard error is. */
export function linesToStandardError(): LogLines {
  const { fd } = process.stderr;
  if (fstatSync(fd).isFile()) return new LogLines((text, done) => writeFile(fd, text, done));
  return new LogLines((text, done) => {
    process.stderr.write(text);
    done();
  });
}
