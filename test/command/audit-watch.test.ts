import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { openJournal } from '../../src/audit/journal-open.ts';
import { AuditWatch } from '../../src/command/audit-watch.ts';
import { readConfig } from '../../src/config.ts';
import { Counters, createCountersBuffer } from '../../src/ops/counters.ts';
import { homeWith } from '../audit/support/home-files.ts';
import { alerts, recordOf } from '../audit/support/sample-records.ts';

describe('the watch over the audit thread', () => {
  it('tells health and counters what is sealed and how far it is behind', async () => {
    const home = homeWith(alerts(1, 3), { close: false });
    const counters = new Counters(createCountersBuffer());
    const behind: string[] = [];
    const watch = new AuditWatch(counters, {
      log: () => undefined,
      onBehind: (is, detail) => behind.push(`${is} ${detail}`),
    });
    expect(watch.state()).toEqual({ state: 'ok', ageMs: 0, sealed: null });
    await watch.start(readConfig({ DELTARING_HOME: home }));
    watch.look(3);
    expect(watch.state()).toMatchObject({ state: 'ok', ageMs: 0, sealed: { size: 3 } });
    expect(counters.get('audit_log_size')).toBe(3);
    watch.look(4);
    const { writer } = openJournal({ home });
    writer.commit([recordOf(4, { kind: 'orderSent', intentId: 'o-1' })]);
    for (let i = 0; i < 400 && watch.state().sealed?.size !== 4; i++) await sleep(10);
    watch.look(4);
    expect(watch.state()).toMatchObject({ ageMs: 0, sealed: { size: 4 } });
    expect(counters.get('audit_sealed')).toBe(1);
    writer.close();
    await watch.close();
    expect(behind).toEqual([]);
  });
});
