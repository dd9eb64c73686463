import { describe, expect, it } from 'vitest';
import type { Checkpoint } from '../../src/audit/checkpoint.ts';
import { CheckpointWriter, readCheckpoint } from '../../src/audit/checkpoint.ts';
import { memoryDisk } from './support/home-files.ts';
import { VolatileDisk } from './support/volatile-disk.ts';

const FOLDER = '/home/audit';
const PATH = `${FOLDER}/checkpoint`;
const FIRST: Checkpoint = {
  journalId: Buffer.alloc(16, 0xab),
  seq: 0,
  hash: Buffer.alloc(32, 1),
  file: 1,
  bytes: 128,
  closed: false,
};

function written(...further: readonly Partial<Checkpoint>[]): VolatileDisk {
  const disk = new VolatileDisk();
  const writer = new CheckpointWriter(disk, FOLDER, PATH, FIRST);
  for (const change of further) writer.write({ ...FIRST, ...change });
  return disk;
}

/** What stands in a file of these bytes. */
function readOf(bytes: Buffer) {
  return readCheckpoint(memoryDisk(new Map([[PATH, bytes]])), PATH);
}

describe('a checkpoint', () => {
  it('reads back as written, and the newest of two', () => {
    const last = { seq: 12_345, file: 0, bytes: 5_343, closed: true, hash: Buffer.alloc(32, 9) };
    expect(readCheckpoint(written(), PATH)).toEqual({ kind: 'found', checkpoint: FIRST, count: 1 });
    for (const before of [0, 1, 2]) {
      const all = Array.from({ length: before }, (_, i) => ({ seq: i + 1 }));
      expect(readCheckpoint(written(...all, last), PATH)).toEqual({
        kind: 'found',
        checkpoint: { ...FIRST, ...last },
        count: before + 2,
      });
    }
  });

  it('is plain text that a person can read', () => {
    const text = written({ seq: 7, closed: true }).read(PATH).toString('latin1');
    const [newer, older] = [text.slice(0, 256), text.slice(256)];
    expect(written().read(PATH).toString('latin1', 0, 256)).toBe(' '.repeat(256));
    const hash = '01'.repeat(32);
    const id = 'ab'.repeat(16);
    expect(newer).toMatch(
      new RegExp(`^deltaring-checkpoint 1 2 ${id} 7 ${hash} 1 128 closed [0-9a-f]{8} +\\n$`),
    );
    expect(older).toMatch(
      new RegExp(`^deltaring-checkpoint 1 1 ${id} 0 ${hash} 1 128 open [0-9a-f]{8} +\\n$`),
    );
  });

  it('is missing where there is no file, and where nothing stands in it', () => {
    expect(readCheckpoint(new VolatileDisk(), PATH)).toEqual({ kind: 'missing' });
    for (const blank of [0, 0x20, 0x0a]) {
      expect(readOf(Buffer.alloc(512, blank))).toEqual({ kind: 'missing' });
    }
  });

  it('counts with one slot, whichever that is', () => {
    const bytes = written({ seq: 5 }).read(PATH);
    const [newer, older] = [bytes.subarray(0, 256), bytes.subarray(256)];
    const blank = Buffer.alloc(256);
    expect(readOf(Buffer.concat([newer, blank]))).toMatchObject({ checkpoint: { seq: 5 } });
    expect(readOf(Buffer.concat([blank, older]))).toMatchObject({ checkpoint: { seq: 0 } });
    expect(readOf(Buffer.concat([older, newer]))).toMatchObject({ checkpoint: { seq: 5 } });
  });

  it.each([
    ['shorter', (bytes: Buffer) => bytes.subarray(0, 511), 'it has 511 bytes, not 512'],
    ['longer', (bytes: Buffer) => Buffer.concat([bytes, bytes]), 'it has 1024 bytes, not 512'],
    ['of no such text', (bytes: Buffer) => bytes.fill('x', 0, 4), 'slot 1 is not readable'],
    [
      'with a changed number',
      (bytes: Buffer) => bytes.fill('8', 278, 279),
      'slot 2 is not readable',
    ],
    [
      'with text before it',
      (bytes: Buffer) => bytes.copyWithin(1, 0, 255),
      'slot 1 is not readable',
    ],
    ['with more behind it', (bytes: Buffer) => bytes.fill('y', 250, 251), 'slot 1 is not readable'],
    [
      'with another blank behind it',
      (bytes: Buffer) => bytes.fill(0, 250, 251),
      'slot 1 is not readable',
    ],
  ])('%s is damaged, which is said', (_what, damage, detail) => {
    expect(readOf(damage(written({ seq: 5 }).read(PATH)))).toEqual({ kind: 'damaged', detail });
  });

  it('shows every changed bit', () => {
    const bytes = written({ seq: 5 }).read(PATH);
    for (let at = 0; at < 170; at += 1) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(readOf(changed), `byte ${at}`).toMatchObject({ kind: 'damaged' });
    }
  });
});
