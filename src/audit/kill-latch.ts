/**
 * The kill latch: a file whose existence stops trading, across restarts and power cuts. Any thread
 * may engage it; only the operator's console clears it. Its text says who and why, but an empty or
 * unreadable file counts all the same.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  futimesSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { type EpochMicros, MICROS_PER_SECOND } from '../engine/domain/units.ts';
import { realDisk, systemCode } from './disk.ts';
import { isFields } from './record-schema.ts';

/** Who pulled it, why and when (wall time, micros). */
export interface KillLatch {
  readonly principal: string;
  readonly reason: string;
  readonly wallMicros: number;
}

/** Of a reason as it is kept: whoever kills with more words kills all the same. */
const LONGEST_REASON_CHARACTERS = 200;

const UNREADABLE: KillLatch = {
  principal: 'unknown',
  reason: 'the latch file is not readable; it counts all the same',
  wallMicros: 0,
};

/** Path of the latch under the engine's home. */
export function killLatchPath(home: string): string {
  return join(home, 'kill.latch');
}

/**
 * Sets the latch and returns once it is on stable storage. Of a set latch the first word stands, and
 * the time of the file alone is new (`latchMark`). Throws the operating system's error when the latch
 * cannot be made durable; it may be set all the same.
 */
export function engageKillLatch(
  home: string,
  by: { readonly principal: string; readonly reason: string; readonly wallMicros: EpochMicros },
): void {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const path = killLatchPath(home);
  const isSet = existsSync(path);
  const fd = openSync(path, 'a', 0o600);
  try {
    const { principal, reason, wallMicros } = by;
    const seconds = wallMicros / MICROS_PER_SECOND;
    if (!isSet) writeSync(fd, `${JSON.stringify({ principal, reason, wallMicros })}\n`);
    else futimesSync(fd, seconds, seconds);
    // Also where it was set: whoever set it may have met an error, or a crash, before this.
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  realDisk.syncFolder(home);
}

/**
 * Sets the latch for a kill that stands whatever the disk does. The reason as it is to be told on: its
 * first words where it is long, with what kept the latch from stable storage, where something did.
 * Never throws.
 */
export function engageOrTell(
  home: string,
  by: { readonly principal: string; readonly reason: string; readonly wallMicros: EpochMicros },
): string {
  const reason = by.reason.slice(0, LONGEST_REASON_CHARACTERS);
  try {
    engageKillLatch(home, { ...by, reason });
    return reason;
  } catch (error) {
    const why = systemCode(error) ?? String(error);
    return `${reason} (the latch file could not be written: ${why}; until it can, only the journal tells a restart of this kill)`;
  }
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

/** Changes with every kill that sets the latch, also where it was set. Undefined where it is not. */
export function latchMark(home: string): string | undefined {
  try {
    const { ino, mtimeNs } = statSync(killLatchPath(home), { bigint: true });
    return `${ino}:${mtimeNs}`;
  } catch {
    return undefined;
  }
}

/** Clears the latch, durably. For the operator's console only; true when it was set. */
export function clearKillLatch(home: string): boolean {
  if (!existsSync(killLatchPath(home))) return false;
  rmSync(killLatchPath(home));
  realDisk.syncFolder(home);
  return true;
}
