import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Seen } from '../../bench/support/killpoints/faults.ts';
import { faultsOf } from '../../bench/support/killpoints/faults.ts';
import type { HomeFacts } from '../../bench/support/killpoints/home-facts.ts';
import { homeFacts } from '../../bench/support/killpoints/home-facts.ts';
import { choosePoints } from '../../bench/support/killpoints/points.ts';
import { runDay } from '../../bench/support/killpoints/strace.ts';
import type { Said } from '../../bench/support/killpoints/witness.ts';
import { saidIn, Witness } from '../../bench/support/killpoints/witness.ts';
import { readJournal } from '../../src/audit/journal-open.ts';
import { notice, tampered, unchecked } from '../../src/audit/verify-report.ts';
import { alerts } from '../audit/support/sample-records.ts';

/** Processes: they are never judged by their time. */
const PATIENCE_MILLIS = 120_000;

const SAID: Said = {
  answers: [],
  knows: ['an-order'],
  fills: ['a-fill'],
  durable: 0,
  kill: undefined,
  latch: undefined,
  sealed: [{ checkpoint: 1, root: 'aa' }],
  books: [{ desk: 'flat', account: 'flat' }],
  end: 'flat',
};
const ENDED = { code: 0, signal: null, isLate: false, stderr: '' };
const KILLED = { ...ENDED, code: null, signal: 'SIGKILL' };
const HOME: HomeFacts = {
  isLatched: false,
  report: { exitCode: 0, findings: [notice('worth knowing')], lastSeq: 9 },
  roots: new Map([[1, 'aa']]),
  sealedSeq: 9,
};
const LATCHED: HomeFacts = { ...HOME, isLatched: true };
const FORGED: HomeFacts['report'] = { exitCode: 1, findings: [tampered('forged')], lastSeq: 9 };
const NO_JOURNAL: HomeFacts['report'] = { exitCode: 2, findings: [unchecked('none')], lastSeq: 0 };
const CLEAN: Seen = {
  broken: KILLED,
  before: { ...SAID, answers: ['an-order'] },
  again: ENDED,
  after: { ...SAID, sealed: [] },
  left: HOME,
  kept: HOME,
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
    ['a latch was answered as set and is not there', { before: { ...SAID, latch: 'set' } }],
    [
      'a latch was answered as cleared and is there',
      { before: { ...SAID, latch: 'clear' }, left: LATCHED, kept: LATCHED },
    ],
    ['the restart left the latch clear', { left: LATCHED }],
    ['nothing', { left: { ...HOME, report: NO_JOURNAL } }],
    [
      'the verifier answers 2 behind the struck day: none',
      {
        before: { ...SAID, durable: 1 },
        left: { ...HOME, report: NO_JOURNAL },
        records: alerts(1, 1),
      },
    ],
    ['the verifier answers 1 behind the restart: forged', { kept: { ...HOME, report: FORGED } }],
    ['checkpoint 1 was told and is lost', { kept: { ...HOME, roots: new Map([[1, 'bb']]) } }],
    ['records behind 8 are not sealed by the restart', { kept: { ...HOME, sealedSeq: 8 } }],
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

describe('the points of a day', () => {
  it('are every call of its threads, killed and, where the disk can refuse it, refused', () => {
    const { points } = choosePoints(
      [
        { thread: 'main', call: 'write', times: 2 },
        { thread: 'pool', call: 'unlink', times: 1 },
      ],
      1,
    );
    expect(points.map(({ call, nth, fault }) => `${fault} at ${call} ${nth}`)).toEqual([
      'SIGKILL at write 1',
      'SIGKILL at write 2',
      'SIGKILL at unlink 1',
      'EIO at unlink 1',
    ]);
  });

  it('are of the sealing thread the first, and of the others all once so many seeds had their turn', () => {
    const made = [{ thread: 'audit', call: 'rename', times: 100 }] as const;
    const { points, notes } = choosePoints(made, 1);
    expect(points.length).toBe(28);
    expect(notes[0]).toContain('200 points 28 were chosen');
    const struck = Array.from({ length: 30 }, (_, seed) => seed).flatMap((seed) =>
      choosePoints(made, seed).points.map(({ nth, fault }) => `${fault} ${nth}`),
    );
    expect(new Set(struck).size).toBe(300);
  });
});

describe('what a process said', () => {
  it('is sorted by kind, with what the account held at the same moment', () => {
    const ofKill = ['kill set', 'kill rearming', 'latch clearing', 'latch clear'];
    const lines = ['durable 3', 'durable 9', 'holds A 1', 'knows a b', 'sealed 4 ab', ...ofKill];
    expect(saidIn(lines.map((line) => ({ line, account: 'A 2' })))).toMatchObject({
      durable: 9,
      kill: 'rearming',
      latch: 'clear',
      sealed: [{ checkpoint: 4, root: 'ab' }],
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
      const left = homeFacts(home);
      const again = await runDay({ ...day, part: 'again' });
      const after = await witness.take();
      const account = witness.facts();
      const { records } = readJournal(home);
      const kept = homeFacts(home);
      const seen = { broken, before, again, after, left, kept, account, records };
      expect(faultsOf(seen, { fault: 'EIO' })).toEqual([]);
      expect(new Set(account.arrivals).size).toBe(5);
      expect(account.fillIds.length).toBe(12);
      expect(before).toMatchObject({ kill: 'rearming', latch: 'clear' });
      expect(before.sealed.length).toBeGreaterThan(1);
    } finally {
      witness.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
