/** Drives a reading of an account reader step by step from a table, without threads or sockets. */
import type {
  HttpAnswer,
  ReadFailure,
  Reading,
  ReadResult,
  ReadStep,
  StepOutcome,
} from '../../src/broker/account-reader.ts';
import { failed } from '../../src/broker/account-reader.ts';
import type { PaperStatement } from '../../src/broker/paper/paper-statement.ts';
import { epochMicros } from '../../src/engine/domain/units.ts';

export const READ_WALL = epochMicros(1_795_000_000_000_000);
const MOST_STEPS = 64;

/** The broker and the home folder of a test. */
export class ReadingRig {
  /** Every step that was asked for, in order. */
  readonly steps: ReadStep[] = [];
  readonly files = new Map<string, string>();
  /** Answers by `METHOD /path?query`. */
  readonly answers = new Map<
    string,
    { readonly status?: number; readonly body: unknown } | 'fails'
  >();
  statement: PaperStatement | undefined;

  run<T>(reading: Reading<T>): ReadResult<T> {
    let turn = reading.next();
    for (let count = 0; turn.done !== true; count += 1) {
      if (count === MOST_STEPS) throw new Error('the reading does not end');
      this.steps.push(turn.value);
      turn = reading.next(this.#perform(turn.value));
    }
    return turn.value;
  }

  #perform(step: ReadStep): StepOutcome {
    switch (step.kind) {
      case 'http':
        return this.#answer(`${step.method} ${step.path}`);
      case 'statement':
        return this.statement === undefined
          ? failed('no statement', true)
          : { kind: 'statement', statement: this.statement, wall: READ_WALL };
      case 'loadText':
        return { kind: 'text', text: this.files.get(step.name), wall: READ_WALL };
      case 'saveText':
        this.files.set(step.name, step.text);
        return { kind: 'text', text: step.text, wall: READ_WALL };
    }
  }

  #answer(request: string): HttpAnswer | ReadFailure {
    const answer = this.answers.get(request);
    if (answer === 'fails') return failed('the service did not answer', true);
    const { status = answer === undefined ? 404 : 200, body = '' } = answer ?? {};
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return { kind: 'answer', status, body: text, wall: READ_WALL };
  }
}
