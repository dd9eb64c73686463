import { describe, expect, it } from 'vitest';
import { OrderEvidence } from '../../../src/audit/order-evidence.ts';
import type { PlanView } from '../../../src/desk/engine-api-plan.ts';
import type { RiskCheckView } from '../../../src/desk/engine-api-risk.ts';
import type { EventDay, PlanSheet } from '../../../src/desk/plan/plan-sheet.ts';
import type { AuditRecord } from '../../../src/engine/domain/audit-record.ts';
import { cents, sessionDate } from '../../../src/engine/domain/units.ts';
import { breakoutOf, breakoutRig, openBreakout, putBar } from '../../support/breakout-rig.ts';
import { callSideCosts } from '../../support/condor-costs.ts';
import type { RigOptions } from '../../support/desk-rig.ts';
import { CONDOR, CONSOLE, DeskRig, denialIn, valueIn } from '../../support/desk-rig.ts';
import { ENTRY, grant, runs, sheet } from '../../support/plan-rig.ts';

const TODAY = sessionDate('2026-11-20');

describe('the plan, at the time of a turn', () => {
  it('and not before previews the strategy for a human, and sends nothing', () => {
    const rig = new DeskRig({ plan: sheet() });
    rig.goTo(634.9);
    expect(runs(rig)).toEqual([]);
    rig.goTo(635);
    expect(runs(rig)).toEqual([['condor#1', 'ready']]);
    rig.advance(5);
    expect(rig.submitted).toEqual([]);
    expect(rig.bodies('previewMade').map(({ principal }) => principal)).toEqual(['plan']);
    expect(rig.alerts()).toContain('PLAN_READY');
  });

  it('sends once where the operator granted it, by the road of every order', () => {
    const rig = new DeskRig({ plan: sheet() });
    grant(rig);
    rig.goTo(635);
    rig.advance(40);
    expect(runs(rig)).toEqual([['condor#1', 'sent']]);
    const [preview] = rig.bodies('previewMade');
    const [intent] = rig.bodies('intentRecorded');
    expect(intent).toMatchObject({
      previewId: preview?.previewId,
      tokenSha256: preview?.tokenSha256,
      intent: { principal: 'plan' },
    });
    expect(intent?.checks.every(({ outcome }) => outcome !== 'failed')).toBe(true);
    expect(rig.submitted).toEqual([intent?.intent.intentId]);
    expect(rig.positions()[0]?.exitPlan).toBeDefined();
  });

  it('says that nothing is sent under a kill, until the re-arm, and from the opening cut-off on', () => {
    const rig = new DeskRig({ plan: sheet() });
    grant(rig);
    const held = () => rig.query<PlanView>({ kind: 'planStatus' }).held;
    expect(held()).toBeNull();
    rig.ask({ kind: 'kill', reason: 'enough' });
    expect(held()).toBe('trading is halted: kill');
    rig.ask({ kind: 'rearm' }, CONSOLE);
    expect(held()).toBeNull();
    rig.goTo(15 * 60 + 25);
    expect(held()).toBe('the opening cut-off has passed');
  });

  it('waits for the dry run of a broker that offers one, and sends once it agrees', () => {
    const rig = new DeskRig({ plan: sheet() });
    rig.gateway.otherwise = { preview: 'broker' };
    grant(rig);
    rig.goTo(635);
    rig.advance(2);
    expect(runs(rig)).toEqual([]);
    const needed = rig.bodies('previewMade')[0]?.checks.find(({ code }) => code === 'buying_power')
      ?.numbers['neededCents'];
    const [{ intentId } = { intentId: '' }] = rig.gateway.dryRuns;
    const neededCents = cents(Number(needed));
    const dryRun = { outcome: 'passed', neededCents, warnings: [] } as const;
    rig.brokerSays({ kind: 'dryRun', intentId, dryRun });
    rig.advance(40);
    expect(runs(rig)).toEqual([['condor#1', 'sent']]);
    expect(rig.submitted).toEqual([intentId]);
  });

  it('is skipped by a stop of its strategy that breaks while it waits for the dry run', () => {
    const limits = { maxDailyLossCents: cents(900_000), maxOpenRiskCents: cents(900_000) };
    const rig = new DeskRig({ plan: sheet({ cooldownMinutes: 60 }), limits });
    rig.openPosition();
    grant(rig);
    rig.gateway.otherwise = { preview: 'broker' };
    rig.goTo(635);
    const { intentId } = rig.gateway.dryRuns.at(-1)!;
    const previewed = rig.bodies('previewMade').at(-1);
    const needed = previewed?.checks.find(({ code }) => code === 'buying_power')?.numbers;
    const neededCents = cents(Number(needed?.['neededCents']));
    callSideCosts(rig, 2.6);
    rig.advance(4);
    expect(rig.bodies('exitTriggered')).toMatchObject([{ reason: 'callSideStop' }]);
    rig.edit = (sides) => sides;
    rig.quotes(600);
    const dryRun = { outcome: 'passed', neededCents, warnings: [] } as const;
    rig.brokerSays({ kind: 'dryRun', intentId, dryRun });
    rig.advance(5);
    expect(rig.bodies('planRun')).toMatchObject([
      { outcome: 'skipped', detail: expect.stringContaining('60 minutes'), orderId: null },
    ]);
    expect(rig.submitted).not.toContain(intentId);
  });

  it('is refused by a dry run that does not come in time, and one taken back is not sent', () => {
    const rig = new DeskRig({ plan: sheet({ tranches: 2, everyMinutes: 10 }) });
    rig.gateway.otherwise = { preview: 'broker' };
    grant(rig);
    rig.goTo(635);
    rig.advance(6);
    expect(rig.bodies('planRun')).toMatchObject([
      { outcome: 'refused', detail: expect.stringMatching(/^second_source: /) },
    ]);
    rig.goTo(645);
    valueIn(rig.ask({ kind: 'planRevoke' }, CONSOLE));
    rig.advance(6);
    expect(runs(rig)).toEqual([
      ['condor#1', 'refused'],
      ['condor#2', 'ready'],
    ]);
    expect(rig.submitted).toEqual([]);
  });

  it('only previews what the sheet does not let send', () => {
    const rig = new DeskRig({ plan: sheet({ sends: false }) });
    grant(rig);
    rig.goTo(635);
    rig.advance(3);
    expect(runs(rig)).toEqual([['condor#1', 'ready']]);
    expect(rig.submitted).toEqual([]);
  });

  it('runs each tranche at its own time', () => {
    const rig = new DeskRig({ plan: sheet({ tranches: 3, everyMinutes: 10, sends: false }) });
    for (const minutes of [635, 644, 645, 655, 700]) rig.goTo(minutes);
    expect(runs(rig)).toEqual([
      ['condor#1', 'ready'],
      ['condor#2', 'ready'],
      ['condor#3', 'ready'],
    ]);
  });

  it('runs the lines of a sheet by their times, in whatever order they stand', () => {
    const lines = [
      { ...ENTRY, name: 'late', atMinutes: 700, sends: false },
      { ...ENTRY, name: 'early', atMinutes: 635, sends: false },
    ];
    const rig = new DeskRig({ plan: { ...sheet(), entries: lines } });
    rig.goTo(635);
    expect(runs(rig)).toEqual([['early#1', 'ready']]);
    rig.goTo(700);
    expect(runs(rig).at(-1)).toEqual(['late#1', 'ready']);
  });

  it('is refused by the risk gate like anybody, and is not tried again', () => {
    const rig = new DeskRig({ plan: sheet() });
    grant(rig);
    rig.ask({ kind: 'kill', reason: 'enough' });
    rig.goTo(635);
    rig.ask({ kind: 'rearm' }, CONSOLE);
    rig.advance(30);
    expect(runs(rig)).toEqual([['condor#1', 'refused']]);
    expect(rig.submitted).toEqual([]);
  });

  it('that came while the engine was away is missed, not made up for', () => {
    const rig = new DeskRig({ plan: sheet(), minutes: 640 });
    grant(rig);
    rig.advance(2);
    expect(runs(rig)).toEqual([['condor#1', 'missed']]);
    expect(rig.submitted).toEqual([]);
  });
});

function shown(rig: DeskRig): readonly (readonly unknown[])[] {
  const { slots } = rig.query<PlanView>({ kind: 'planStatus' });
  return slots.map(({ outcome, detail }) => [outcome, detail]);
}

describe('a turn whose chain has not been listed at its time', () => {
  const waiting = () => {
    const rig = new DeskRig({ plan: sheet(), isOpen: false, minutes: 634 });
    rig.sleepTo(635.5);
    expect(shown(rig)).toEqual([['waiting', "the listing of the day's chain has not come"]]);
    return rig;
  };

  it('runs once that has come, within two minutes', () => {
    const rig = waiting();
    rig.sleepTo(636);
    rig.open();
    expect(runs(rig)).toEqual([['condor#1', 'ready']]);
  });

  it('is missed for that after two minutes, before the listing and with it', () => {
    const why = 'the engine, or what it chooses from, was not there within two minutes of its time';
    const rig = waiting();
    rig.sleepTo(637.1);
    expect(shown(rig)).toEqual([['missed', `${why}: the listing of the day's chain has not come`]]);
    rig.open();
    expect(rig.bodies('planRun')).toMatchObject([{ outcome: 'missed', detail: why }]);
    expect(rig.submitted).toEqual([]);
  });
});

describe('a turn at whose time something is held and no chain is listed', () => {
  const limits = { maxDailyLossCents: cents(900_000), maxOpenRiskCents: cents(900_000) };
  /** A condor is held; an engine that starts right before the turn watches it on its own contracts. */
  const watching = () => {
    const before = new DeskRig({ minutes: 634 + 50 / 60, limits });
    before.openPosition();
    const plan = sheet({ skipOn: [] });
    const rig = before.restart(before.records(), { plan, isOpen: false });
    rig.step({ kind: 'feed', at: rig.at, connected: true, detail: 'test' });
    rig.freeze(6);
    rig.advance(14);
    expect(rig.day.status.causes).toEqual(['chainMissing']);
    expect(runs(rig)).toEqual([]);
    expect(shown(rig)).toEqual([['waiting', "the listing of the day's chain has not come"]]);
    return rig;
  };

  it('waits for the listing, and for the quotes that come behind it', () => {
    const rig = watching();
    rig.step({ kind: 'listing', at: rig.at, listing: rig.listing() });
    rig.step({ kind: 'clock', at: rig.at });
    expect(runs(rig)).toEqual([]);
    rig.advance(1);
    expect(runs(rig)).toEqual([['condor#1', 'ready']]);
  });

  it('is missed where it has not come in two minutes', () => {
    const rig = watching();
    rig.sleepTo(637.1);
    expect(runs(rig)).toEqual([['condor#1', 'missed']]);
    expect(shown(rig)).toMatchObject([['missed', expect.stringContaining('the listing')]]);
  });
});

describe('a turn at whose time the market is not there', () => {
  const listed = (options: RigOptions = {}) => {
    const rig = new DeskRig({ plan: sheet(), isOpen: false, minutes: 634, ...options });
    rig.step({ kind: 'listing', at: rig.at, listing: rig.listing() });
    return rig;
  };
  const feed = (rig: DeskRig, connected: boolean) => {
    rig.step({ kind: 'feed', at: rig.at, connected, detail: 'test' });
  };

  it('waits until the contracts near the money are quoted over a new connection', () => {
    const rig = new DeskRig({ plan: sheet(), minutes: 634 });
    rig.freeze(59);
    feed(rig, false);
    feed(rig, true);
    rig.sleepTo(635);
    expect(runs(rig)).toEqual([]);
    rig.advance(1);
    expect(runs(rig)).toEqual([['condor#1', 'ready']]);
  });

  it('waits for the feed behind the listing, and while it is down for a moment', () => {
    const started = listed({ minutes: 635.1 });
    const running = new DeskRig({ plan: sheet(), minutes: 634 });
    running.advance(58);
    feed(running, false);
    running.freeze(3);
    for (const rig of [started, running]) {
      rig.freeze(1);
      expect(runs(rig)).toEqual([]);
      expect(shown(rig)).toEqual([['waiting', 'the feed is not connected']]);
      feed(rig, true);
      rig.advance(1);
      expect(runs(rig)).toEqual([['condor#1', 'ready']]);
    }
  });

  it('waits for the first quotes, however long the connection is silent', () => {
    const rig = listed();
    feed(rig, true);
    rig.freeze(100);
    expect(runs(rig)).toEqual([]);
    expect(shown(rig)).toEqual([['waiting', 'the chain is not quoted yet']]);
    rig.advance(1);
    expect(runs(rig)).toEqual([['condor#1', 'ready']]);
  });

  it('is missed where none has come in two minutes', () => {
    const rig = listed();
    feed(rig, true);
    rig.freeze(181);
    expect(rig.bodies('planRun')).toMatchObject([
      { outcome: 'missed', detail: expect.stringContaining('the chain is not quoted yet') },
    ]);
  });

  it('waits for the bars of a breakout', () => {
    const plan = sheet({ name: 'break', request: breakoutOf(1), atMinutes: 630 });
    const rig = listed({ plan, minutes: 630 });
    feed(rig, true);
    rig.advance(20);
    expect(shown(rig)).toEqual([['waiting', "the day's bars have not come"]]);
    for (let minute = 0; minute < 60; minute += 1) putBar(rig, minute, minute < 15 ? 599 : 599.8);
    rig.advance(1);
    expect(runs(rig)).toEqual([['break#1', 'ready']]);
  });
});

describe('a turn in the opening auction', () => {
  it('waits until that is over', () => {
    const rig = new DeskRig({ plan: sheet({ atMinutes: 570 }), minutes: 570 });
    rig.advance(58);
    expect(runs(rig)).toEqual([]);
    expect(shown(rig)).toEqual([['waiting', 'the opening auction is not over']]);
    rig.advance(2);
    expect(runs(rig)).toEqual([['condor#1', 'ready']]);
  });
});

describe('a turn of a breakout at the end of its range', () => {
  const plan = sheet({ name: 'break', request: breakoutOf(1), atMinutes: 585 });
  /** Bars of these minutes were told, and the last of the range is the newest. */
  const rangeOf = (...minutes: readonly number[]) => {
    const rig = new DeskRig({ plan, minutes: 584 });
    for (const minute of minutes) putBar(rig, minute, 599);
    rig.goTo(585);
    return rig;
  };
  const whole = Array.from({ length: 15 }, (_, minute) => minute);
  const detailOf = (rig: DeskRig) => rig.bodies('planRun').map(({ detail }) => detail);

  it('waits until a trade shows the last bar of the range complete', () => {
    const rig = rangeOf(...whole);
    rig.advance(5);
    expect(runs(rig)).toEqual([]);
    expect(shown(rig)).toEqual([['waiting', 'the last bar of the opening range is not complete']]);
    putBar(rig, 15, 599);
    rig.advance(1);
    expect(detailOf(rig)).toEqual([expect.stringMatching(/^no_breakout: /)]);
  });

  it('is missed where none does within two minutes', () => {
    const rig = rangeOf(...whole);
    rig.advance(121);
    expect(detailOf(rig)).toEqual([
      expect.stringContaining('two minutes of its time: the last bar of the opening range'),
    ]);
  });

  it('is refused where a bar of the range is missing, or before that ends', () => {
    const incomplete = [expect.stringMatching(/^range_incomplete: /)];
    expect(detailOf(rangeOf(...whole.slice(1)))).toEqual(incomplete);
    const early = new DeskRig({
      plan: sheet({ request: breakoutOf(1), atMinutes: 580 }),
      minutes: 579,
    });
    for (const minute of whole.slice(0, 10)) putBar(early, minute, 599);
    early.goTo(580);
    expect(detailOf(early)).toEqual(incomplete);
  });
});

describe('a turn at whose time the account cannot be judged', () => {
  const limits = { maxDailyLossCents: cents(900_000), maxOpenRiskCents: cents(900_000) };

  it('waits until what is held has been valued for some seconds', () => {
    const before = new DeskRig({ minutes: 634, limits });
    before.openPosition();
    const rig = before.restart(before.records(), { plan: sheet(), isOpen: false });
    rig.step({ kind: 'listing', at: rig.at, listing: rig.listing() });
    rig.step({ kind: 'feed', at: rig.at, connected: true, detail: 'test' });
    rig.sleepTo(635);
    rig.advance(2);
    expect(rig.day.status.causes).toEqual(['unmarkable']);
    expect(shown(rig)).toEqual([['waiting', 'what is held cannot be valued']]);
    rig.advance(5);
    expect(runs(rig)).toEqual([['condor#1', 'ready']]);
  });

  it('waits for a picture of the account', () => {
    const rig = new DeskRig({ plan: sheet(), minutes: 634 });
    const stream = (connected: boolean) => {
      rig.brokerSays({ kind: 'connection', connected, detail: 'test' });
    };
    stream(false);
    rig.advance(65);
    expect(shown(rig)).toEqual([['waiting', 'the books do not agree with the broker yet']]);
    stream(true);
    rig.advance(5);
    expect(runs(rig)).toEqual([['condor#1', 'ready']]);
  });
});

describe('a turn outside the session', () => {
  it('is skipped and says so: before the open, and after the last trade', () => {
    const early = new DeskRig({ plan: sheet({ atMinutes: 569 }) });
    early.advance(2);
    expect(runs(early)).toEqual([['condor#1', 'skipped']]);
    expect(shown(early)).toEqual([['skipped', "its time is before today's open"]]);
    const late = new DeskRig({ plan: sheet({ atMinutes: 974, tranches: 2, everyMinutes: 1 }) });
    expect(shown(late)).toEqual([
      ['waiting', ''],
      ['skipped', "its time is after today's last trade, 16:15"],
    ]);
  });

  it('does not wait any more once the chain has expired', () => {
    const rig = new DeskRig({ plan: sheet({ atMinutes: 960 }), expireMinutes: 950 });
    rig.goTo(955);
    expect(shown(rig)).toEqual([['waiting', '']]);
    rig.goTo(961);
    expect(shown(rig)).toEqual([['missed', 'the session was over']]);
  });
});

describe('the leave to send', () => {
  it('is given and taken at the console alone', () => {
    const rig = new DeskRig({ plan: sheet() });
    const command = { kind: 'planGrant', budgetCents: 1_000, grantSha256: 'a'.repeat(64) } as const;
    expect(denialIn(rig.ask(command)).code).toBe('not_authorized');
    expect(denialIn(rig.ask({ kind: 'planRevoke' })).code).toBe('not_authorized');
    grant(rig);
    expect(rig.query<PlanView>({ kind: 'planStatus' }).grant).toMatchObject({ by: 'operator' });
    rig.ask({ kind: 'planRevoke' }, CONSOLE);
    rig.goTo(635);
    expect(runs(rig)).toEqual([['condor#1', 'ready']]);
  });

  it('has a budget of worst cases: what would break it is prepared and not sent', () => {
    const rig = new DeskRig({
      plan: sheet({ tranches: 3, everyMinutes: 10 }),
      limits: {
        maxDailyLossCents: cents(400_000),
        maxOpenRiskCents: cents(400_000),
        maxTradeLossCents: cents(400_000),
      },
    });
    rig.goTo(633);
    const { maxLossCents } = rig.preview().card;
    grant(rig, (maxLossCents * 1.5) / 100);
    rig.goTo(635);
    rig.advance(60);
    rig.quotes(600.6);
    rig.goTo(645);
    expect(runs(rig)).toEqual([
      ['condor#1', 'sent'],
      ['condor#2', 'ready'],
    ]);
    const view = rig.query<PlanView>({ kind: 'planStatus' });
    expect(view.grant?.leftCents).toBeLessThan(maxLossCents);
    expect(view.slots.map(({ outcome }) => outcome)).toEqual(['sent', 'ready', 'waiting']);
  });

  it('is not given where the operator lets nobody open', () => {
    const again = new DeskRig({ plan: sheet(), mayOpen: false });
    const command = { kind: 'planGrant', budgetCents: 1_000, grantSha256: 'a'.repeat(64) } as const;
    const denied = denialIn(again.ask(command, CONSOLE));
    expect(denied.code).toBe('not_authorized');
    expect(denied.message).toContain('DELTARING_READ_ONLY');
    again.goTo(635);
    again.advance(3);
    expect(again.bodies('planRun')).toMatchObject([
      { outcome: 'ready', detail: expect.stringContaining('DELTARING_AUTHORITY') },
    ]);
    expect(again.submitted).toEqual([]);
    expect(again.query<PlanView>({ kind: 'planStatus' }).held).toContain('opens nothing');
  });

  it('ends with the session', () => {
    const rig = new DeskRig({ plan: sheet() });
    grant(rig);
    rig.goTo(17 * 60 + 30);
    expect(rig.session.date).not.toBe(TODAY);
    expect(rig.query<PlanView>({ kind: 'planStatus' }).grant).toBeNull();
  });
});

describe('a leave and a restart', () => {
  /** A desk whose operator gave the leave, and what its journal holds by then. */
  const granted = () => {
    const rig = new DeskRig({ plan: sheet() });
    grant(rig);
    return { rig, kept: [...rig.records()] };
  };
  const leaveOf = (rig: DeskRig) => rig.query<PlanView>({ kind: 'planStatus' }).grant;
  /** The turn is prepared for a human, and why it did not go is told at the start and with it. */
  const expectNothingSent = (rig: DeskRig) => {
    expect(leaveOf(rig)).toBeNull();
    rig.goTo(635);
    rig.advance(3);
    expect(rig.bodies('planRun')).toMatchObject([
      { outcome: 'ready', detail: expect.stringContaining('since the engine started') },
    ]);
    expect(rig.submitted).toEqual([]);
  };

  it.each([
    ['and its reserve is full', true],
    ['and nobody was told of it yet', false],
  ])('send nothing where the journal took no revoke, %s', (_how, isTold) => {
    const { rig, kept } = granted();
    if (isTold) {
      rig.step({ kind: 'journalFailed', at: rig.at, reason: 'EIO', reserveExhausted: true });
    }
    expect(valueIn(rig.ask<PlanView>({ kind: 'planRevoke' }, CONSOLE)).grant).toBeNull();
    const again = rig.restart(kept);
    expect(again.alerts()).toContain('PLAN_LEAVE_ENDED');
    expectNothingSent(again);
  });

  it('bring no budget back that was made less while the journal took no record', () => {
    const { rig, kept } = granted();
    rig.step({ kind: 'journalFailed', at: rig.at, reason: 'EIO', reserveExhausted: true });
    grant(rig, 1);
    expectNothingSent(rig.restart(kept));
  });

  it('send nothing after a run that ended in order, and under another sheet', () => {
    const { rig } = granted();
    valueIn(rig.ask({ kind: 'shutdown', policy: 'leave' }, CONSOLE));
    rig.advance(2);
    expect(rig.bodies('engineStopped')).toHaveLength(1);
    const other = rig.restart(rig.records(), { plan: { ...sheet(), sha256: 'e'.repeat(64) } });
    expect(leaveOf(other)).toBeNull();
    expectNothingSent(other.restart(other.records(), { plan: sheet() }));
  });

  it('tell nothing of one that was taken back, or where nobody may open', () => {
    const { rig, kept } = granted();
    valueIn(rig.ask({ kind: 'planRevoke' }, CONSOLE));
    const quiet = [rig.restart(), rig.restart(kept, { mayOpen: false })];
    for (const again of quiet) expect(again.alerts()).not.toContain('PLAN_LEAVE_ENDED');
  });

  it('count what was sent in the budget of the next one', () => {
    const { rig } = granted();
    rig.goTo(635);
    rig.advance(3);
    const before = leaveOf(rig);
    expect(before?.spentCents).toBeGreaterThan(0);
    const again = rig.restart();
    grant(again);
    expect(leaveOf(again)).toEqual(before);
  });
});

describe('a turn that a sheet set anew has at a later time', () => {
  const LATER: PlanSheet = { ...sheet({ atMinutes: 670 }), sha256: 'e'.repeat(64) };
  const turn = (rig: DeskRig) => rig.query<PlanView>({ kind: 'planStatus' }).slots[0];

  it.each([
    ['refused', 635, { ...CONDOR, quantity: 9 }],
    ['ready', 635, CONDOR],
    ['missed', 638, CONDOR],
  ] as const)('runs at that, where the one of before was %s', (outcome, minutes, request) => {
    const rig = new DeskRig({ plan: sheet({ request }) });
    rig.goTo(minutes);
    expect(runs(rig)).toEqual([['condor#1', outcome]]);
    const again = rig.restart(rig.records(), { plan: LATER });
    expect(turn(again)).toMatchObject({ outcome: 'waiting', detail: '', previewId: null });
    again.goTo(670);
    expect(runs(again)).toEqual([...runs(rig), ['condor#1', 'ready']]);
    const known = again.restart();
    expect(turn(known)).toEqual(turn(again));
    expect(runs(known)).toEqual(runs(again));
  });

  it('is the one that was sent before, and is not sent again', () => {
    const rig = new DeskRig({ plan: sheet() });
    grant(rig);
    rig.goTo(635);
    rig.advance(3);
    const again = rig.restart(rig.records(), { plan: LATER });
    grant(again);
    const detail = expect.stringContaining('does not go again');
    expect(turn(again)).toEqual({ ...turn(rig), time: '11:10', detail });
    again.goTo(670);
    again.advance(3);
    expect(runs(again)).toEqual([['condor#1', 'sent']]);
    expect(again.submitted).toEqual([]);
  });

  it('is the one that was sent right before a crash, whose end no record tells', () => {
    const rig = new DeskRig({ plan: sheet() });
    grant(rig);
    rig.goTo(635);
    rig.advance(2);
    const whole = rig.records();
    const kept = whole.slice(
      0,
      whole.findIndex(({ body }) => body.kind === 'planRun'),
    );
    const again = rig.restart(kept, { plan: LATER });
    grant(again);
    again.goTo(670);
    again.advance(3);
    expect(again.submitted).toEqual([]);
    expect(runs(again)).toEqual([['condor#1', 'sent']]);
  });
});

/** The same after a restart, let send anew before the first clock. */
function restartGranted(rig: DeskRig, records: readonly AuditRecord[]): DeskRig {
  const again = rig.restart(records, { isOpen: false });
  again.step({ kind: 'listing', at: again.at, listing: again.listing() });
  grant(again);
  again.open();
  return again;
}

describe('a turn and a crash', () => {
  it('never send twice, at whatever record it comes', () => {
    const rig = new DeskRig({ plan: sheet() });
    grant(rig);
    rig.goTo(635);
    rig.advance(2);
    const records = rig.records();
    for (let length = 1; length <= records.length; length += 1) {
      const prefix = records.slice(0, length);
      const before = prefix.filter(({ body }) => body.kind === 'intentRecorded').length;
      const again = restartGranted(rig, prefix);
      again.advance(3);
      const after = again.bodies('intentRecorded').length;
      expect(after, `cut after ${length}`).toBe(Math.max(1, before));
    }
  });
});

describe('a turn that was sent right before a crash', () => {
  const cut = () => {
    const rig = new DeskRig({ plan: sheet() });
    grant(rig);
    rig.goTo(635);
    rig.advance(2);
    const records = rig.records();
    return records.slice(
      0,
      records.findIndex(({ body }) => body.kind === 'planRun'),
    );
  };

  it('is told as sent, and counts, before the chain is there again', () => {
    const rig = new DeskRig({ plan: sheet() }).restart(cut(), { isOpen: false });
    const { slots } = rig.query<PlanView>({ kind: 'planStatus' });
    const [intent] = rig.bodies('intentRecorded');
    expect(slots).toMatchObject([{ outcome: 'sent', orderId: intent?.intent.intentId }]);
    expect(rig.bodies('planRun')[0]?.maxLossCents).toBeGreaterThan(0);
    expect(runs(rig)).toEqual([['condor#1', 'sent']]);
    expect(runs(rig.restart())).toEqual([['condor#1', 'sent']]);
  });

  it('has no end without its order: the reserve of a failed disk takes neither', () => {
    const rig = new DeskRig({ plan: sheet({ tranches: 2, everyMinutes: 5 }) });
    grant(rig);
    const urgent: string[] = [];
    const step = rig.desk.step.bind(rig.desk);
    rig.desk.step = (input) => {
      const effects = step(input);
      for (const effect of effects) {
        if (effect.kind === 'append' && effect.urgent) urgent.push(effect.record.body.kind);
      }
      return effects;
    };
    rig.goTo(635);
    expect(runs(rig)).toEqual([['condor#1', 'sent']]);
    expect(urgent).not.toContain('planRun');
    rig.ask({ kind: 'planRevoke' }, CONSOLE);
    rig.goTo(640);
    expect(runs(rig).at(-1)).not.toEqual(['condor#2', 'sent']);
    expect(urgent).toContain('planRun');
  });

  it('counts in the budget of a sheet that has it no more', () => {
    const renamed = { ...sheet({ name: 'other', atMinutes: 670 }), sha256: 'e'.repeat(64) };
    const again = new DeskRig({ plan: sheet() }).restart(cut(), { plan: renamed });
    grant(again);
    const { grant: leave, slots } = again.query<PlanView>({ kind: 'planStatus' });
    expect(leave?.spentCents).toBeGreaterThan(0);
    const [intent] = again.bodies('intentRecorded');
    expect(slots).toMatchObject([
      { outcome: 'sent', orderId: intent?.intent.intentId },
      { slotId: 'other#1', outcome: 'waiting' },
    ]);
    expect(runs(again)).toEqual([[intent?.intent.intentId, 'sent']]);
    expect(runs(again.restart())).toEqual(runs(again));
  });

  it('leaves a journal that verifies, wherever it came', () => {
    const whole = new DeskRig({ plan: sheet() });
    grant(whole);
    whole.goTo(635);
    whole.advance(2);
    const records = whole.records();
    for (let length = 1; length <= records.length; length += 1) {
      const rig = restartGranted(whole, records.slice(0, length));
      rig.advance(3);
      const evidence = new OrderEvidence();
      for (const record of rig.records()) evidence.see(record);
      expect(evidence.faults(), `cut after ${length}`).toEqual([]);
    }
  });
});

describe('a gate of the plan', () => {
  const FOMC: EventDay = { date: TODAY, name: 'FOMC', fromMinutes: 600, toMinutes: 840 };

  it('is an event of the day, within its hours', () => {
    const before = new DeskRig({
      plan: sheet({ skipOn: ['FOMC'] }, [{ ...FOMC, fromMinutes: 640 }]),
    });
    before.goTo(635);
    expect(runs(before)).toEqual([['condor#1', 'ready']]);
    const within = new DeskRig({ plan: sheet({ skipOn: ['FOMC'] }, [FOMC]) });
    within.goTo(635);
    expect(runs(within)).toEqual([['condor#1', 'skipped']]);
    for (const each of [within, within.restart()]) {
      const { decisions } = each.query<RiskCheckView>({ kind: 'riskCheck', decisions: 20 });
      const words = decisions.map((decision) => decision.words);
      expect(words).toContainEqual(expect.stringContaining("the plan's condor#1 was skipped: "));
    }
    const after = new DeskRig({ plan: sheet({ skipOn: ['FOMC'] }, [{ ...FOMC, toMinutes: 635 }]) });
    after.goTo(635);
    expect(runs(after)).toEqual([['condor#1', 'ready']]);
    const other = new DeskRig({ plan: sheet({ skipOn: ['CPI'] }, [FOMC]) });
    other.goTo(635);
    expect(runs(other)).toEqual([['condor#1', 'ready']]);
  });

  it('goes by the name of its event whatever its case and the blanks around it', () => {
    for (const name of ['fomc', 'Fomc', ' FOMC ']) {
      const rig = new DeskRig({ plan: sheet({ skipOn: ['FOMC'] }, [{ ...FOMC, name }]) });
      rig.goTo(635);
      expect(runs(rig)).toEqual([['condor#1', 'skipped']]);
      expect(rig.alerts()).not.toContain('EVENT_NAME_UNKNOWN');
    }
  });

  it('is warned about at the start where no event has its name, and plan_status says so', () => {
    const rig = new DeskRig({ plan: sheet({ skipOn: ['FMOC'] }, [FOMC]) });
    expect(rig.alerts()).toContain('EVENT_NAME_UNKNOWN');
    const [slot] = rig.query<PlanView>({ kind: 'planStatus' }).slots;
    expect(slot).toMatchObject({ outcome: 'waiting', detail: expect.stringContaining('FMOC') });
  });

  it('is an event file that has ended or is not there: nothing runs unwarned', () => {
    const ended = new DeskRig({ plan: sheet({ skipOn: ['FOMC'] }, [], '2026-11-19') });
    ended.goTo(635);
    expect(ended.bodies('planRun')[0]).toMatchObject({
      outcome: 'skipped',
      detail: expect.stringContaining('2026-11-19'),
    });
    const none = new DeskRig({ plan: sheet({ skipOn: ['FOMC'] }) });
    none.goTo(635);
    expect(runs(none)).toEqual([['condor#1', 'skipped']]);
  });

  it('is warned about a week before the event file ends', () => {
    const warned = (until: string) =>
      new DeskRig({ plan: sheet({}, [], until) }).alerts().includes('EVENT_FILE_ENDS');
    expect([warned('2026-11-27'), warned('2026-11-28')]).toEqual([true, false]);
  });

  it('is the cool-down after a stop of the same strategy, over a restart too', () => {
    const rig = new DeskRig({
      plan: sheet({
        cooldownMinutes: 60,
        sends: false,
        atMinutes: 650,
        tranches: 2,
        everyMinutes: 50,
      }),
    });
    rig.openPosition();
    rig.quotes(602.5);
    rig.advance(20);
    expect(rig.bodies('exitTriggered')[0]?.reason).toMatch(/stop/i);
    rig.quotes(600);
    const again = rig.restart();
    again.goTo(650);
    expect(again.bodies('planRun')[0]).toMatchObject({
      outcome: 'skipped',
      detail: expect.stringContaining('60 minutes'),
    });
    again.goTo(700);
    expect(runs(again).at(-1)).toEqual(['condor#2', 'ready']);
  });

  it('is that cool-down after a trailing stop, too', () => {
    const request = { strategy: 'straddle_scan', strike: 600, quantity: 1 } as const;
    const rig = new DeskRig({
      exits: { policy: 'trailing' },
      limits: { maxDailyLossCents: cents(900_000), portfolioDeltaCap: 500 },
      plan: sheet({ name: 'wait', request, cooldownMinutes: 60, atMinutes: 650 }),
    });
    rig.openPosition(request);
    for (const times of [3, 1.6]) {
      rig.edit = ({ bid = 0, ask = 0 }) => ({ bid: bid * times, ask: ask * times });
      rig.advance(20);
    }
    expect(rig.bodies('exitTriggered')[0]?.reason).toBe('trail');
    rig.goTo(650);
    expect(rig.bodies('planRun')[0]).toMatchObject({
      outcome: 'skipped',
      detail: expect.stringContaining('60 minutes'),
    });
  });

  it('is that cool-down after a stop that the broker held, too', () => {
    const request = {
      strategy: 'orb_long_call',
      strikeDelta: 30,
      rangeMinutes: 15,
      quantity: 1,
    } as const;
    const rig = breakoutRig({
      exits: { paperNativeStops: true },
      plan: sheet({ name: 'break', request, cooldownMinutes: 60, atMinutes: 650 }),
    });
    openBreakout(rig);
    rig.advance(2);
    rig.edit = () => ({ bid: 0.01, ask: 0.02 });
    rig.desk.context.day.reserveExhausted = true;
    rig.advance(3);
    expect(rig.orders().at(-1)).toMatchObject({
      status: 'filled',
      intent: { purpose: 'protective' },
    });
    const again = rig.restart();
    again.goTo(650);
    expect(again.bodies('planRun')[0]).toMatchObject({
      outcome: 'skipped',
      detail: expect.stringContaining('60 minutes'),
    });
  });

  it('is that cool-down after a stop that broke while the position was being closed, too', () => {
    const rig = new DeskRig({
      exits: { exitLadder: 'patient' },
      limits: { maxDailyLossCents: cents(900_000) },
      plan: sheet({ cooldownMinutes: 60, sends: false, atMinutes: 650 }),
    });
    const { positionId } = rig.openPosition();
    const { tokenSha256 } = rig.previewClose(positionId);
    rig.size = 0;
    rig.confirm(tokenSha256);
    rig.quotes(602.5);
    rig.advance(20);
    expect(rig.orders().at(-1)).toMatchObject({ status: 'working', urgency: 'urgent' });
    expect(rig.bodies('exitTriggered')).toMatchObject([{ positionId, reason: 'callSideStop' }]);
    expect(rig.alerts().filter((code) => code === 'EXIT_TRIGGERED')).toHaveLength(1);
    rig.size = 50;
    rig.advance(5);
    expect(rig.positions()).toEqual([]);
    rig.quotes(600);
    for (const each of [rig.restart(), rig]) {
      each.goTo(650);
      expect(each.bodies('planRun')[0]).toMatchObject({
        outcome: 'skipped',
        detail: expect.stringContaining('60 minutes'),
      });
    }
  });
});
