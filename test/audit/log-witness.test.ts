import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { realDisk } from '../../src/audit/disk.ts';
import { encodeRecord, genesisHash } from '../../src/audit/journal-format.ts';
import type { JournalPaths } from '../../src/audit/journal-paths.ts';
import { journalPaths } from '../../src/audit/journal-paths.ts';
import type { ScanFault } from '../../src/audit/journal-scan.ts';
import { scanChain } from '../../src/audit/journal-scan.ts';
import { witnessLog } from '../../src/audit/log-witness.ts';
import type { AuditRecord } from '../../src/engine/domain/audit-record.ts';
import { alertBody, alerts, recordOf } from './support/sample-records.ts';
import { sealedHome } from './support/sealed-home.ts';

/** Longer than an entry of the log can be: it has three. */
const LONG = alertBody('x'.repeat(150_000));
const LENGTHS = [1, 2, 255, 256, 257, 273, 600];

/** What the witness says of these records, chained anew behind the header of the sealed journal. */
function faultOf(paths: JournalPaths, records: readonly AuditRecord[]): ScanFault | undefined {
  const { files } = scanChain(realDisk, paths, () => undefined);
  let hash = genesisHash(files[0]?.header.journalId ?? Buffer.alloc(0));
  const witness = witnessLog(realDisk, paths);
  for (const record of records) {
    const { frame, hash: own, seq } = encodeRecord(record, hash);
    hash = own;
    witness.see({ seq, hash, bytes: frame, end: frame.length });
  }
  return witness.fault(records.length, undefined);
}

/** The journal's own frames before the witness. */
function ownFault(paths: JournalPaths): ScanFault | undefined {
  const witness = witnessLog(realDisk, paths);
  const { position } = scanChain(realDisk, paths, (frame) => {
    witness.see(frame);
    return undefined;
  });
  return witness.fault(position.seq, undefined);
}

function removeTiles(paths: JournalPaths): void {
  rmSync(join(paths.log, 'tile'), { recursive: true });
}

describe.each(LENGTHS)('a log of %i records', (count) => {
  const sealed = (): JournalPaths => journalPaths(sealedHome(alerts(1, count)));

  it('is the journal that was sealed', () => {
    expect(ownFault(sealed())).toBeUndefined();
  });

  it('is no journal with one other record, chained anew to its end', () => {
    const paths = sealed();
    for (const changed of new Set([1, Math.ceil(count / 2), count])) {
      const records = alerts(1, count).with(changed - 1, recordOf(changed, alertBody('forged')));
      expect(faultOf(paths, records)?.what, `record ${changed}`).toContain('not those that were');
    }
  });

  it('is no journal that ends before it', () => {
    expect(faultOf(sealed(), alerts(1, count - 1))?.what).toContain('were sealed');
  });

  it('is held against every record where its tiles are gone', () => {
    const other = sealed();
    removeTiles(other);
    expect(ownFault(other)).toBeUndefined();
    const records = alerts(1, count).with(0, recordOf(1, alertBody('forged')));
    expect(faultOf(other, records)?.what).toContain('not those that were');
  });
});

describe('a log whose last record has several entries', () => {
  it.each([3, 254, 300])('is the journal that was sealed, and no other, behind %i', (count) => {
    const records = [...alerts(1, count), recordOf(count + 1, LONG)];
    const paths = journalPaths(sealedHome(records));
    expect(ownFault(paths)).toBeUndefined();
    const forged = records.with(1, recordOf(2, alertBody('forged')));
    expect(faultOf(paths, forged)?.what).toContain('not those that were');
  });
});
