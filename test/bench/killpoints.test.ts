import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Seen } from '../../bench/support/killpoints/faults.ts';
import { faultsOf } from '../../bench/support/killpoints/faults.ts';
import { runDay } from '../../bench/support/killpoints/strace.ts';
import type { Said } from '../../bench/support/killpoints/witness.ts';
import { saidIn, Witness } from '../../bench/support/killpoints/witness.ts';
import { readJournal } from '../../src/audit/journal-open.ts';

/** Processes: they are never judged by their time. */
const PATIENCE_MILLIS = 120_000;

const SAID: Said = {
  answers: [],
  knows: ['an-order'],
  fills: ['a-fill'],
  durable: 0,
  kill: undefined,
  books: [{ desk: 'flat', account: 'flat' }],
  end: 'flat',
};
const ENDED = { code: 0, signal: null, isLate: false, stderr: '' };
const KILLED = { ...ENDED, code: null, signal: 'SIGKILL' };
const CLEAN: Seen = {
  broken: KILLED,
  before: { ...SAID, answers: ['an-order'] },
  again: ENDED,
  after: SAID,
  account: { arrivals: [], fillIds: ['a-fill'], working: [], holdings: 'flat' },
  records: [],
};

describe('what a struck day broke', () => {
  it.each<readonly [string, Partial<Seen>]>([
    ['nothing', {}],
    ['the day hung', { broken: { ...KILLED, isLate: true } }],
    ['it ended with 3', { broken: { ...ENDED, code: 3 } }],
    ['the restart ended with 1: why', { again: { ...ENDED, code: 1, stderr: 'why' } }],
    ['record 7 was durable and is lost', { before: { ...SAID, durable: 7 } }],
    ['other was answered and is forgotten', { before: { ...SAID, answers: ['other'] } }],
    ['a kill was set and is forgotten', { before: { ...SAID, kill: 'set' } }],
    ['sent was sent and is not recorded', { account: { ...CLEAN.account, arrivals: ['sent'] } }],
    [
      'the broker made b-fill and the book has it not',
      { account: { ...CLEAN.account, fillIds: ['a-fill', 'b-fill'] } },
    ],
    ['o still works at the end', { account: { ...CLEAN.account, working: ['o'] } }],
    [
      'the book holds flat, the account A 1',
      { after: { ...SAID, books: [{ desk: 'flat', account: 'A 1' }] } },
    ],
    ['it ends with flat, the account with A 1', { account: { ...CLEAN.account, holdings: 'A 1' } }],
    ['it ends with A 1, the account with flat', { after: { ...SAID, end: 'A 1' } }],
  ])('is told: %s', (what, seen) => {
    const found = faultsOf({ ...CLEAN, ...seen }, { fault: 'SIGKILL' });
    expect(found).toEqual(what === 'nothing' ? [] : [what]);
  });

  it('is an order that came to the broker twice', () => {
    const account = { ...CLEAN.account, arrivals: ['sent', 'sent'] };
    expect(faultsOf({ ...CLEAN, account }, { fault: 'SIGKILL' })).toContain(
      'sent went to the broker twice',
    );
  });

  it('is a process that an error of the disk killed', () => {
    expect(faultsOf(CLEAN, { fault: 'EIO' })).toEqual(['an error of the disk killed it']);
  });
});

describe('what a process said', () => {
  it('is sorted by kind, with what the account held at the same moment', () => {
    const lines = ['durable 3', 'kill set', 'durable 9', 'holds A 1', 'knows a b', 'kill rearming'];
    expect(saidIn(lines.map((line) => ({ line, account: 'A 2' })))).toMatchObject({
      durable: 9,
      kill: 'rearming',
      knows: ['a', 'b'],
      books: [{ desk: 'A 1', account: 'A 2' }],
      end: undefined,
    });
  });
});

describe('the scripted day', { timeout: PATIENCE_MILLIS }, () => {
  it('trades at a broker outside of its process, and a restart finds that account', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'deltaring-killpoints-test-'));
    const home = join(folder, 'day');
    mkdirSync(home);
    const witness = await Witness.listen();
    try {
      const day = { home, port: witness.port, plant: undefined };
      const broken = await runDay({ ...day, part: 'first' });
      const before = await witness.take();
      const again = await runDay({ ...day, part: 'again' });
      const after = await witness.take();
      const account = witness.facts();
      const { records } = readJournal(home);
      const seen = { broken, before, again, after, account, records };
      expect(faultsOf(seen, { fault: 'EIO' })).toEqual([]);
      expect(new Set(account.arrivals).size).toBe(5);
      expect(account.fillIds.length).toBe(12);
    } finally {
      witness.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
