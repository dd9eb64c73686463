import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openJournal, readJournal } from '../../src/audit/journal-open.ts';
import { readKillLatch } from '../../src/audit/kill-latch.ts';
import { verifyJournal } from '../../src/audit/verify.ts';
import { SeededRandom } from '../../src/desk/simulation/seeded-random.ts';
import type { Campaign, CampaignOptions, CampaignOutcome } from '../support/campaign.ts';
import { isFound } from '../support/campaign.ts';
import { LoopDisk, requireLoopMounts } from '../support/powercut/loop-disk.ts';

const WRITER = fileURLToPath(new URL('../support/powercut/writer-process.ts', import.meta.url));
/** Cuts of one writer; then the journal is long enough to begin anew. */
const CUTS_PER_WRITER = 12;
/** Longest wait between two cuts at random. */
const MOST_MILLIS_BETWEEN = 60;
const MOST_COMMITS_BETWEEN = 40;
const POLL_MILLIS = 1;
const PATIENCE_POLLS = 20_000;
/** Fewer prove little. */
const LEAST_CUTS = 500;

/** How far the writer was told that everything is durable. */
interface Acknowledged {
  readonly seq: number;
  readonly isLatched: boolean;
}

/** A writer on a file system of its own. */
class Victim {
  readonly #folder: string;
  readonly #acks: string;
  readonly #disk: LoopDisk;
  readonly #child: ChildProcess;

  constructor(folder: string, stopEvery: number, plant: string | undefined) {
    this.#folder = folder;
    this.#acks = join(folder, 'acks');
    writeFileSync(this.#acks, Buffer.alloc(16));
    this.#disk = LoopDisk.make(join(folder, 'disk.img'), join(folder, 'disk'));
    const home = join(this.#disk.mountPoint, 'home');
    mkdirSync(home);
    const args = [WRITER, home, this.#acks, String(stopEvery), plant ?? ''];
    this.#child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  get acknowledged(): Acknowledged {
    const bytes = readFileSync(this.#acks);
    return { seq: bytes.readDoubleLE(0), isLatched: bytes.readDoubleLE(8) === 1 };
  }

  /** True while the process is there; the state is that of the kernel: T is stopped. */
  #state(): string | undefined {
    if (this.#hasEnded) return undefined;
    const stat = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
  }

  async #until(holds: () => boolean): Promise<boolean> {
    for (let polls = 0; polls < PATIENCE_POLLS; polls += 1) {
      if (holds()) return true;
      if (this.#state() === undefined) return false;
      await sleep(POLL_MILLIS);
    }
    throw new Error('the writer neither writes nor ends');
  }

  begun(): Promise<boolean> {
    return this.#until(() => this.acknowledged.seq > 0);
  }

  /** Stops it now, or waits until it stops itself. False where it has ended: its disk is full. */
  stopped(isFromOutside: boolean): Promise<boolean> {
    if (isFromOutside) this.#child.kill('SIGSTOP');
    return this.#until(() => this.#state() === 'T');
  }

  goOn(): void {
    this.#child.kill('SIGCONT');
  }

  /** The power goes: what is on the disk at this moment, looked at after a restart. */
  judge(): readonly string[] {
    const { seq, isLatched } = this.acknowledged;
    const copy = this.#disk.copy(join(this.#folder, 'cut.img'), join(this.#folder, 'cut'));
    try {
      return lossesOf(join(copy.mountPoint, 'home'), { seq, isLatched });
    } catch (error) {
      return [`it does not open: ${error instanceof Error ? error.message : String(error)}`];
    } finally {
      copy.unmount();
    }
  }

  async end(): Promise<void> {
    this.#child.kill('SIGKILL');
    if (!this.#hasEnded) await once(this.#child, 'exit');
    this.#disk.unmount();
  }
}

/** What the file system that came back lacks. */
function lossesOf(home: string, { seq, isLatched }: Acknowledged): readonly string[] {
  const found: string[] = [];
  const { lastSeq, records } = readJournal(home);
  if (lastSeq < seq) found.push(`record ${seq} was acknowledged, the journal ends with ${lastSeq}`);
  if (isLatched && readKillLatch(home) === undefined) found.push('the kill latch is gone');
  const { exitCode, findings } = verifyJournal(home);
  if (exitCode !== 0) {
    found.push(`audit verify answers ${exitCode}: ${findings.map(({ what }) => what).join('; ')}`);
  }
  const { writer } = openJournal({ home });
  const last = records.at(-1);
  if (last !== undefined) {
    const result = writer.commit([{ ...last, seq: lastSeq + 1 }]);
    if (result.kind !== 'durable') found.push(`it takes no record any more: ${result.reason}`);
  }
  writer.close();
  if (readJournal(home).lastSeq < lastSeq) found.push('opening it again lost records');
  return found;
}

async function run(options: CampaignOptions): Promise<CampaignOutcome> {
  const { runs: wanted, seed, plant, progress } = options;
  const folder = mkdtempSync(join(tmpdir(), 'deltaring-powercut-'));
  const random = new SeededRandom(seed, 1);
  const violations: string[] = [];
  const cuts = { atASync: 0, atRandom: 0 };
  const endsAt = performance.now() + (options.seconds ?? Number.POSITIVE_INFINITY) * 1_000;
  const runs = (): number => cuts.atASync + cuts.atRandom;
  const isOver = (): boolean =>
    runs() >= wanted || performance.now() >= endsAt || isFound(PLANTS[plant ?? ''], violations);
  let acknowledged = 0;
  try {
    requireLoopMounts(folder);
    for (let life = 0; !isOver(); life += 1) {
      const isRandom = life % 2 === 1;
      const victim = new Victim(
        folder,
        isRandom ? 0 : random.whole(1, MOST_COMMITS_BETWEEN),
        plant,
      );
      try {
        let isAlive = await victim.begun();
        if (!isAlive) throw new Error('the writer ended before it wrote anything');
        for (let cut = 0; isAlive && cut < CUTS_PER_WRITER && !isOver(); cut += 1) {
          if (isRandom) await sleep(random.between(0, MOST_MILLIS_BETWEEN));
          isAlive = await victim.stopped(isRandom);
          if (!isAlive) break;
          const kind = isRandom ? 'atRandom' : 'atASync';
          cuts[kind] += 1;
          const name = `cut ${runs()} (${kind}, record ${victim.acknowledged.seq})`;
          violations.push(...victim.judge().map((what) => `${name}: ${what}`));
          progress(runs(), violations.length);
          victim.goOn();
        }
        acknowledged += victim.acknowledged.seq;
      } finally {
        await victim.end();
      }
    }
    if (plant === undefined && runs() < Math.min(wanted, LEAST_CUTS)) {
      violations.push(`only ${runs()} cuts came in the time`);
    }
    return {
      runs: runs(),
      violations,
      counts: { cuts, acknowledged },
      notes: [
        'Each cut copies an ext4 image under a stopped writer; journal recovery, audit verify and a further record follow.',
        'A copy shows no reordering and no torn sectors: those are modelled in test/audit/power-cut-model.test.ts.',
      ],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const PLANTS: Campaign['plants'] = {
  'skip-fsync': /does not open|was acknowledged, the journal ends/,
};

export const campaign: Campaign = {
  name: 'powercut',
  proves: 'No acknowledged record and no kill latch is lost when the power goes.',
  runs: LEAST_CUTS,
  unit: 'cuts',
  plants: PLANTS,
  run,
};
