import { describe, expect, it } from 'vitest';
import type { PlanView } from '../../../src/desk/engine-api-plan.ts';
import type { EventCalendar, PlanEntry, PlanSheet } from '../../../src/desk/plan/plan-sheet.ts';
import { SheetOracle } from '../../../src/desk/simulation/sheet-oracle.ts';
import { PLAN, turnsOf } from '../../../src/desk/simulation/sheet-turns.ts';
import type { AuditBody, AuditRecord } from '../../../src/engine/domain/audit-record.ts';
import { addMicros, MICROS_PER_SECOND, sessionDate } from '../../../src/engine/domain/units.ts';
import { CONDOR, CONSOLE, DeskRig, valueIn } from '../../support/desk-rig.ts';

const ENTRY: PlanEntry = {
  name: 'condor',
  atMinutes: 635,
  tranches: 2,
  everyMinutes: 10,
  request: CONDOR,
  cooldownMinutes: 60,
  skipOn: ['FOMC'],
  sends: true,
};
const CALENDAR: EventCalendar = { validUntil: sessionDate('2026-12-31'), events: [] };
const TODAY = sessionDate('2026-11-20');

function sheetWith(entry: Partial<PlanEntry> = {}, calendar = CALENDAR): PlanSheet {
  return { sha256: 'f'.repeat(64), entries: [{ ...ENTRY, ...entry }], calendar };
}

/** A day whose first turn went as it should, and what the plan was told to be afterwards. */
const rig = new DeskRig({ plan: sheetWith() });
valueIn(rig.ask({ kind: 'planGrant', budgetCents: 50_000, grantSha256: 'a'.repeat(64) }, CONSOLE));
rig.goTo(635);
rig.advance(2);
const view = rig.query<PlanView>({ kind: 'planStatus' });
const asked = (record: AuditRecord): AuditRecord => {
  const { body } = record;
  return body.kind === 'planGranted'
    ? { ...record, body: { ...body, principal: 'console' } }
    : record;
};
const DAY = rig.records().map(asked);
const [first, second] = turnsOf(sheetWith(), rig.session);
const AFTER = {
  market: addMicros(first!.latestAt, MICROS_PER_SECOND),
  wall: addMicros(rig.at.wall, 10 * MICROS_PER_SECOND),
};
const LISTING = rig.listing();

/** A desk that tells this of its plan, once the first turn has had its time. */
function telling(value: PlanView): Parameters<SheetOracle['onClock']>[0] {
  return { context: { ...rig.desk.context, at: AFTER }, query: () => ({ value }) };
}

type Change = (body: AuditBody) => AuditBody | undefined;

/** An oracle that has heard the day, changed, and what it reports and met. */
function heard(change: Change = (body) => body, sheet = sheetWith()) {
  const said: string[] = [];
  const met: string[] = [];
  const oracle = new SheetOracle(
    { sheet, session: rig.session },
    (what) => said.push(what),
    (what) => met.push(what),
  );
  oracle.onInput({ kind: 'listing', at: DAY[0]!.at, listing: LISTING });
  for (const record of DAY) {
    const body = change(record.body);
    if (body === undefined) continue;
    oracle.onInput({ kind: 'clock', at: record.at });
    oracle.onRecord({ ...record, body });
  }
  return { oracle, said, met };
}

/** Leaves the records of one kind out, or puts others in their place. */
function without(kind: AuditBody['kind']): Change {
  return (body) => (body.kind === kind ? undefined : body);
}

const records = <K extends AuditBody['kind']>(kind: K) =>
  DAY.filter(({ body }) => body.kind === kind);
const [sent] = records('intentRecorded');
const [end] = records('planRun');

describe('a day that went as its sheet says', () => {
  it('is nothing to report, and is told as it is', () => {
    const { oracle, said, met } = heard();
    oracle.onClock(telling({ ...view, grant: { ...view.grant!, by: 'console' } }));
    expect(said).toEqual([]);
    expect(met).toEqual(['turn sent']);
    expect(oracle.requestOf(first!.token)).toEqual(CONDOR);
    expect(oracle.nextDue()).toBe(second!.dueAt);
  });

  it('is nothing to report after a crash, and its order is not sent again', () => {
    const { oracle, said } = heard();
    oracle.onCrash(DAY);
    expect(said).toEqual([]);
    oracle.onRecord(sent!);
    expect(said.join('\n')).toMatch(
      /goes by itself though condor#1 has the order.*\n(.*\n)*.*without a leave/,
    );
  });

  it('is reported where the crash kept the end of a turn and not its order', () => {
    const { oracle, said } = heard();
    oracle.onCrash(DAY.filter((record) => record !== sent));
    expect(said).toEqual([expect.stringMatching(/^condor#1 is told to be sent, and the journal/)]);
  });

  it('tells what a crash cut off', () => {
    const { oracle, met } = heard();
    oracle.onCrash(
      DAY.filter(({ body }) => body.kind !== 'planRun' && body.kind !== 'intentRecorded'),
    );
    oracle.onCrash(DAY.filter(({ body }) => body.kind !== 'planRun'));
    expect(met.slice(1)).toEqual(['crash between preview and send', 'crash behind a sent turn']);
  });
});

describe('an order that goes by itself', () => {
  it.each<[string, RegExp, PlanSheet | undefined, Change?]>([
    ['without a leave', /without a leave/, undefined, without('planGranted')],
    ['of no turn', /opens no turn of its sheet/, sheetWith({ name: 'other' })],
    ['before its time', /before the time of condor#1/, sheetWith({ atMinutes: 636 })],
    ['long after it', /long after condor#1/, sheetWith({ atMinutes: 630 })],
    ['of an entry that previews', /condor#1 only previews/, sheetWith({ sends: false })],
    [
      'within an event',
      /though an event keeps condor#1 away/,
      sheetWith(
        {},
        {
          ...CALENDAR,
          events: [{ date: TODAY, name: ' fomc', fromMinutes: 635, toMinutes: 636 }],
        },
      ),
    ],
    [
      'with a calendar that has ended',
      /though an event keeps condor#1 away/,
      sheetWith({}, { ...CALENDAR, validUntil: sessionDate('2026-11-19') }),
    ],
    [
      'beyond the budget',
      /may lose \d+ cents beside 0 of a budget of 100/,
      undefined,
      (body) => (body.kind === 'planGranted' ? { ...body, budgetCents: 100 } : body),
    ],
  ])('is reported %s', (_, says, sheet, change) => {
    expect(heard(change, sheet).said.join('\n')).toMatch(says);
  });

  it('is reported after a revoke, and within the cool-down of a stop of its strategy', () => {
    const { oracle, said } = heard();
    const revoked: AuditBody = { kind: 'planRevoked', principal: 'console' };
    oracle.onRecord({ ...sent!, body: revoked });
    const positionId = rig.bodies('intentRecorded')[0]!.intent.intentId;
    const stop: AuditBody = { kind: 'exitTriggered', positionId, reason: 'stop', numbers: {} };
    oracle.onRecord({ ...sent!, body: stop });
    const body = rig.bodies('intentRecorded')[0]!;
    const at = { market: second!.dueAt, wall: second!.dueAt };
    oracle.onRecord({ ...sent!, at, body: { ...body, tokenSha256: second!.token } });
    expect(said.join('\n')).toMatch(/without a leave.*\n.*within the cool-down of condor#2/);
  });

  it('is reported where it is sent to the broker as the second of a turn', () => {
    const { oracle, said } = heard();
    const { intent } = rig.bodies('intentRecorded')[0]!;
    oracle.onSubmit(intent);
    expect(said).toEqual([]);
    oracle.onSubmit(intent);
    expect(said).toEqual([expect.stringMatching(/^condor#1 was sent twice/)]);
  });

  it('is reported where there is no sheet', () => {
    const said: string[] = [];
    const oracle = new SheetOracle({ session: rig.session }, (what) => said.push(what));
    for (const record of DAY) oracle.onRecord(record);
    expect(said.join('\n')).toMatch(/is of the plan and opens no turn/);
    expect(rig.bodies('intentRecorded')[0]?.intent.principal).toBe(PLAN);
  });
});

describe('a turn that came due', () => {
  it('is reported where nothing tells what became of it', () => {
    const { oracle, said } = heard(without('planRun'));
    expect(oracle.isWaiting).toBe(true);
    oracle.onClock(telling(view));
    expect(said[0]).toBe('condor#1 came due and nothing tells what became of it');
  });

  it('is reported where it ends twice, as something else than it is, or for nothing', () => {
    const twice = heard();
    twice.oracle.onRecord(end!);
    expect(twice.said).toEqual(['condor#1 ends twice, the second time sent']);
    const ends = (outcome: 'ready' | 'skipped' | 'missed') =>
      heard((body) => {
        if (body.kind === 'intentRecorded') return undefined;
        return body.kind === 'planRun' ? { ...body, outcome, orderId: null } : body;
      }).said;
    expect(ends('ready')).toEqual(['condor#1 is ready though it may go by itself']);
    expect(ends('skipped')).toEqual(['condor#1 is skipped for nothing']);
    expect(ends('missed')).toEqual(['condor#1 is missed while it may still run']);
    expect(heard(without('intentRecorded')).said).toEqual([
      expect.stringMatching(/^condor#1 is told to be sent with order .*, and has null$/),
    ]);
  });

  it('is reported where the faces are told something else', () => {
    const { oracle, said } = heard();
    const [slot, ...others] = view.slots;
    const slots = [{ ...slot!, outcome: 'waiting' as const }, ...others];
    oracle.onClock(telling({ ...view, grant: null, slots }));
    expect(said).toEqual([
      expect.stringMatching(/^the plan's leave is told as null/),
      'the plan may send without a leave',
      'condor#1 is told to be waiting, and is sent',
    ]);
  });
});
