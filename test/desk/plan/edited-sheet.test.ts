/** A sheet that is changed while the engine is down: what the next start of the day takes up of it. */
import { describe, expect, it } from 'vitest';
import { OrderEvidence } from '../../../src/audit/order-evidence.ts';
import type { PlanSlotView, PlanView } from '../../../src/desk/engine-api-plan.ts';
import type { PlanEntry, PlanSheet } from '../../../src/desk/plan/plan-sheet.ts';
import type { AuditKind, AuditRecord } from '../../../src/engine/domain/audit-record.ts';
import { cents } from '../../../src/engine/domain/units.ts';
import { CONDOR, CONSOLE, DeskRig, denialIn, LOTTO } from '../../support/desk-rig.ts';
import { ENTRY, grant, runs, sheet } from '../../support/plan-rig.ts';

/** Another sheet than the first, of these lines. */
function edited(...entries: readonly Partial<PlanEntry>[]): PlanSheet {
  const lines = entries.map((entry) => ({ ...ENTRY, ...entry }));
  return { sha256: 'e'.repeat(64), entries: lines };
}

/** No limit keeps a second order away. */
const ROOM = {
  maxDailyLossCents: cents(900_000),
  maxOpenRiskCents: cents(900_000),
  portfolioDeltaCap: 900,
};
const OTHER = { name: 'other', atMinutes: 670 };
const LATER = { atMinutes: 670 };

function view(rig: DeskRig): PlanView {
  return rig.query<PlanView>({ kind: 'planStatus' });
}

function turns(rig: DeskRig): readonly PlanSlotView[] {
  return view(rig).slots;
}

/** The rig whose plan has sent its only turn. */
function sent(): DeskRig {
  const rig = new DeskRig({ plan: sheet(), limits: ROOM });
  grant(rig);
  rig.goTo(635);
  rig.advance(2);
  expect(runs(rig)).toEqual([['condor#1', 'sent']]);
  return rig;
}

/** The records up to the first of a kind, without it or with it. */
function cutAt(rig: DeskRig, kind: AuditKind, isKept = false): readonly AuditRecord[] {
  const records = rig.records();
  const first = records.findIndex(({ body }) => body.kind === kind);
  expect(first).toBeGreaterThan(0);
  return records.slice(0, isKept ? first + 1 : first);
}

/** Orders of the plan that were recorded, by their token: one each. */
function orders(rig: DeskRig): readonly string[] {
  const intents = rig.bodies('intentRecorded').filter(({ intent }) => intent.principal === 'plan');
  return intents.map(({ tokenSha256 }) => tokenSha256 ?? '');
}

/** What this run has sent to open. */
function opened(rig: DeskRig): readonly string[] {
  return rig.submitted.filter((orderId) => rig.order(orderId).intent.purpose === 'open');
}

function expectSound(rig: DeskRig): void {
  expect(new Set(orders(rig)).size).toBe(orders(rig).length);
  const evidence = new OrderEvidence();
  for (const record of rig.records()) evidence.see(record);
  expect(evidence.faults()).toEqual([]);
}

describe('a turn that was sent, and that the sheet has no more', () => {
  it('counts in the budget and is shown with its order', () => {
    const rig = sent();
    const again = rig.restart(rig.records(), { plan: edited(OTHER) });
    grant(again);
    const orderId = again.orders()[0]?.intent.intentId;
    expect(view(again).grant?.spentCents).toBe(again.orders()[0]?.worstCaseCents);
    expect(turns(again)).toMatchObject([
      { slotId: 'condor#1', time: '10:35', outcome: 'sent', orderId },
      { slotId: 'other#1', time: '11:10', outcome: 'waiting' },
    ]);
  });

  const CUTS: readonly (readonly [string, (rig: DeskRig) => readonly AuditRecord[]])[] = [
    ['the journal has all its records', (rig) => rig.records()],
    ['the journal lacks its end', (rig) => cutAt(rig, 'planRun')],
    ['the journal lacks what came behind its end', (rig) => cutAt(rig, 'planRun', true)],
  ];
  const WITHOUT = [
    ['the sheet', edited(OTHER)],
    ['the day', undefined],
  ] as const;
  const AGAIN = [
    ['at its time', sheet()],
    ['for later', edited(LATER)],
  ] as const;
  const cases = CUTS.flatMap(([how, cut]) =>
    WITHOUT.flatMap(([where, plan]) =>
      AGAIN.map(([when, back]) => [where, how, when, { cut, plan, back }] as const),
    ),
  );

  it.each(cases)(
    'is the one sent where it was gone from %s, %s, and stands there again %s',
    (...[, , , edits]) => {
      const { cut, plan, back } = edits;
      const first = sent();
      const without = first.restart(cut(first), { plan });
      without.advance(1);
      const rig = without.restart(without.records(), { plan: back });
      grant(rig);
      rig.spot = 603;
      rig.goTo(670);
      rig.advance(3);
      expect(opened(rig)).toEqual([]);
      expectSound(rig);
      const [order] = rig.orders();
      expect(turns(rig)).toMatchObject([
        { slotId: 'condor#1', outcome: 'sent', orderId: order?.intent.intentId },
      ]);
      expect(view(rig).grant?.spentCents).toBe(order?.worstCaseCents);
      expect(turns(rig.restart())).toEqual(turns(rig));
    },
  );
});

describe('a turn that was sent, and that the sheet has at a later time', () => {
  it('is told by each start until then not to go again, and shown so', () => {
    const rig = sent();
    const again = rig.restart(rig.records(), { plan: edited(LATER) });
    const told = (of: DeskRig) =>
      of.effects.flatMap((effect) =>
        effect.kind === 'alert' && effect.code === 'PLAN_SENT_EARLIER' ? [effect.text] : [],
      );
    const orderId = rig.orders()[0]?.intent.intentId;
    const why = `sent before its time, as order ${orderId}: it does not go again today, only a turn of another name would`;
    expect(turns(again)).toMatchObject([{ time: '11:10', outcome: 'sent', detail: why }]);
    expect(told(again)).toEqual([`condor#1 was ${why}`]);
    again.goTo(671);
    expect([told(again.restart()), told(rig.restart())]).toEqual([[], []]);
  });
});

describe('a turn that had not run, and that the sheet has at another time', () => {
  it.each([
    ['is missed where that has long passed', 600, 'missed'],
    ['runs where that passed a moment ago', 629, 'ready'],
  ] as const)('%s', (_what, atMinutes, outcome) => {
    const before = new DeskRig({ plan: sheet() });
    const rig = before.restart(before.records(), { plan: edited({ atMinutes }) });
    rig.advance(3);
    rig.goTo(635);
    expect(runs(rig)).toEqual([['condor#1', outcome]]);
    expect(rig.alerts()).toContain(`PLAN_${outcome.toUpperCase()}`);
    expect(opened(rig)).toEqual([]);
  });

  it('is what it became where it ran before, at an earlier time', () => {
    const rig = new DeskRig({ plan: sheet({ sends: false }) });
    rig.goTo(635);
    const again = rig.restart(rig.records(), { plan: edited({ atMinutes: 634 }) });
    grant(again);
    again.advance(3);
    expect(runs(again)).toEqual([['condor#1', 'ready']]);
    expect(turns(again)).toMatchObject([{ time: '10:34', outcome: 'ready' }]);
    expect(opened(again)).toEqual([]);
  });
});

describe('a turn whose arguments are others', () => {
  const OTHERS = edited({ request: { ...CONDOR, width: 3 } });
  const widths = (rig: DeskRig) =>
    rig.bodies('previewMade').map(({ intent }) => {
      const strikes = intent.legs.flatMap(({ instrument }) =>
        instrument.kind === 'option' && instrument.right === 'call' ? [instrument.strike] : [],
      );
      return (Math.max(...strikes) - Math.min(...strikes)) / 10_000;
    });

  it.each([
    ['prepared', false],
    ['sent', true],
  ])('runs no more where it was %s', (_what, isLet) => {
    const rig = new DeskRig({ plan: sheet(), limits: ROOM });
    if (isLet) grant(rig);
    rig.goTo(635);
    rig.advance(2);
    const again = rig.restart(rig.records(), { plan: OTHERS });
    grant(again);
    again.advance(30);
    expect(opened(again)).toEqual([]);
    expect(runs(again)).toEqual(runs(rig));
    expect(widths(again)).toEqual([5]);
    expectSound(again);
  });

  it.each([
    ['under no leave only prepared', false],
    ['sent under a new leave alone', true],
  ])('is previewed with them where a crash came before its send, and %s', (_what, isLet) => {
    const rig = new DeskRig({ plan: sheet(), limits: ROOM });
    rig.gateway.otherwise = { preview: 'broker' };
    grant(rig);
    rig.goTo(635);
    rig.advance(1);
    expect([rig.bodies('previewMade').length, runs(rig)]).toEqual([1, []]);
    const again = rig.restart(rig.records(), { plan: OTHERS, isOpen: false });
    again.step({ kind: 'listing', at: again.at, listing: again.listing() });
    if (isLet) grant(again);
    again.open();
    again.advance(3);
    expect(widths(again)).toEqual([5, 3]);
    expect(runs(again)).toEqual([['condor#1', isLet ? 'sent' : 'ready']]);
    expect(opened(again)).toHaveLength(isLet ? 1 : 0);
    expectSound(again);
  });
});

describe('a turn that is new', () => {
  it('is missed where its time has long passed, else runs beside the others', () => {
    const rig = sent();
    const plan = edited(
      {},
      { name: 'late', atMinutes: 600 },
      { name: 'lotto', atMinutes: 845, request: LOTTO },
    );
    const again = rig.restart(rig.records(), { plan });
    again.advance(2);
    expect(runs(again).slice(1)).toEqual([['late#1', 'missed']]);
    grant(again);
    again.goTo(845);
    again.advance(3);
    expect(runs(again).at(-1)).toEqual(['lotto#1', 'sent']);
    expect(opened(again)).toHaveLength(1);
    expectSound(again);
  });

  it('goes within what the turns before it left of the budget', () => {
    const rig = sent();
    const again = rig.restart(rig.records(), { plan: edited({}, OTHER) });
    grant(again, (rig.orders()[0]!.worstCaseCents * 1.5) / 100);
    again.spot = 603;
    again.goTo(670);
    again.advance(3);
    expect(again.bodies('planRun').at(-1)).toMatchObject({
      slotId: 'other#1',
      outcome: 'ready',
      detail: expect.stringContaining("left of the plan's budget"),
    });
    expect(opened(again)).toEqual([]);
  });
});

describe('a sheet that is gone', () => {
  it('runs nothing, and its leave is told to have ended', () => {
    const before = new DeskRig({ plan: sheet() });
    grant(before);
    const rig = before.restart(before.records(), { plan: undefined });
    rig.goTo(635);
    rig.advance(3);
    expect([rig.bodies('previewMade'), opened(rig)]).toEqual([[], []]);
    expect(view(rig)).toMatchObject({ sheet: null, grant: null, held: null, slots: [] });
    expect(rig.effects).toContainEqual(
      expect.objectContaining({
        code: 'PLAN_LEAVE_ENDED',
        text: expect.stringContaining('no plan sheet is set'),
      }),
    );
  });

  it('takes no leave, and what it had sent is shown', () => {
    const rig = sent();
    const again = rig.restart(rig.records(), { plan: undefined });
    const command = { kind: 'planGrant', budgetCents: 1_000, grantSha256: 'a'.repeat(64) } as const;
    expect(denialIn(again.ask(command, CONSOLE)).code).toBe('not_found');
    expect(turns(again)).toMatchObject([{ slotId: 'condor#1', outcome: 'sent' }]);
  });
});
