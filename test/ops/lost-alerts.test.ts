import { describe, expect, it } from 'vitest';
import type { AuditBody, AuditRecord } from '../../src/engine/domain/audit-record.ts';
import { epochMicros, sessionDate } from '../../src/engine/domain/units.ts';
import type { Alert, AlertChannel } from '../../src/ops/alert-channel.ts';
import { isPaged, TRADER_ALERT } from '../../src/ops/alert-channel.ts';
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

const raised = (code: string, severity: Alert['severity'] = 'critical'): AuditBody => ({
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

  it('are no older than a day, what is grave than four, and only what goes out at all', () => {
    const records = journal(
      [97, raised('A')],
      [95, raised('B')],
      [95, { ...raised('C', 'warning'), action: 'resolve' } as AuditBody],
      [24.1, raised('D', 'warning')],
      [23.9, raised('E', 'warning')],
      [1, raised('F', 'info')],
    );
    expect(lost(records).map(([seq]) => seq)).toEqual([2, 3, 5]);
  });

  it('are the newest fifty of a storm, in their order', () => {
    const storm = Array.from({ length: 60 }, (): readonly [number, AuditBody] => [1, raised('A')]);
    const found = lost(journal(...storm));
    expect(found.map(([seq]) => seq)).toEqual(Array.from({ length: 50 }, (_, i) => i + 11));
  });

  it('are for each channel those that weigh most: what only one takes costs the other none', () => {
    const told = raised(TRADER_ALERT, 'info');
    const many = (body: AuditBody) => Array.from({ length: 60 }, () => [1, body] as const);
    const grave = [70, raised('TRADE_BUSTED')] as const;
    const all = { ...HOOK, takes: () => true };
    const sent = lostAlerts(
      journal(grave, [2, raised('B', 'warning')], ...many(told), [1, raised('C')]),
      [PAGER, all],
      NOW,
    );
    const toChannel = (name: string) =>
      sent
        .filter(({ channels }) => channels.some((each) => each.name === name))
        .map(({ alert }) => alert.alertSeq);
    expect(toChannel('pagerduty')).toEqual([1, 2, 63]);
    expect(toChannel('webhook')).toHaveLength(50);
    expect(toChannel('webhook').filter((seq) => seq === undefined || seq < 16)).toEqual([1, 2]);
    expect(toChannel('webhook').at(-1)).toBe(63);
  });

  it('are found in what is kept of a journal as it is read, also over a clock that was set back', () => {
    const records = journal(
      [100, raised('OLD')],
      [100, delivered(1, 'pagerduty')],
      [98, raised('OLD')],
      [2, raised('A')],
      [2, { kind: 'killReleased', principal: 'p' }],
      [98, delivered(4, 'pagerduty')],
      [98, raised('B')],
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
