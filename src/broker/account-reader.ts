/**
 * The account reader, version 2: the port for everything that is read at a broker and decides
 * nothing: balances, positions, transactions, order lists, quotes with metrics, symbols, watchlists, the rules of a day.
 * Orders never pass here, and the engine's own books never come from here.
 *
 * A reader is a state machine without I/O, written as generators: it yields what it wants done (one
 * `ReadStep`), is given what came of it (one `StepOutcome`), and returns a `ReadResult`. The shell
 * that drives it (`src/desk/threads/account-reading-shell.ts`) performs the steps with the account's
 * own HTTP client, pace, time limit and breaker. So a reader holds no promise, clock or socket, and
 * a test plays a broker's answers from a table:
 *
 *     *balances() {
 *       const answer = yield* http({ method: 'GET', path: `/accounts/${id}/balances` });
 *       if (answer.kind === 'failed') return answer;
 *       return read(parse(answer.body), 'tastytrade', answer.wall);
 *     }
 *
 * What a broker cannot say is `unsupported(what, instead)`; what it refused or did not answer is
 * `failed`. A number that it left out is null, never 0. Values are as the door shows them: money in
 * cents, prices in dollars per share (signed nets: credit positive), quantities signed where they are
 * held, times as ISO text. Texts of the broker (names, reasons, descriptions) are handed on as they
 * are: the faces strip and label them.
 * Thread contract: lives on the I/O worker; readings may overlap, so a reader keeps no state between
 * the steps of one but in the generator itself.
 */
import type { AskOf, ReadKind, ReadSource, ValueOf } from '../engine/domain/account-facts.ts';
import type { EpochMicros } from '../engine/domain/units.ts';
import type { PaperStatement } from './paper/paper-statement.ts';

export const ACCOUNT_READER_VERSION = 2;

/** What a reading may want done, one at a time. */
export type ReadStep =
  | {
      readonly kind: 'http';
      readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
      /** Path and query, below the base address of its service. */
      readonly path: string;
      readonly body?: string;
      /** Which of the broker's hosts: `trading` where absent. */
      readonly service?: 'trading' | 'data';
      /** An answer this young may be told again instead of being asked for: for what changes
       * slowly (metrics 30 s), never for positions, orders or balances. */
      readonly cacheMillis?: number;
    }
  /** What the embedded paper broker and the engine know at this moment, from the core thread. */
  | { readonly kind: 'statement' }
  /** A small text kept in the engine's home folder: the paper account's own watchlists. */
  | { readonly kind: 'loadText'; readonly name: string }
  | { readonly kind: 'saveText'; readonly name: string; readonly text: string };

/** What came of a step. `wall`: when it was known, on the wall clock; a cached answer keeps its own. */
export type StepOutcome =
  | {
      readonly kind: 'answer';
      /** Every status the server gave, refusals too; text as it came. */
      readonly status: number;
      readonly body: string;
      readonly wall: EpochMicros;
    }
  | { readonly kind: 'statement'; readonly statement: PaperStatement; readonly wall: EpochMicros }
  | { readonly kind: 'text'; readonly text: string | undefined; readonly wall: EpochMicros }
  | ReadFailure;

/** Nothing could be read. `reason` is in our words and safe to show: no token, no header. */
export interface ReadFailure {
  readonly kind: 'failed';
  readonly reason: string;
  /** True where the same question may be answered in a moment. */
  readonly retryable: boolean;
}

/** What a reading comes to. */
export type ReadResult<T> =
  | {
      readonly kind: 'read';
      readonly value: T;
      readonly source: ReadSource;
      /** When the oldest part of the value was true, on the wall clock. */
      readonly wall: EpochMicros;
      /** What the reader of the value ought to know about it, in our words. */
      readonly note?: string;
    }
  /** The broker has no such thing. `instead`: what to use, as a sentence. */
  | { readonly kind: 'unsupported'; readonly what: string; readonly instead: string }
  /** The question names something that is not there, or is not a question of this broker. */
  | { readonly kind: 'notFound'; readonly what: string }
  | ReadFailure;

/** One reading under way. */
export type Reading<T> = Generator<ReadStep, ReadResult<T>, StepOutcome>;

/** A part of a reading: what it comes to, or why it came to nothing. */
export type Asking<T> = Generator<ReadStep, T | ReadFailure, StepOutcome>;

/** The readings of one broker account. */
export type AccountReader = {
  readonly [K in ReadKind]: (ask: AskOf<K>) => Reading<ValueOf<K>>;
};

/** A value that was read. */
export function read<T>(
  value: T,
  source: ReadSource,
  wall: EpochMicros,
  note?: string,
): ReadResult<T> {
  return { kind: 'read', value, source, wall, ...(note === undefined ? {} : { note }) };
}

/** The broker has no such thing, with what to use instead. */
export function unsupported(what: string, instead: string) {
  return { kind: 'unsupported', what, instead } as const;
}

export function failed(reason: string, retryable: boolean): ReadFailure {
  return { kind: 'failed', reason, retryable };
}

/** A reading that asks for nothing. */
export function* withoutAsking<T>(result: ReadResult<T>): Reading<T> {
  yield* [];
  return result;
}

/** An answer of a reading's HTTP step that was given. */
export type HttpAnswer = Extract<StepOutcome, { kind: 'answer' }>;

/** Yields one HTTP request; its answer, whatever its status, or why there is none. */
export function* http(
  request: Omit<Extract<ReadStep, { kind: 'http' }>, 'kind'>,
): Asking<HttpAnswer> {
  const outcome = yield { kind: 'http', ...request };
  return outcome.kind === 'answer' || outcome.kind === 'failed' ? outcome : outOfStep();
}

/** Yields for what the paper broker and the engine know. */
export function* statementNow(): Asking<Extract<StepOutcome, { kind: 'statement' }>> {
  const outcome = yield { kind: 'statement' };
  return outcome.kind === 'statement' || outcome.kind === 'failed' ? outcome : outOfStep();
}

/** Yields for a text of the home folder, or to write one. */
export function* homeText(
  step: Extract<ReadStep, { kind: 'loadText' | 'saveText' }>,
): Asking<Extract<StepOutcome, { kind: 'text' }>> {
  const outcome = yield step;
  return outcome.kind === 'text' || outcome.kind === 'failed' ? outcome : outOfStep();
}

function outOfStep(): ReadFailure {
  return failed('the account reader was given the outcome of another step', false);
}
