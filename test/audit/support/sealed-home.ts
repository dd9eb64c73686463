import { ensureAuditKey, readAuditKey } from '../../../src/audit/audit-key.ts';
import type { Disk } from '../../../src/audit/disk.ts';
import { JournalSealer } from '../../../src/audit/sealer.ts';
import type { AuditRecord } from '../../../src/engine/domain/audit-record.ts';
import { homeWith } from './home-files.ts';
import { START_MICROS } from './sample-records.ts';

/** A machine's clocks that move by hand. */
export class HandClock {
  systemMicros = START_MICROS;
  monotonicMicros = 1_000_000;

  advance(millis: number): void {
    this.systemMicros += millis * 1_000;
    this.monotonicMicros += millis * 1_000;
  }

  readonly now = (): { systemMicros: number; monotonicMicros: number } => ({
    systemMicros: this.systemMicros,
    monotonicMicros: this.monotonicMicros,
  });
}

type More = Partial<Omit<ConstructorParameters<typeof JournalSealer>[0], 'home'>>;

/** A sealer of the home, with its key made where there is none. */
export function sealerOf(home: string, more: More = {}): JournalSealer {
  const now = new HandClock().now;
  return new JournalSealer({ home, key: ensureAuditKey(home), build: 'test', now, ...more });
}

/** A home with the records journalled and sealed. */
export function sealedHome(
  records: readonly AuditRecord[],
  options: Parameters<typeof homeWith>[1] & { readonly disk?: Disk } = {},
): string {
  const home = homeWith(records, options);
  sealerOf(home);
  return home;
}

/** The home's public key as what a verifier trusts. */
export function trustOf(home: string): { trusted: Buffer[] } {
  const key = readAuditKey(home);
  return { trusted: key === undefined ? [] : [key.publicKey] };
}
