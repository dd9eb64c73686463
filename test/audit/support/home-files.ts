import { cpSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Disk } from '../../../src/audit/disk.ts';
import { realDisk } from '../../../src/audit/disk.ts';
import type { JournalLimits } from '../../../src/audit/journal-limits.ts';
import { openJournal } from '../../../src/audit/journal-open.ts';
import type { AuditRecord } from '../../../src/engine/domain/audit-record.ts';
import { tempHome } from './temp-home.ts';

export const smallLimits: JournalLimits = {
  segmentBytes: 4_096,
  growthBytes: 2_048,
  reserveBytes: 2_048,
};

/** A home with the records in its journal, committed `batch` at a time; closed unless said. */
export function homeWith(
  records: readonly AuditRecord[],
  options: {
    readonly limits?: JournalLimits;
    readonly close?: boolean;
    readonly batch?: number;
  } = {},
): string {
  const home = tempHome();
  const { writer } = openJournal({ home, ...(options.limits && { limits: options.limits }) });
  const size = options.batch ?? 3;
  for (let at = 0; at < records.length; at += size) writer.commit(records.slice(at, at + size));
  if (options.close !== false) writer.close();
  return home;
}

export function copyOf(home: string): string {
  const copy = tempHome();
  cpSync(home, copy, { recursive: true });
  return copy;
}

/** Every file below a folder, by path. */
export function filesBelow(folder: string): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    if (statSync(path).isDirectory())
      for (const [at, bytes] of filesBelow(path)) files.set(at, bytes);
    else files.set(path, readFileSync(path));
  }
  return files;
}

/** A disk that holds its files in memory, to verify thousands of damaged copies quickly. */
export function memoryDisk(files: ReadonlyMap<string, Buffer>): Disk {
  const read = (path: string): Buffer => files.get(path) ?? Buffer.alloc(0);
  const inside = (folder: string): string[] =>
    [...files.keys()].filter((path) => path.startsWith(`${folder}/`));
  return {
    ...realDisk,
    exists: (path) => files.has(path) || inside(path).length > 0,
    list: (folder) =>
      [
        ...new Set(inside(folder).map((path) => path.slice(folder.length + 1).split('/')[0] ?? '')),
      ].sort(),
    read,
    readInto: (path, room) => {
      const bytes = read(path);
      const memory = room(bytes.length).subarray(0, bytes.length);
      bytes.copy(memory);
      return memory;
    },
  };
}
