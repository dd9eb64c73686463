/** Random clean audit logs, and whether the verifier cries wolf over one. */
import { ensureAuditKey } from '../../src/audit/audit-key.ts';
import { openJournal } from '../../src/audit/journal-open.ts';
import { journalPaths } from '../../src/audit/journal-paths.ts';
import { rotateAuditKey } from '../../src/audit/key-rotation.ts';
import { JournalSealer } from '../../src/audit/sealer.ts';
import { HEARTBEAT_MILLIS } from '../../src/audit/sealing-limits.ts';
import { verifyJournal } from '../../src/audit/verify.ts';
import type { AuditBody, AuditRecord } from '../../src/engine/domain/audit-record.ts';
import { epochMicros, sessionDate } from '../../src/engine/domain/units.ts';
import { memoryDisk } from './memory-disk.ts';

/** Small files, so that a log of a few records has all that a long one has. */
const SMALL = { segmentBytes: 4_096, growthBytes: 2_048, reserveBytes: 2_048 };
const HOME = '/home';
const START_MICROS = 1_795_188_600_000_000;
const MICROS_PER_MILLI = 1_000;
const NINE = '9'.charCodeAt(0);

/** A small generator of whole numbers below `limit`; the same seed, the same numbers. */
function randomFrom(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    return (state >>> 1) % limit;
  };
}

/** One home that lives through a few runs of an engine. */
class CleanHome {
  readonly disk = memoryDisk();
  readonly #random: (limit: number) => number;
  #seq = 0;
  #micros = START_MICROS;

  constructor(seed: number) {
    this.#random = randomFrom(seed);
  }

  /** Opens, writes and seals in any rhythm, and ends in order or not. */
  run(): void {
    const { writer } = openJournal({ home: HOME, disk: this.disk, limits: SMALL });
    const now = (): { systemMicros: number; monotonicMicros: number } => ({
      systemMicros: this.#micros,
      monotonicMicros: this.#micros - START_MICROS,
    });
    const key = ensureAuditKey(HOME, this.disk);
    const sealer = new JournalSealer({ home: HOME, disk: this.disk, key, build: 'clean', now });
    for (let left = this.#random(6); left > 0; left--) {
      writer.commit(Array.from({ length: 1 + this.#random(40) }, () => this.#record()));
      this.#micros += this.#random(2 * HEARTBEAT_MILLIS) * MICROS_PER_MILLI;
      if (this.#random(3) > 0) sealer.poll();
    }
    if (this.#random(3) === 0) return;
    writer.close();
    if (this.#random(3) > 0) sealer.stop();
  }

  rotate(): void {
    if (this.#random(3) > 0) return;
    rotateAuditKey(HOME, false, this.disk, this.#micros);
  }

  #record(): AuditRecord {
    this.#micros += 1 + this.#random(1_000_000);
    const at = epochMicros(this.#micros);
    const session = sessionDate('2026-11-20');
    return {
      version: 2,
      seq: ++this.#seq,
      session,
      at: { market: at, wall: at, mono: this.#micros - START_MICROS },
      body: this.#body(),
    };
  }

  #body(): AuditBody {
    const text = 'ü'.repeat(this.#random(this.#random(40) === 0 ? 40_000 : 300));
    return this.#random(4) === 0
      ? { kind: 'killReleased', principal: text }
      : { kind: 'alert', severity: 'info', code: 'CLEAN', text };
  }
}

/** A verifier that finds nothing, whatever it reads. */
export const blindly: typeof verifyJournal = (...asked) => {
  return { ...verifyJournal(...asked), exitCode: 0, findings: [] };
};

/** Another digit in the first record: what a forger would do first. False where no file has two:
 * what is last may be a torn write. */
function change(disk: ReturnType<typeof memoryDisk>): boolean {
  const { journal } = journalPaths(HOME);
  for (const name of disk.list(journal)) {
    const path = `${journal}/${name}`;
    const bytes = disk.read(path);
    const at = bytes.indexOf('"mono":');
    if (at === -1 || bytes.indexOf('"mono":', at + 1) === -1) continue;
    const digit = at + '"mono":'.length;
    bytes[digit] = bytes[digit] === NINE ? NINE - 1 : NINE;
    const fd = disk.openForWrite(path);
    disk.writeAt(fd, bytes, 0);
    disk.close(fd);
    return true;
  }
  return false;
}

/** Makes one log in memory and verifies it, with its journal and alone: nothing may be found. Then one
 * byte is changed, which has to be. */
export function judgeLog(seed: number, verify = verifyJournal) {
  const clean = new CleanHome(seed);
  for (let runs = 1 + (seed % 3); runs > 0; runs--) {
    clean.run();
    clean.rotate();
  }
  const { disk } = clean;
  const trusted = [ensureAuditKey(HOME, disk).publicKey];
  const whole = verify(HOME, disk);
  const alone = verify(journalPaths(HOME).log, disk, { trusted });
  const bad = [whole, alone].find(({ exitCode }) => exitCode !== 0);
  const faults = bad === undefined ? [] : [`seed ${seed}: ${JSON.stringify(bad.findings)}`];
  const isChanged = change(disk);
  if (isChanged && verify(HOME, disk).exitCode === 0) {
    faults.push(`seed ${seed}: a record was changed and is called clean`);
  }
  return { faults, isChanged };
}
