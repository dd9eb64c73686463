import { describe, expect, it } from 'vitest';
import type { Reading } from '../../../src/broker/account-reader.ts';
import {
  readLiveOrders,
  readOrderHistory,
  readTransactions,
} from '../../../src/broker/tastytrade/history-reading.ts';
import { epochMicros } from '../../../src/engine/domain/units.ts';
import { ACCOUNT, TASTY_DATE } from './tasty-rig.ts';

const OF = { accountId: ACCOUNT, today: () => TASTY_DATE };
const RANGE = { limit: 20_000 };
const READINGS: readonly [string, () => Reading<unknown>][] = [
  ['the transactions', () => readTransactions(OF, RANGE)],
  ['the history of orders', () => readOrderHistory(OF, RANGE)],
  ['the live orders', () => readLiveOrders(ACCOUNT)],
];
/** More requests than any reading may make. */
const MOST = 1_000;

/** What a reading comes to, and how many pages it asked for: each holds so many rows. */
function readPages(reading: Reading<unknown>, rowsOf: (page: number) => number, pages: number) {
  let asked = 0;
  let turn = reading.next();
  while (turn.done !== true && asked < MOST) {
    const items = Array.from({ length: rowsOf(asked) }, (_, row) => ({ id: asked * 1_000 + row }));
    const pagination = { 'page-offset': asked, 'total-pages': pages };
    const body = JSON.stringify({ data: { items }, pagination });
    asked += 1;
    turn = reading.next({ kind: 'answer', status: 200, body, wall: epochMicros(1) });
  }
  return { asked, result: turn.value };
}

describe.each(READINGS)('the reading of %s', (_, begin) => {
  it('ends with its last page', () => {
    expect(readPages(begin(), () => 200, 3)).toMatchObject({ asked: 3, result: { kind: 'read' } });
    expect(readPages(begin(), () => 0, 0)).toMatchObject({ asked: 1, result: { kind: 'read' } });
  });

  it('fails at an empty page before its last one, for a part is not the whole', () => {
    const failed = { kind: 'failed', retryable: true };
    expect(readPages(begin(), () => 0, 2)).toMatchObject({ asked: 1, result: failed });
    const second = readPages(begin(), (page) => (page === 0 ? 200 : 0), 3);
    expect(second).toMatchObject({ asked: 2, result: failed });
  });

  it('fails where its pages have no end', () => {
    const result = { kind: 'failed', retryable: true };
    expect(readPages(begin(), () => 1, 9_999)).toMatchObject({ asked: 50, result });
  });
});
