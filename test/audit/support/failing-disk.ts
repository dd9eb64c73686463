import type { Disk } from '../../../src/audit/disk.ts';
import { realDisk } from '../../../src/audit/disk.ts';

/** Fails the named operation from its `from`-th call on (counted from 1), as the system would. */
export interface DiskFault {
  readonly operation: 'writeAt' | 'syncData' | 'create';
  readonly from: number;
  readonly code: 'EIO' | 'ENOSPC';
  /** When given, only files whose path holds this text fail. */
  readonly path?: string;
}

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code });
}

/** The real disk, with faults that can be armed while it runs. Notes every write per path. */
export class FailingDisk implements Disk {
  readonly exists = realDisk.exists;
  readonly list = realDisk.list;
  readonly read = realDisk.read;
  readonly readInto = realDisk.readInto;
  readonly readRange = realDisk.readRange;
  readonly makeFolder = realDisk.makeFolder;
  readonly truncate = realDisk.truncate;
  readonly makeReadOnly = realDisk.makeReadOnly;
  readonly rename = realDisk.rename;
  readonly remove = realDisk.remove;
  readonly syncFolder = realDisk.syncFolder;
  readonly writes: string[] = [];
  #faults: DiskFault[] = [];
  #calls = new Map<DiskFault, number>();
  #paths = new Map<number, string>();

  arm(fault: DiskFault): void {
    this.#faults.push(fault);
    this.#calls.set(fault, 0);
  }

  #check(operation: DiskFault['operation'], path: string): void {
    for (const fault of this.#faults) {
      if (fault.operation !== operation || !path.includes(fault.path ?? '')) continue;
      const call = (this.#calls.get(fault) ?? 0) + 1;
      this.#calls.set(fault, call);
      if (call >= fault.from) throw systemError(fault.code);
    }
  }

  create = (path: string): number => {
    this.#check('create', path);
    const fd = realDisk.create(path);
    this.#paths.set(fd, path.replace(/\.new$/, ''));
    return fd;
  };

  openForWrite = (path: string): number => {
    const fd = realDisk.openForWrite(path);
    this.#paths.set(fd, path);
    return fd;
  };

  writeAt = (fd: number, bytes: Uint8Array, position: number): void => {
    const path = this.#paths.get(fd) ?? '';
    this.#check('writeAt', path);
    this.writes.push(path);
    realDisk.writeAt(fd, bytes, position);
  };

  syncData = (fd: number): void => {
    this.#check('syncData', this.#paths.get(fd) ?? '');
    realDisk.syncData(fd);
  };

  close = (fd: number): void => {
    realDisk.close(fd);
  };
}
