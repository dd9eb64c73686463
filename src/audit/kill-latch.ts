/**
 * The kill latch: a file whose existence stops trading, across restarts and power cuts. Any thread
 * may engage it; only the operator's console clears it. Its text says who and why, but an empty or
 * unreadable file counts all the same.
 */
import type { BigIntStats } from 'node:fs';
import {
  closeSync,
  existsSync,
  fsyncSync,
  futimesSync,
  openSync,
  readFileSync,
  statSync,
  writeSync,
} from 'node:fs';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type EpochMicros, MICROS_PER_SECOND } from '../engine/domain/units.ts';
import { syncFolderAside } from '../ops/folder-sync.ts';
import { realDisk, systemCode } from './disk.ts';
import { isFields } from './record-schema.ts';

/** Who pulled it, why and when (wall time, micros). */
export interface KillLatch {
  readonly principal: string;
  readonly reason: string;
  readonly wallMicros: number;
}

/** Who sets it, why and when. */
type By = Pick<KillLatch, 'principal' | 'reason'> & { readonly wallMicros: EpochMicros };

const UNREADABLE: KillLatch = {
  principal: 'unknown',
  reason: 'the latch file is not readable; it counts all the same',
  wallMicros: 0,
};

const OWNER_ONLY = 0o600;

function textOf({ principal, reason, wallMicros }: By): string {
  return `${JSON.stringify({ principal, reason, wallMicros })}\n`;
}

/** Path of the latch under the engine's home. */
export function killLatchPath(home: string): string {
  return join(home, 'kill.latch');
}

/**
 * Sets the latch and returns once it is on stable storage. Of a set latch the first word stands, and
 * the time of the file alone is new (`latchMark`). Throws the operating system's error when the latch
 * cannot be made durable; it may be set all the same.
 */
export function engageKillLatch(home: string, by: By): void {
  realDisk.makeFolder(home);
  const path = killLatchPath(home);
  const isSet = existsSync(path);
  const fd = openSync(path, 'a', OWNER_ONLY);
  try {
    const seconds = by.wallMicros / MICROS_PER_SECOND;
    if (!isSet) writeSync(fd, textOf(by));
    else futimesSync(fd, seconds, seconds);
    // Also where it was set: whoever set it may have met an error, or a crash, before this.
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  realDisk.syncFolder(home);
}

/** The latch for writing, made where it is not set. Of two that set it at once one makes it. */
async function openLatch(path: string) {
  try {
    return { file: await open(path, 'ax', OWNER_ONLY), isNew: true };
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    return { file: await open(path, 'a', OWNER_ONLY), isNew: false };
  }
}

/**
 * The same for a thread that no disk may hold. Resolves with the mark of what it set (`latchMark`) once that
 * is on stable storage; rejects with the operating system's error, and it may be set all the same.
 */
export async function engageKillLatchAside(home: string, by: By): Promise<string> {
  await mkdir(home, { recursive: true, mode: 0o700 });
  const { file, isNew } = await openLatch(killLatchPath(home));
  let mark: string;
  try {
    const seconds = by.wallMicros / MICROS_PER_SECOND;
    if (isNew) await file.writeFile(textOf(by));
    else await file.utimes(seconds, seconds);
    mark = markOf(await file.stat({ bigint: true }));
    await file.sync();
  } finally {
    await file.close();
  }
  await syncFolderAside(home);
  return mark;
}

function isLatch(value: unknown): value is KillLatch {
  return (
    isFields(value) &&
    typeof value['principal'] === 'string' &&
    typeof value['reason'] === 'string' &&
    typeof value['wallMicros'] === 'number'
  );
}

/** The latch, or undefined when it is not set. */
export function readKillLatch(home: string): KillLatch | undefined {
  const path = killLatchPath(home);
  if (!existsSync(path)) return undefined;
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return isLatch(value) ? value : UNREADABLE;
  } catch {
    return UNREADABLE;
  }
}

function markOf({ ino, mtimeNs }: Pick<BigIntStats, 'ino' | 'mtimeNs'>): string {
  return `${ino}:${mtimeNs}`;
}

/** Changes with every kill that sets the latch, also where it was set. Undefined where it is not. */
export function latchMark(home: string): string | undefined {
  try {
    return markOf(statSync(killLatchPath(home), { bigint: true }));
  } catch {
    return undefined;
  }
}

/** Clears the latch; resolves once that is durable, and holds no thread. For the operator's console only; true
 * when it was set. */
export async function clearKillLatch(home: string): Promise<boolean> {
  if (!existsSync(killLatchPath(home))) return false;
  await rm(killLatchPath(home));
  await syncFolderAside(home);
  return true;
}
