/** Questions to the account reader on the I/O worker, each answered by its number. Main thread only. */

import type { ReadResult } from '../broker/account-reader.ts';
import type { AskOf, ReadKind, ValueOf } from '../engine/domain/account-facts.ts';
import { brokerId, brokerName, brokerText } from '../engine/domain/broker-text.ts';
import { wallMicros } from '../engine/domain/clock.ts';
import { MICROS_PER_MILLI } from '../engine/domain/units.ts';
import { deny, type Outcome } from '../engine/domain/verdict.ts';
import type { ReadOrigin } from './engine-api-account.ts';
import { OpenQuestions } from './engine-api-questions.ts';
import type { FromReader, ToReader } from './threads/core-protocol.ts';

/** Longer than any reading may take: pages of a slow broker. */
const READ_TIMEOUT_MILLIS = 60_000;

type AnyResult = FromReader['result'];

const UNANSWERED: AnyResult = {
  kind: 'failed',
  reason: 'the broker did not answer in time',
  retryable: true,
};

export class ReadingLine {
  readonly #send: (message: ToReader) => void;
  readonly #questions = new OpenQuestions<AnyResult>();

  constructor(send: (message: ToReader) => void) {
    this.#send = send;
  }

  /** Takes an answer. One that nobody waits for any more is dropped. */
  settle({ id, result }: FromReader): void {
    this.#questions.settle(id, result);
  }

  /** The reader answers no more: whoever asked or asks hears so. */
  close(): void {
    this.#questions.close();
  }

  async read<K extends ReadKind>(
    what: K,
    ask: AskOf<K>,
    broker: string,
  ): Promise<Outcome<{ readonly value: ValueOf<K> & ReadOrigin }>> {
    const answer = await this.#questions.ask(
      (id) => this.#send({ kind: 'read', id, what, ask }),
      READ_TIMEOUT_MILLIS,
    );
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the reader answers each question with its own type
    return told((answer ?? UNANSWERED) as ReadResult<ValueOf<K>>, broker);
  }
}

/** Sentences of the broker, and what has to stay letter by letter; every other text is a name. */
const SENTENCES: ReadonlySet<string> = new Set(['reason', 'detail', 'description', 'nickname']);
const IDS: ReadonlySet<string> = new Set([
  'symbol',
  'symbols',
  'underlying',
  'orderId',
  'clientOrderId',
  'id',
  'accountId',
]);

/** The same value with every text in it fit to be shown. */
function shown<T>(value: T, key = ''): T {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each part keeps its shape
  return shownPart(value, key) as T;
}

function shownPart(value: unknown, key: string): unknown {
  if (typeof value === 'string') {
    if (SENTENCES.has(key)) return brokerText(value);
    return IDS.has(key) ? brokerId(value) : brokerName(value);
  }
  if (Array.isArray(value)) return value.map((part: unknown) => shownPart(part, key));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, shown(part, name)]));
}

/** A reading as the door tells it: a value with its origin, or a refusal that says what to do next. */
export function told<T>(
  result: ReadResult<T>,
  broker: string,
): Outcome<{ readonly value: T & ReadOrigin }> {
  switch (result.kind) {
    case 'read': {
      const { value, source, wall, note } = result;
      const readAgeMs = Math.max(0, Math.round((wallMicros() - wall) / MICROS_PER_MILLI));
      return { value: { ...shown(value), source, readAgeMs, readNote: note ?? null } };
    }
    case 'unsupported': {
      const { what, instead } = result;
      const message = `${broker} has no ${what} here; use instead: ${instead}`;
      return deny('unsupported', message, { what, instead });
    }
    case 'notFound':
      return deny('not_found', `${broker} knows no such ${result.what}`, { what: result.what });
    case 'failed': {
      const next = result.retryable ? 'try again in some seconds' : 'asking again will not help';
      return deny('read_failed', `${result.reason}; nothing was changed here, ${next}`, {
        retryable: result.retryable,
      });
    }
  }
}
