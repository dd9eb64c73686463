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

/** Makes one clean log in memory and verifies it, with its journal and alone. Answers with what was
 * found although nothing is wrong. */
export function falseAlarm(seed: number): string | undefined {
  const clean = new CleanHome(seed);
  for (let runs = 1 + (seed % 3); runs > 0; runs--) {
    clean.run();
    clean.rotate();
  }
  const { disk } = clean;
  const trusted = [ensureAuditKey(HOME, disk).publicKey];
  const whole = verifyJournal(HOME, disk);
  const alone = verifyJournal(journalPaths(HOME).log, disk, { trusted });
  const bad = [whole, alone].find(({ exitCode }) => exitCode !== 0);
  return bad === undefined ? undefined : `seed ${seed}: ${JSON.stringify(bad.findings)}`;
}
