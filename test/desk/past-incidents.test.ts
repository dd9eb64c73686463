/** What a start makes of the incidents that the runs before it left open. */
import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { AuditRecord } from '../../src/engine/domain/audit-record.ts';
import { cents } from '../../src/engine/domain/units.ts';
import { CONSOLE, DeskRig } from '../support/desk-rig.ts';

/** Codes and subjects of what a desk that starts on these records says is over. */
function endedBy(records: readonly AuditRecord[], date = '2026-11-20'): readonly string[] {
  const rig = new DeskRig({ minutes: 640, date, records });
  const own = rig.records().slice(records.length);
  return own.flatMap(({ body }) => {
    if (body.kind !== 'alert' || body.action !== 'resolve') return [];
    return [body.subject === undefined ? body.code : `${body.code}:${body.subject}`];
  });
}

const DESK = new URL('../../src/desk/', import.meta.url);

/** The codes that the desk says an end of somewhere, by its source. */
function codesThatEnd(): readonly string[] {
  const codes = globSync('**/*.ts', { cwd: DESK }).flatMap((file) => {
    const source = readFileSync(new URL(file, DESK), 'utf8');
    const own = /^const CODE = '([A-Z_]+)'/m.exec(source)?.[1] ?? '';
    const named = [...source.matchAll(/settle\('resolve', (?:'([A-Z_]+)'|CODE)/g)];
    return named.map(([, code]) => code ?? own);
  });
  return [...new Set(codes)].toSorted((a, b) => (a < b ? -1 : 1));
}

describe('an incident of a run that is over', () => {
  it('ends with the next start, so that the next of its kind pages again', () => {
    const rig = new DeskRig();
    rig.step({ kind: 'feed', at: rig.at, connected: false, detail: 'gone' });
    rig.step({ kind: 'journalFailed', at: rig.at, reason: 'EIO', reserveExhausted: false });
    expect(endedBy(rig.records())).toEqual(expect.arrayContaining(['FEED_DOWN', 'JOURNAL_FAILED']));
  });

  it('ends so whatever kind it is of, but for those that end by their own evidence', () => {
    const [alert] = new DeskRig().records();
    const open = codesThatEnd().map((code, i): AuditRecord => {
      return {
        ...alert!,
        seq: i + 1,
        body: { kind: 'alert', severity: 'warning', code, text: '' },
      };
    });
    expect(open.length).toBeGreaterThan(10);
    const left = codesThatEnd().filter((code) => !endedBy(open).includes(code));
    expect(left).toEqual(['CLOSE_UNPROVEN', 'KILL_ENGAGED', 'ORDER_UNKNOWN']);
  });

  it('that ended by itself is not told of again', () => {
    const rig = new DeskRig();
    rig.step({ kind: 'feed', at: rig.at, connected: false, detail: 'gone' });
    rig.step({ kind: 'feed', at: rig.at, connected: true, detail: 'back' });
    expect(endedBy(rig.records())).not.toContain('FEED_DOWN');
  });

  it('stays open where it is a trading state that the start begins in', () => {
    const rig = new DeskRig({ limits: { maxDailyLossCents: cents(20_000) } });
    rig.openPosition();
    rig.quotes(609);
    rig.advance(20);
    const halted = 'TRADING_STATE:halted';
    expect(rig.bodies('alert')).toContainEqual(
      expect.objectContaining({ code: 'TRADING_STATE', subject: 'halted' }),
    );
    expect(endedBy(rig.records())).not.toContain(halted);
    expect(endedBy(rig.records(), '2026-11-23')).toContain(halted);
  });

  it('of the kill switch is over only when somebody re-arms', () => {
    const rig = new DeskRig();
    rig.ask({ kind: 'kill', reason: 'enough' }, CONSOLE);
    expect(endedBy(rig.records())).toEqual([]);
  });
});
