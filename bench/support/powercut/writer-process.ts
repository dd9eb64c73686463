/**
 * Writes a journal for ever and says, in a file outside of the disk that will lose its power, how far
 * it was told that everything is durable: eight bytes for the last record, eight for the latch.
 *
 *     node writer-process.ts HOME ACKS STOP-EVERY PLANT
 *
 * At every so many acknowledgements it stops itself, as nothing else is as close to a sync; 0: it is
 * stopped from outside only.
 */
import { openSync, writeSync } from 'node:fs';
import type { Disk } from '../../../src/audit/disk.ts';
import { realDisk } from '../../../src/audit/disk.ts';
import { JournalEngine } from '../../../src/audit/journal-engine.ts';
import { openJournal } from '../../../src/audit/journal-open.ts';
import { engageKillLatch } from '../../../src/audit/kill-latch.ts';
import { runSession } from '../../../src/desk/simulation/simulated-session.ts';
import type { AuditRecord } from '../../../src/engine/domain/audit-record.ts';
import { wallMicros } from '../../../src/engine/domain/clock.ts';
import { addMicros, epochMicros } from '../../../src/engine/domain/units.ts';

const [home = '', acks = '', stopEvery = '0', plant = ''] = process.argv.slice(2);
const LATCH_AT_COMMIT = 40;
const MOST_IN_A_COMMIT = 5;
const SEED = 5;
const MINUTES = 60;

const unsynced: Disk = { ...realDisk, syncData: () => undefined, syncFolder: () => undefined };
const disk = plant === 'skip-fsync' ? unsynced : realDisk;
const ackFile = openSync(acks, 'r+');

function acknowledge(slot: number, value: number): void {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  writeSync(ackFile, bytes, 0, bytes.length, slot * bytes.length);
}

/** What a session really records; then, for ever, what of it may be recorded again. */
const { runs } = runSession({ seed: SEED, minutes: MINUTES });
const recorded = runs.flatMap(({ records }) => records);
const repeatable = recorded.filter(
  ({ body }) => body.kind === 'alert' || body.kind === 'feedOutage',
);
const { writer, lastSeq } = openJournal({ home, disk });
const engine = new JournalEngine(writer, wallMicros);
let seq = lastSeq;

/** A record told again has a later moment than all before it: a log's clock does not go back. */
function toldAgain(record: AuditRecord | undefined): AuditRecord | undefined {
  const last = recorded.at(-1);
  if (record === undefined || last === undefined) return undefined;
  const after = seq - recorded.length + 1;
  const market = addMicros(last.at.market, after);
  const wall = addMicros(last.at.wall, after);
  return { ...record, at: { ...last.at, market, wall } };
}

function nextRecord(): AuditRecord {
  const record = recorded[seq] ?? toldAgain(repeatable[seq % repeatable.length]);
  if (record === undefined) throw new Error('the session recorded something');
  seq += 1;
  return { ...record, seq };
}

acknowledge(0, lastSeq);
for (let commit = 1; ; commit += 1) {
  const records = Array.from({ length: (commit % MOST_IN_A_COMMIT) + 1 }, nextRecord);
  const [reply] = engine.handle([{ records, urgent: false }]);
  if (reply?.kind !== 'durable') process.exit(0);
  acknowledge(0, reply.durableSeq);
  if (commit === LATCH_AT_COMMIT) {
    engageKillLatch(home, {
      principal: 'cut',
      reason: 'a drill',
      wallMicros: epochMicros(wallMicros()),
    });
    acknowledge(1, 1);
  }
  if (Number(stopEvery) > 0 && commit % Number(stopEvery) === 0)
    process.kill(process.pid, 'SIGSTOP');
  engine.idle();
}
