import { describe, expect, it } from 'vitest';
import type { AuditBody, AuditRecord } from '../../src/engine/domain/audit-record.ts';
import { epochMicros, sessionDate } from '../../src/engine/domain/units.ts';
import type { AlertChannel } from '../../src/ops/alert-channel.ts';
import { isPaged } from '../../src/ops/alert-channel.ts';
import { lostAlerts, RecentAlerts } from '../../src/ops/lost-alerts.ts';

const HOUR = 3_600_000_000;
const NOW = 1_000 * HOUR;

function journal(
  ...bodies: readonly (readonly [hoursAgo: number, body: AuditBody])[]
): AuditRecord[] {
  return bodies.map(([hoursAgo, body], index) => {
    const at = epochMicros(NOW - hoursAgo * HOUR);
    const session = sessionDate('2026-11-20');
    return { version: 1, seq: index + 1, session, at: { market: at, wall: at }, body };
  });
}

const raised = (code: string, severity: 'info' | 'critical' = 'critical'): AuditBody => ({
  kind: 'alert',
  severity,
  code,
  text: 't',
});
const delivered = (alertSeq: number, channel: string, ok = true): AuditBody => ({
  kind: 'alertDelivered',
  code: 'c',
  channel,
  ok,
  alertSeq,
});
const channel = (name: string): AlertChannel => ({
  name,
  takes: isPaged,
  send: async () => undefined,
});
const PAGER = channel('pagerduty');
const HOOK = channel('webhook');

function lost(records: AuditRecord[]): (readonly [number | undefined, string[]])[] {
  return lostAlerts(records, [PAGER, HOOK], NOW).map(({ alert, channels }) => [
    alert.alertSeq,
    channels.map(({ name }) => name),
  ]);
}

describe('lost alerts', () => {
  it('are those that a channel has not taken, for that channel', () => {
    const records = journal(
      [2, raised('A')],
      [2, raised('B')],
      [2, delivered(1, 'log')],
      [2, delivered(1, 'pagerduty')],
      [2, delivered(2, 'pagerduty')],
      [2, delivered(2, 'webhook')],
    );
    expect(lost(records)).toEqual([[1, ['webhook']]]);
  });

  it('are those whose delivery failed, too', () => {
    const records = journal([1, raised('A')], [1, delivered(1, 'pagerduty', false)]);
    expect(lost(records)).toEqual([[1, ['pagerduty', 'webhook']]]);
  });

  it('are none of an incident whose end the channel has taken, for they would open it again', () => {
    const end: AuditBody = { ...raised('A'), action: 'resolve' } as AuditBody;
    const records = journal(
      [2, raised('A')],
      [2, raised('B')],
      [1, end],
      [1, delivered(3, 'pagerduty')],
      [1, raised('A')],
    );
    expect(lost(records)).toEqual([
      [1, ['webhook']],
      [2, ['pagerduty', 'webhook']],
      [3, ['webhook']],
      [5, ['pagerduty', 'webhook']],
    ]);
  });

  it('are no older than a day, and only what goes out at all', () => {
    expect(lost(journal([24.1, raised('A')], [1, raised('B', 'info')]))).toEqual([]);
  });

  it('are the newest fifty of a storm, in their order', () => {
    const storm = Array.from({ length: 60 }, (): readonly [number, AuditBody] => [1, raised('A')]);
    const found = lost(journal(...storm));
    expect(found).toHaveLength(50);
    expect(found.at(-1)?.[0]).toBe(60);
  });

  it('are found in what is kept of a journal as it is read, also over a clock that was set back', () => {
    const records = journal(
      [40, raised('OLD')],
      [40, delivered(1, 'pagerduty')],
      [30, raised('OLD')],
      [2, raised('A')],
      [2, { kind: 'killReleased', principal: 'p' }],
      [30, delivered(4, 'pagerduty')],
      [30, raised('B')],
      [1, raised('C')],
    );
    const recent = new RecentAlerts(NOW);
    for (const record of records) recent.see(record);
    expect(recent.records.map(({ seq }) => seq)).toEqual([4, 6, 7, 8]);
    expect(lost([...recent.records])).toEqual(lost(records));
    expect(lost(records)).toEqual([
      [4, ['webhook']],
      [8, ['pagerduty', 'webhook']],
    ]);
  });
});
