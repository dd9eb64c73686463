/**
 * What copies of a disk cannot show: writes that reach it out of order, sectors torn apart, names
 * that a folder's sync had not fixed. Every image that such a cut may leave must hold all that was
 * acknowledged, in order, and be a journal that goes on.
 */
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { openJournal, readJournal } from '../../src/audit/journal-open.ts';
import { verifyJournal } from '../../src/audit/verify.ts';
import { SeededRandom } from '../../src/desk/simulation/seeded-random.ts';
import { smallLimits } from './support/home-files.ts';
import { alerts } from './support/sample-records.ts';
import type { Choose } from './support/volatile-disk.ts';
import { VolatileDisk } from './support/volatile-disk.ts';

const HOME = '/home/model';
const RECORDS = 40;
const BATCH = 3;
const IMAGES_PER_STEP = 4;

function chooser(seed: number): Choose {
  const random = new SeededRandom(seed, 1);
  return (choices) => random.whole(0, choices - 1);
}

/** Appends until the disk gives out; hands back the last acknowledged record. */
function write(disk: VolatileDisk, records = RECORDS): number {
  let acknowledged = 0;
  try {
    const { writer, lastSeq } = openJournal({ home: HOME, disk, limits: smallLimits });
    acknowledged = lastSeq;
    for (let seq = lastSeq + 1; seq <= records; seq += BATCH) {
      const result = writer.commit(alerts(seq, BATCH));
      if (result.kind !== 'durable') return acknowledged;
      acknowledged = result.seq;
      writer.prepareAhead();
    }
    writer.close();
  } catch {
    return acknowledged;
  }
  return acknowledged;
}

/** What an image lacks; nothing where it holds what it must. */
function lossesOf(image: VolatileDisk, acknowledged: number): readonly string[] {
  try {
    return judged(image, acknowledged);
  } catch (error) {
    return [String(error)];
  }
}

function judged(image: VolatileDisk, acknowledged: number): readonly string[] {
  const { lastSeq, records } = readJournal(HOME, image);
  const found: string[] = [];
  if (lastSeq < acknowledged) found.push(`${acknowledged} acknowledged, ${lastSeq} left`);
  if (!isDeepStrictEqual(records, alerts(1, lastSeq))) found.push('other records');
  const { exitCode, findings } = verifyJournal(HOME, image);
  // Before the first record there may be no journal yet.
  if (lastSeq > 0 && exitCode !== 0) {
    found.push(`verify answers ${exitCode}: ${findings.map(({ what }) => what).join('; ')}`);
  }
  const again = write(image, lastSeq + BATCH);
  if (again < lastSeq + BATCH) found.push(`it goes on to ${again} only`);
  return found;
}

/** Losses over images of a cut at every operation of a life of the journal. */
function lossesAtEveryStep(prepare: (disk: VolatileDisk) => void): readonly string[] {
  const whole = new VolatileDisk();
  write(whole);
  const losses: string[] = [];
  for (let step = 1; step <= whole.operations + 1; step += 1) {
    const disk = new VolatileDisk();
    prepare(disk);
    disk.stopAt = step;
    const acknowledged = write(disk);
    for (let image = 0; image < IMAGES_PER_STEP; image += 1) {
      const found = disk.afterPowerCut(chooser(step * IMAGES_PER_STEP + image));
      const lost = lossesOf(found, acknowledged);
      losses.push(...lost.map((what) => `step ${step}, image ${image}: ${what}`));
    }
  }
  return losses;
}

const FAILED_DISK = [1, 2, 5, 7, 8];

/** A journal whose main file failed after record 2 and that went on in its reserve. */
function inReserve(): VolatileDisk {
  const disk = new VolatileDisk();
  const { writer } = openJournal({ home: HOME, disk, limits: smallLimits });
  writer.commit(alerts(1, 2));
  disk.fault = { from: 1, code: 'EIO' };
  expect(writer.commit(alerts(3, 2)).kind).toBe('failed');
  disk.fault = undefined;
  for (const records of [alerts(5, 1), alerts(7, 2)]) {
    expect(writer.commitToReserve(records).kind).toBe('durable');
  }
  return disk.afterPowerCut(() => 0);
}

/** Numbers of what an image holds, and of what it holds once it has gone on. */
function numbersIn(image: VolatileDisk): readonly (readonly number[])[] {
  const before = readJournal(HOME, image).records.map(({ seq }) => seq);
  const { writer } = openJournal({ home: HOME, disk: image, limits: smallLimits });
  writer.commit(alerts(9, 1));
  writer.close();
  return [before, readJournal(HOME, image).records.map(({ seq }) => seq)];
}

const PATIENCE_MILLIS = 120_000;

describe('a journal on a disk that reorders and tears what is not synced', {
  timeout: PATIENCE_MILLIS,
}, () => {
  it('keeps every acknowledged record over a cut at any operation', () => {
    expect(lossesAtEveryStep(() => undefined)).toEqual([]);
  });

  it('is seen to lose records on a disk that only says that it synced', () => {
    const losses = lossesAtEveryStep((disk) => {
      disk.isLying = true;
    });
    expect(losses.length).toBeGreaterThan(0);
  });

  it('keeps what stands in its reserve over a cut at any operation of the start that takes it in', () => {
    let isWhole = false;
    for (let step = 1; !isWhole; step += 1) {
      const disk = inReserve();
      disk.stopAt = disk.operations + step;
      try {
        openJournal({ home: HOME, disk, limits: smallLimits });
        isWhole = true;
      } catch (error) {
        expect(String(error)).toContain('cannot be opened');
      }
      for (let image = 0; image < IMAGES_PER_STEP; image += 1) {
        const found = disk.afterPowerCut(chooser(step * IMAGES_PER_STEP + image));
        const numbers = [FAILED_DISK, [...FAILED_DISK, 9]];
        expect(numbersIn(found), `step ${step}, image ${image}`).toEqual(numbers);
      }
    }
  });

  it.each(['EIO', 'ENOSPC'] as const)(
    'keeps what it acknowledged where %s comes at any operation',
    (code) => {
      const whole = new VolatileDisk();
      write(whole);
      for (let step = 1; step <= whole.operations; step += 1) {
        const disk = new VolatileDisk();
        disk.fault = { from: step, code };
        const acknowledged = write(disk);
        const found = disk.afterPowerCut(chooser(step));
        expect(lossesOf(found, acknowledged), `${code} from operation ${step}`).toEqual([]);
      }
    },
  );
});
