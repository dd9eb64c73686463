/** What a start writes into the journal before anything else. */

import type { AuditRecord } from '../engine/domain/audit-record.ts';
import type { DeskContext } from './desk-context.ts';
import type { Started } from './journal-summary.ts';

function lastStart(records: readonly AuditRecord[]): Started | undefined {
  const found = records.findLast(({ body }) => body.kind === 'engineStarted')?.body;
  return found?.kind === 'engineStarted' ? found : undefined;
}

/** True where the last run did not end in order: its journal may lack what came last. */
export function wasCutOff(records: readonly AuditRecord[]): boolean {
  const last = records.findLast(({ body }) => body.kind !== 'alertDelivered');
  return last !== undefined && last.body.kind !== 'engineStopped';
}

/**
 * Records the start with its build and settings, what it knows of the sealed log, and what changed
 * since the start before.
 */
export function recordStart(desk: DeskContext, records: readonly AuditRecord[]): void {
  const { config, out, gateway } = desk;
  const { build, configFingerprint, environment, audit } = config;
  out.append({
    kind: 'engineStarted',
    build,
    configFingerprint,
    broker: gateway.capabilities.name,
    environment,
    accountId: gateway.accountId,
    recoveredRecords: records.length,
    ...audit,
  });
  const before = lastStart(records);
  if (before !== undefined && before.configFingerprint !== configFingerprint) {
    out.append({ kind: 'configChanged', from: before.configFingerprint, to: configFingerprint });
  }
  if (before?.auditKey !== undefined && audit !== undefined && before.auditKey !== audit.auditKey) {
    out.append({ kind: 'auditKeyChanged', from: before.auditKey, to: audit.auditKey });
  }
}
