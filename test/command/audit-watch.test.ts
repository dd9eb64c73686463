import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { openJournal } from '../../src/audit/journal-open.ts';
import { AuditWatch, auditStart } from '../../src/command/audit-watch.ts';
import { readConfig } from '../../src/config.ts';
import { Counters, createCountersBuffer } from '../../src/ops/counters.ts';
import { homeWith } from '../audit/support/home-files.ts';
import { alerts, recordOf } from '../audit/support/sample-records.ts';
import { sealedHome } from '../audit/support/sealed-home.ts';
import { tempFolder } from './support/terminal.ts';

describe('what a start knows of the sealed log', () => {
  it('is its newest checkpoint, and a key that is made where there is none', () => {
    const fresh = auditStart(tempFolder());
    expect(fresh).toMatchObject({ logSize: 0, auditKey: expect.stringMatching(/^[0-9a-f]{64}$/) });
    const home = sealedHome(alerts(1, 5));
    const known = auditStart(home);
    expect(known).toMatchObject({ logSize: 5 });
    expect(known.logRoot).not.toBe(fresh.logRoot);
    expect(auditStart(home)).toEqual(known);
  });

  it('says what to do where the disk does not take the key', () => {
    const home = tempFolder();
    mkdirSync(join(home, 'audit.key.new'));
    expect(() => auditStart(home)).toThrow(/its key cannot be opened \(.+\): check the folder's/);
  });
});

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
