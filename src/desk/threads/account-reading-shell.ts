/**
 * Drives the readings of an account reader: performs each step that a reading yields and gives it what
 * came of it. One on the I/O worker; readings overlap freely.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type {
  AccountReader,
  HttpAnswer,
  ReadResult,
  ReadStep,
  StepOutcome,
} from '../../broker/account-reader.ts';
import { failed } from '../../broker/account-reader.ts';
import type { PaperStatement } from '../../broker/paper/paper-statement.ts';
import type { AskOf, ReadKind, ValueOf } from '../../engine/domain/account-facts.ts';
import { wallMicros } from '../../engine/domain/clock.ts';
import { MICROS_PER_MILLI } from '../../engine/domain/units.ts';

/** No reading asks for more than this, whatever pages a broker offers. */
const MOST_STEPS = 64;
const MOST_CACHED = 200;
/** An answer longer than this is no account data. */
const MOST_BODY_CHARACTERS = 8_000_000;
const HOME_TEXT = /^[a-z][a-z0-9-]{0,40}\.json$/;

type HttpStep = Extract<ReadStep, { kind: 'http' }>;

/** What performs the steps. */
export interface ReadingWorld {
  /** One request under the account's pace, time limit and breaker; undefined where the reader has no
   * service. Throws where nothing was answered: its message must be safe to show. */
  readonly send: ((step: HttpStep) => Promise<HttpAnswer>) | undefined;
  /** What the paper broker and the engine know; undefined at other brokers. */
  readonly statement: (() => Promise<PaperStatement>) | undefined;
  readonly home: string;
}

/** I/O worker only. */
export class AccountReadings {
  readonly #reader: AccountReader;
  readonly #world: ReadingWorld;
  readonly #cache = new Map<string, HttpAnswer>();

  constructor(reader: AccountReader, world: ReadingWorld) {
    this.#reader = reader;
    this.#world = world;
  }

  /** Runs one reading to its end. Never throws: what went wrong is a result. */
  async run<K extends ReadKind>(kind: K, ask: AskOf<K>): Promise<ReadResult<ValueOf<K>>> {
    try {
      const reading = this.#reader[kind](ask);
      let turn = reading.next();
      for (let steps = 0; turn.done !== true; steps += 1) {
        if (steps === MOST_STEPS)
          return failed('the broker offers more pages than are read', false);
        turn = reading.next(await this.#perform(turn.value));
      }
      return turn.value;
    } catch {
      return failed('the reader of this broker met what it does not understand', false);
    }
  }

  async #perform(step: ReadStep): Promise<StepOutcome> {
    try {
      switch (step.kind) {
        case 'http':
          return await this.#http(step);
        case 'statement':
          return await this.#statement();
        case 'loadText':
          return { kind: 'text', text: this.#load(step.name), wall: wallMicros() };
        case 'saveText':
          this.#save(step.name, step.text);
          return { kind: 'text', text: step.text, wall: wallMicros() };
      }
    } catch (error) {
      return failed(error instanceof Error ? error.message : 'nothing was answered', true);
    }
  }

  async #http(step: HttpStep): Promise<StepOutcome> {
    const { send } = this.#world;
    if (send === undefined) return failed('there is no service to ask', false);
    const { cacheMillis = 0, service = 'trading', method, path } = step;
    const key = `${service} ${method} ${path}`;
    const kept = this.#cache.get(key);
    if (kept !== undefined && wallMicros() - kept.wall < cacheMillis * MICROS_PER_MILLI)
      return kept;
    const answer = await send(step);
    if (answer.body.length > MOST_BODY_CHARACTERS) return failed('the answer is too long', false);
    const isKept = cacheMillis > 0 && answer.status >= 200 && answer.status < 300;
    if (isKept) this.#keep(key, answer);
    return answer;
  }

  /** Bounded: the oldest goes. */
  #keep(key: string, answer: HttpAnswer): void {
    this.#cache.delete(key);
    this.#cache.set(key, answer);
    const [oldest] = this.#cache.keys();
    if (this.#cache.size > MOST_CACHED && oldest !== undefined) this.#cache.delete(oldest);
  }

  async #statement(): Promise<StepOutcome> {
    const { statement } = this.#world;
    if (statement === undefined) return failed('this broker has no statement of ours', false);
    const said = await statement();
    return { kind: 'statement', statement: said, wall: said.asOf.wall };
  }

  #pathOf(name: string): string {
    if (!HOME_TEXT.test(name)) throw new RangeError('no such text is kept in the home folder');
    return join(this.#world.home, name);
  }

  #load(name: string): string | undefined {
    try {
      return readFileSync(this.#pathOf(name), 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw new Error(`${name} in the home folder cannot be opened`, { cause: error });
    }
  }

  /** Whole or not at all: written beside, then renamed. */
  #save(name: string, text: string): void {
    const path = this.#pathOf(name);
    mkdirSync(this.#world.home, { recursive: true, mode: 0o700 });
    writeFileSync(`${path}.new`, text, { mode: 0o600 });
    renameSync(`${path}.new`, path);
  }
}
