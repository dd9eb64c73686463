/** What a start writes into the journal before anything else. */

import type { DeskContext } from './desk-context.ts';
import type { JournalSummary } from './journal-summary.ts';

/**
 * Records the start with its build and settings, what it knows of the sealed log, and what changed
 * since the start before.
 */
export function recordStart(desk: DeskContext, past: JournalSummary): void {
  const { config, out, gateway } = desk;
  const { build, configFingerprint, environment, audit } = config;
  const started = {
    kind: 'engineStarted',
    build,
    configFingerprint,
    broker: gateway.capabilities.name,
    environment,
    accountId: gateway.accountId,
    recoveredRecords: past.records,
    ...audit,
  } as const;
  // The numbers that later runs leave out follow from it: it is kept where exits are kept.
  out.append(started, true);
  const { lastStart: before } = past;
  if (before !== undefined && before.build !== build) {
    out.append({ kind: 'buildChanged', from: before.build, to: build });
  }
  if (before !== undefined && before.configFingerprint !== configFingerprint) {
    out.append({ kind: 'configChanged', from: before.configFingerprint, to: configFingerprint });
  }
  if (before?.auditKey !== undefined && audit !== undefined && before.auditKey !== audit.auditKey) {
    out.append({ kind: 'auditKeyChanged', from: before.auditKey, to: audit.auditKey });
  }
}
