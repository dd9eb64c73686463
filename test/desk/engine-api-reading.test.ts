import { describe, expect, it } from 'vitest';
import { failed, unsupported } from '../../src/broker/account-reader.ts';
import { ReadingLine } from '../../src/desk/engine-api-reading.ts';
import type { FromReader, ToReader } from '../../src/desk/threads/core-protocol.ts';
import { wallMicros } from '../../src/engine/domain/clock.ts';
import { addMicros } from '../../src/engine/domain/units.ts';

/** A line whose reader is the test: each question is answered with what the test says. */
async function answered(...results: FromReader['result'][]) {
  const line = new ReadingLine((message: ToReader) => {
    const result = results[message.id - 1];
    if (result !== undefined) line.settle({ kind: 'readAnswer', id: message.id, result });
  });
  const answers = [];
  for (const _ of results) answers.push(await line.read('accounts', {}, 'alpaca'));
  return answers;
}

describe('what the account reader says, at the door', () => {
  it('comes with its source and its age', async () => {
    const wall = addMicros(wallMicros(), -2_000_000);
    const [answer] = await answered({
      kind: 'read',
      value: { accounts: [] },
      source: 'alpaca',
      wall,
    });
    expect(answer).toMatchObject({ value: { accounts: [], source: 'alpaca', readNote: null } });
    const { readAgeMs } = (answer as { value: { readAgeMs: number } }).value;
    expect(readAgeMs).toBeGreaterThanOrEqual(2_000);
  });

  it('names what to use where the broker lacks it, and whether asking again helps', async () => {
    const answers = await answered(
      unsupported('net liquidating value history', 'get_balances'),
      { kind: 'notFound', what: 'watchlist' },
      failed('the broker did not answer', true),
      failed('the account is closed', false),
    );
    expect(answers.map((a) => ('denied' in a ? [a.denied.code, a.denied.message] : []))).toEqual([
      [
        'unsupported',
        'alpaca has no net liquidating value history here; use instead: get_balances',
      ],
      ['not_found', 'alpaca knows no such watchlist'],
      [
        'read_failed',
        'the broker did not answer; nothing was changed here, try again in some seconds',
      ],
      [
        'read_failed',
        'the account is closed; nothing was changed here, asking again will not help',
      ],
    ]);
  });

  it('goes to who asked, and to nobody when it comes again', async () => {
    const sent: ToReader[] = [];
    const line = new ReadingLine((message) => sent.push(message));
    const [first, second] = [line.read('accounts', {}, 'x'), line.read('accounts', {}, 'x')];
    const tell = (id: number, what: string) =>
      line.settle({ kind: 'readAnswer', id, result: { kind: 'notFound', what } });
    tell(2, 'two');
    tell(2, 'twice');
    tell(1, 'one');
    expect([await first, await second]).toMatchObject([
      { denied: { numbers: { what: 'one' } } },
      { denied: { numbers: { what: 'two' } } },
    ]);
    expect(sent.map(({ id }) => id)).toEqual([1, 2]);
  });
});
