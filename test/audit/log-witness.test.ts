import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeRecord, genesisHash } from '../../src/audit/journal-format.ts';
import type { JournalPaths } from '../../src/audit/journal-paths.ts';
import { journalPaths } from '../../src/audit/journal-paths.ts';
import { scanChain } from '../../src/audit/journal-scan.ts';
import { witnessLog } from '../../src/audit/log-witness.ts';
import type { ScanFault } from '../../src/audit/scanned-journal.ts';
import type { AuditRecord } from '../../src/engine/domain/audit-record.ts';
import { filesBelow, memoryDisk } from './support/home-files.ts';
import { alertBody, alerts, recordOf } from './support/sample-records.ts';
import { sealedHome } from './support/sealed-home.ts';

/** Longer than an entry of the log can be: it has three. */
const LONG = alertBody('x'.repeat(150_000));
const LENGTHS = [1, 2, 255, 256, 257, 273, 600];

/** A sealed home, read from the disk that sealed it. */
interface Sealed {
  readonly paths: JournalPaths;
  readonly files: ReadonlyMap<string, Buffer>;
}

function sealedOf(records: readonly AuditRecord[]): Sealed {
  const home = sealedHome(records);
  return { paths: journalPaths(home), files: filesBelow(home) };
}

/** What the witness says of these records, chained anew behind the header of the sealed journal. */
function faultOf(sealed: Sealed, records: readonly AuditRecord[]): ScanFault | undefined {
  const [disk, { paths }] = [memoryDisk(sealed.files), sealed];
  const { files } = scanChain(disk, paths, () => undefined);
  let hash = genesisHash(files[0]?.header.journalId ?? Buffer.alloc(0));
  const witness = witnessLog(disk, paths);
  for (const record of records) {
    const { frame, hash: own, seq } = encodeRecord(record, hash);
    hash = own;
    witness.see({ seq, hash, bytes: frame, end: frame.length });
  }
  return witness.fault(records.length, undefined);
}

/** The journal's own frames before the witness. */
function ownFault(sealed: Sealed): ScanFault | undefined {
  const [disk, { paths }] = [memoryDisk(sealed.files), sealed];
  const witness = witnessLog(disk, paths);
  const { position } = scanChain(disk, paths, (frame) => {
    witness.see(frame);
    return undefined;
  });
  return witness.fault(position.seq, undefined);
}

function withoutTiles({ paths, files }: Sealed): Sealed {
  const tiles = join(paths.log, 'tile/');
  return { paths, files: new Map([...files].filter(([path]) => !path.startsWith(tiles))) };
}

/** Sealing waits for the disk record by record, and nothing here changes what it left. */
const known = new Map<number, Sealed>();

describe.each(LENGTHS)('a log of %i records', (count) => {
  const sealed = (): Sealed => {
    const log = known.get(count) ?? sealedOf(alerts(1, count));
    known.set(count, log);
    return log;
  };

  it('is the journal that was sealed', () => {
    expect(ownFault(sealed())).toBeUndefined();
  });

  it('is no journal with one other record, chained anew to its end', () => {
    for (const changed of new Set([1, Math.ceil(count / 2), count])) {
      const records = alerts(1, count).with(changed - 1, recordOf(changed, alertBody('forged')));
      const fault = faultOf(sealed(), records);
      expect(fault?.what, `record ${changed}`).toContain('not those that were');
    }
  });

  it('is no journal that ends before it', () => {
    expect(faultOf(sealed(), alerts(1, count - 1))?.what).toContain('were sealed');
  });

  it('is held against every record where its tiles are gone', () => {
    const other = withoutTiles(sealed());
    expect(other.files.size).toBeLessThan(sealed().files.size);
    expect(ownFault(other)).toBeUndefined();
    const records = alerts(1, count).with(0, recordOf(1, alertBody('forged')));
    expect(faultOf(other, records)?.what).toContain('not those that were');
  });
});

describe('a log whose last record has several entries', () => {
  it.each([3, 254, 300])('is the journal that was sealed, and no other, behind %i', (count) => {
    const records = [...alerts(1, count), recordOf(count + 1, LONG)];
    const sealed = sealedOf(records);
    expect(ownFault(sealed)).toBeUndefined();
    const forged = records.with(1, recordOf(2, alertBody('forged')));
    expect(faultOf(sealed, forged)?.what).toContain('not those that were');
  });
});
