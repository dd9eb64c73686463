/** What a start makes of the incidents that the runs before it left open. */
import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { INCIDENTS_OF_CAUSES } from '../../src/desk/account/governing.ts';
import type { AuditRecord } from '../../src/engine/domain/audit-record.ts';
import { cents } from '../../src/engine/domain/units.ts';
import { CONSOLE, DeskRig } from '../support/desk-rig.ts';

/** Codes and subjects of what a desk that starts on these records says is over. */
function endedBy(records: readonly AuditRecord[], date = '2026-11-20'): readonly string[] {
  const rig = new DeskRig({ minutes: 640, date, records });
  return ends(rig.records().slice(records.length));
}

function ends(own: readonly AuditRecord[]): readonly string[] {
  return own.flatMap(({ body }) => {
    if (body.kind !== 'alert' || body.action !== 'resolve') return [];
    return [body.subject === undefined ? body.code : `${body.code}:${body.subject}`];
  });
}

/** What a full disk keeps of a run: no end of an incident, for those are not urgent. */
function withoutEnds(records: readonly AuditRecord[]): readonly AuditRecord[] {
  return records.filter(({ body }) => body.kind !== 'alert' || body.action !== 'resolve');
}

/** Ended in order, so that nothing of the run is missing. */
function stopped(rig: DeskRig): readonly AuditRecord[] {
  rig.ask({ kind: 'shutdown', policy: 'leave' }, CONSOLE);
  rig.advance(1);
  expect(rig.records().at(-1)?.body.kind).toBe('engineStopped');
  return rig.records();
}

function failJournal(rig: DeskRig): void {
  rig.step({ kind: 'journalFailed', at: rig.at, reason: 'EIO', reserveExhausted: false });
}

/** What a failed journal keeps of alerts. */
function criticalOnly(records: readonly AuditRecord[]): readonly AuditRecord[] {
  return records.filter(({ body }) => body.kind !== 'alert' || body.severity === 'critical');
}

/** What a start may say is over though no record tells of its beginning. */
const OF_A_JOURNAL = ['JOURNAL_FAILED', 'JOURNAL_STALLED'];

/** A close whose outcome is unknown, at a broker that tells nothing of it. */
function unprovenClose(): { readonly rig: DeskRig; readonly intentId: string } {
  const rig = new DeskRig({ brokerName: 'tastytrade' });
  rig.openPosition();
  rig.gateway.isMute = true;
  rig.gateway.answerSearch = () => undefined;
  rig.send({ kind: 'flattenNow' }, CONSOLE);
  const { intentId } = rig.orders().at(-1)!.intent;
  rig.brokerSays({ kind: 'unknown', intentId, reason: 'no answer' });
  rig.advance(30);
  return { rig, intentId };
}

const DESK = new URL('../../src/desk/', import.meta.url);

/** The desk's sources, each with what it calls `CODE`. */
function sources(): readonly { readonly source: string; readonly own: string }[] {
  return globSync('**/*.ts', { cwd: DESK }).map((file) => {
    const source = readFileSync(new URL(file, DESK), 'utf8');
    return { source, own: /^const CODE = '([A-Z_]+)'/m.exec(source)?.[1] ?? '' };
  });
}

const sorted = (codes: readonly string[]) => [...new Set(codes)].toSorted();

/** The codes that the desk says an end of somewhere, by its source. */
function codesThatEnd(): readonly string[] {
  const codes = sources().flatMap(({ source, own }) => {
    const named = [...source.matchAll(/settle\('resolve', (?:'([A-Z_]+)'|CODE)/g)];
    return named.map(([, code]) => code ?? own);
  });
  return sorted([...codes, ...INCIDENTS_OF_CAUSES.keys()]);
}

/** The arguments of the call that `source` begins with, as they are written. */
function argumentsOf(source: string): readonly string[] {
  const written = [''];
  let depth = 0;
  let quote = '';
  for (const char of source) {
    if (quote === '' && ')]}'.includes(char)) depth -= 1;
    if (depth < 0) break;
    if (quote === '' && char === ',' && depth === 0) written.push('');
    else written[written.length - 1] += char;
    if (quote === '' && '([{'.includes(char)) depth += 1;
    if ('\'"`'.includes(char)) quote = quote === char ? '' : quote || char;
  }
  return written.map((each) => each.trim()).filter((each) => each !== '');
}

/** The codes that page somebody under one key for all they are about. */
function codesWithoutSubject(): readonly string[] {
  const codes = sources().flatMap(({ source, own }) =>
    [...source.matchAll(/\.alert\(/g)].flatMap(({ 0: { length }, index }) => {
      const [severity = '', code = '', , subject] = argumentsOf(source.slice(index + length));
      if (severity === "'info'" || subject !== undefined) return [];
      return [code === 'CODE' ? own : code.replaceAll("'", '')];
    }),
  );
  return sorted(codes);
}

describe('an incident of which no record tells', () => {
  it('of a warning beside a failed journal is over with the next start, and said so once', () => {
    const rig = new DeskRig();
    failJournal(rig);
    rig.step({ kind: 'feed', at: rig.at, connected: false, detail: 'gone' });
    rig.advance(1);
    expect(rig.alerts()).toContain('FEED_DOWN');
    const kept = criticalOnly(rig.records());
    expect(kept.map(({ body }) => body.kind === 'alert' && body.code)).not.toContain('FEED_DOWN');
    const ended = endedBy(kept);
    expect(ended).toEqual(expect.arrayContaining(['FEED_DOWN', 'TRADING_STATE:reducing']));
    expect(new Set(ended).size).toBe(ended.length);
  });

  it('is so of whatever kind has one key for all that it is about, and of no other', () => {
    const rig = new DeskRig();
    failJournal(rig);
    const ended = endedBy(rig.records());
    const known = [...codesWithoutSubject(), ...INCIDENTS_OF_CAUSES.keys()];
    const left = sorted(known.filter((code) => !ended.includes(code)));
    expect(left).toEqual(['KILL_ENGAGED', 'code']);
    expect(ended.filter((code) => !known.includes(code))).toEqual([
      'RECONCILE_DIFFERS:account',
      'TRADING_STATE:reducing',
      'TRADING_STATE:halted',
    ]);
  });

  it('is not over where it tells of what is latched still', () => {
    const rig = new DeskRig({ limits: { maxRepeats: 1 } });
    rig.execute(rig.preview());
    failJournal(rig);
    expect(endedBy(criticalOnly(rig.records()))).not.toContain('REPEATED_EXECUTION');
  });

  it('of a disk that hung to the end, or failed with a full reserve, is over where a run was cut off', () => {
    const rig = new DeskRig();
    expect(endedBy(rig.records())).toEqual(OF_A_JOURNAL);
    expect(endedBy(stopped(rig))).toEqual([]);
    expect(endedBy([])).toEqual([]);
  });
});

describe('an incident of a run that is over', () => {
  it('ends with the next start, so that the next of its kind pages again', () => {
    const rig = new DeskRig();
    rig.step({ kind: 'feed', at: rig.at, connected: false, detail: 'gone' });
    failJournal(rig);
    expect(endedBy(rig.records())).toEqual(expect.arrayContaining(['FEED_DOWN', 'JOURNAL_FAILED']));
  });

  it('ends so whatever kind it is of', () => {
    const [alert] = new DeskRig().records();
    const open = codesThatEnd().map((code, i): AuditRecord => {
      return {
        ...alert!,
        seq: i + 1,
        body: { kind: 'alert', severity: 'warning', code, text: '' },
      };
    });
    expect(open.length).toBeGreaterThan(10);
    expect(codesThatEnd().filter((code) => !endedBy(open).includes(code))).toEqual([]);
  });

  it('is of a kind that has an end, where nothing else keeps the next of that kind from it', () => {
    const known = codesWithoutSubject();
    expect(known.length).toBeGreaterThan(15);
    const [alert] = new DeskRig().records();
    const open = known.map((code, i): AuditRecord => {
      const body = { kind: 'alert', severity: 'warning', code, text: '' } as const;
      return { ...alert!, seq: i + 1, body };
    });
    const left = known.filter((code) => !endedBy(open).includes(code));
    // The two latches hand their code on.
    expect(left).toEqual(['code']);
  });

  it('is told the end of again where a channel that took its beginning has not taken that', () => {
    const rig = new DeskRig();
    rig.step({ kind: 'feed', at: rig.at, connected: false, detail: 'gone' });
    const taken = (channel: string, ok: boolean) => {
      const alertSeq = rig.records().findLast(({ body }) => body.kind === 'alert')?.seq;
      const code = 'FEED_DOWN';
      rig.step({ kind: 'alertDelivered', at: rig.at, code, channel, ok, alertSeq });
    };
    for (const channel of ['log', 'pagerduty', 'webhook']) taken(channel, true);
    rig.step({ kind: 'feed', at: rig.at, connected: true, detail: 'back' });
    rig.advance(2);
    expect(endedBy(rig.records())).toContain('FEED_DOWN');
    for (const channel of ['log', 'pagerduty']) taken(channel, true);
    taken('webhook', false);
    expect(endedBy(rig.records())).toContain('FEED_DOWN');
    taken('webhook', true);
    expect(endedBy(rig.records())).not.toContain('FEED_DOWN');
  });

  it('stays open where it tells of what is latched still, until a person re-arms', () => {
    const rig = new DeskRig({ limits: { maxRepeats: 1 } });
    rig.execute(rig.preview());
    expect(rig.alerts()).toContain('REPEATED_EXECUTION');
    expect(endedBy(rig.records())).not.toContain('REPEATED_EXECUTION');
    rig.ask({ kind: 'rearm' }, CONSOLE);
    expect(rig.bodies('alert').filter(({ code }) => code === 'REPEATED_EXECUTION')).toMatchObject([
      { severity: 'critical' },
      { action: 'resolve' },
    ]);
  });

  it('ends so where it was told of a position that is gone, unless it called nobody', () => {
    const [record] = new DeskRig().records();
    const tell = (severity: 'info' | 'critical'): AuditRecord => {
      const about = { code: 'CLOSE_REJECTED', text: '', subject: 'shares-SPY' };
      return { ...record!, seq: 1, body: { kind: 'alert', severity, ...about } };
    };
    expect(endedBy([tell('critical')])).toEqual(['CLOSE_REJECTED:shares-SPY', ...OF_A_JOURNAL]);
    expect(endedBy([tell('info')])).toEqual(OF_A_JOURNAL);
  });

  it('that ended by itself is not told of again', () => {
    const rig = new DeskRig();
    rig.step({ kind: 'feed', at: rig.at, connected: false, detail: 'gone' });
    rig.step({ kind: 'feed', at: rig.at, connected: true, detail: 'back' });
    rig.advance(2);
    expect(endedBy(rig.records())).not.toContain('FEED_DOWN');
  });

  it('stays open where it tells of a latch of this day, and ends with the day', () => {
    const rig = new DeskRig({ limits: { maxDailyLossCents: cents(20_000) } });
    rig.openPosition();
    rig.quotes(609);
    rig.advance(20);
    expect(rig.alerts()).toContain('DAILY_LOSS');
    expect(endedBy(rig.records())).not.toContain('DAILY_LOSS');
    expect(endedBy(rig.records(), '2026-11-23')).toContain('DAILY_LOSS');
  });

  it('of the kill switch is over only when somebody re-arms, and then also where the end is lost', () => {
    const rig = new DeskRig();
    rig.ask({ kind: 'kill', reason: 'enough' }, CONSOLE);
    expect(endedBy(rig.records())).not.toContain('KILL_ENGAGED');
    rig.ask({ kind: 'rearm' }, CONSOLE);
    expect(endedBy(rig.records())).not.toContain('KILL_ENGAGED');
    expect(endedBy(withoutEnds(rig.records()))).toContain('KILL_ENGAGED');
  });

  it('of an order without a proven outcome is over once that is proven, also where the end is lost', () => {
    const { rig, intentId } = unprovenClose();
    const key = `ORDER_UNKNOWN:${intentId}`;
    const again = rig.restart(rig.records(), { isOpen: false });
    const own = again.records().slice(rig.records().length);
    expect(again.order(intentId).status).toBe('unknown');
    expect(ends(own)).not.toContain(key);
    expect(again.alerts()).toContain('ORDER_UNKNOWN');
    rig.brokerSays({ kind: 'rejected', intentId, reason: '422' });
    expect(endedBy(withoutEnds(rig.records()))).toContain(key);
  });

  it('of a close that the broker tells nothing of ends with the run, and pages anew while that is so', () => {
    const { rig, intentId } = unprovenClose();
    expect(rig.alerts()).toContain('CLOSE_UNPROVEN');
    const again = rig.restart(rig.records(), { isOpen: false });
    const own = again.records().slice(rig.records().length);
    expect(ends(own)).toContain(`CLOSE_UNPROVEN:${intentId}`);
    const told = () =>
      again.effects.flatMap((effect) =>
        effect.kind === 'alert' && effect.code === 'CLOSE_UNPROVEN' ? [effect.action] : [],
      );
    again.gateway.answerSearch = () => undefined;
    again.open();
    again.advance(30);
    expect(told()).toEqual(['resolve', 'trigger']);
    again.brokerSays({ kind: 'rejected', intentId, reason: '422' });
    expect(told()).toEqual(['resolve', 'trigger', 'resolve']);
  });
});
