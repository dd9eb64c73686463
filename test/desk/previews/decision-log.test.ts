import { describe, expect, it } from 'vitest';
import type { DecisionView, RiskCheckView } from '../../../src/desk/engine-api-risk.ts';
import { DecisionLog } from '../../../src/desk/previews/decision-log.ts';
import type { AuditBody, AuditRecord } from '../../../src/engine/domain/audit-record.ts';
import { cents } from '../../../src/engine/domain/units.ts';
import { CONDOR, CONSOLE, DeskRig } from '../../support/desk-rig.ts';

function decisions(rig: DeskRig, count = 20): readonly DecisionView[] {
  return rig.query<RiskCheckView>({ kind: 'riskCheck', decisions: count }).decisions;
}

function newest(rig: DeskRig): DecisionView {
  const [first] = decisions(rig, 1);
  if (first === undefined) throw new Error('a decision was made');
  return first;
}

const { session, at } = new DeskRig({ isOpen: false });

function record(seq: number, body: AuditBody): AuditRecord {
  return { version: 1, seq, session: session.date, at, body };
}

describe('the decisions of the desk', () => {
  it('are told only when asked for, the newest first and no more than asked for', () => {
    const rig = new DeskRig();
    rig.execute(rig.preview());
    expect(decisions(rig, 0)).toEqual([]);
    expect(rig.query<RiskCheckView>({ kind: 'riskCheck' }).decisions).toEqual([]);
    expect(decisions(rig, 2).map(({ decided }) => decided)).toEqual(['sent', 'allowed']);
    expect(decisions(rig).map(({ decided }) => decided)).toEqual(['sent', 'allowed', 'state']);
    const seqs = decisions(rig).map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.toSorted((a, b) => b - a));
  });

  it('name the veto with its numbers, and the limits that came closest', () => {
    const rig = new DeskRig({ limits: { maxTradeLossCents: cents(300_00) } });
    const tokenSha256 = rig.newToken();
    rig.ask({ kind: 'previewStrategy', request: CONDOR, tokenSha256 });
    const { decided, words, closest } = newest(rig);
    expect(decided).toBe('refused');
    expect(words).toMatch(
      /^trader asked for iron_condor_30_delta: max_trade_loss: .+ \(maxLossCents \d+, limitCents 30000\)$/,
    );
    expect(closest).toHaveLength(3);
    expect(closest[0]).toMatchObject({ code: 'max_trade_loss', limit: 300_00 });
    expect(closest[0]?.usedPercent).toBeGreaterThan(100);
    const shares = closest.map(({ usedPercent }) => usedPercent ?? 0);
    expect(shares).toEqual(shares.toSorted((a, b) => b - a));
  });

  it('name the condition of a strategy that was not met', () => {
    const rig = new DeskRig();
    const request = { strategy: 'lotto_play_5_delta', side: 'call', targetDelta: 5, quantity: 1 };
    const command = { kind: 'previewStrategy', tokenSha256: rig.newToken(), request } as const;
    rig.ask(command as Parameters<DeskRig['ask']>[0]);
    expect(newest(rig).words).toContain('trader asked for lotto_play_5_delta: entry_window: ');
    expect(newest(rig).closest).toEqual([]);
  });

  it('name the drift that refused a confirm, with its limit', () => {
    const rig = new DeskRig();
    const { tokenSha256 } = rig.preview();
    rig.quotes(601.5);
    rig.confirm(tokenSha256);
    const { words, closest } = newest(rig);
    expect(words).toMatch(/^trader confirmed preview .+: reprice_required: .+tolerance/);
    expect(closest[0]).toMatchObject({ code: 'reprice_required' });
    expect(closest[0]?.usedPercent).toBeGreaterThan(100);
  });

  it('tell what became of each turn of the plan, and why', () => {
    const turn = (outcome: 'ready' | 'sent' | 'refused' | 'skipped' | 'missed', detail: string) => {
      const run = { slotId: 'condor#1', outcome, detail, previewId: null, orderId: null };
      return record(1, { kind: 'planRun', ...run, maxLossCents: 0 });
    };
    const log = new DecisionLog([
      turn('skipped', 'FOMC is today'),
      turn('missed', 'its time came while the engine was away'),
      turn('ready', 'its worst case is more than its budget'),
      turn('refused', 'cool_down: it rests'),
      turn('sent', 'order 20261120-000001'),
    ]);
    expect(log.newest(5).map(({ decided, words }) => [decided, words])).toEqual([
      ['sent', "the plan's condor#1 was sent: order 20261120-000001"],
      ['refused', "the plan's condor#1 was refused: cool_down: it rests"],
      [
        'allowed',
        "the plan's condor#1 is ready and not sent: its worst case is more than its budget",
      ],
      ['refused', "the plan's condor#1 was missed: its time came while the engine was away"],
      ['refused', "the plan's condor#1 was skipped: FOMC is today"],
    ]);
  });

  it('tell a refused confirm, a kill and its release, and what the engine did by itself', () => {
    const rig = new DeskRig();
    rig.confirm('a'.repeat(64));
    expect(newest(rig).words).toMatch(/^trader confirmed a token: token_invalid: /);
    rig.ask({ kind: 'kill', reason: 'enough' });
    const kill = decisions(rig, 2).map(({ words }) => words);
    expect(kill).toEqual([
      'trader engaged the kill switch: enough',
      'trading went from active to halted: kill, held by kill',
    ]);
    rig.ask({ kind: 'rearm' }, CONSOLE);
    expect(newest(rig).words).toBe('operator released the kill switch');
  });

  it('tell who asked for everything to be closed, what was taken over, and who let the plan send', () => {
    const principal = 'operator';
    const hashes = { grantSha256: 'a'.repeat(64), sheetSha256: 'b'.repeat(64) };
    const log = new DecisionLog([
      record(1, { kind: 'planGranted', principal, ...hashes, budgetCents: 500_00 }),
      record(2, { kind: 'planRevoked', principal }),
      record(3, { kind: 'residualAdopted', principal, differences: ['one', 'another'] }),
      record(4, { kind: 'flattenRequested', principal, positionIds: ['p1', 'p2'] }),
      record(5, { kind: 'flattenRequested', principal: 'alice', positionIds: [] }),
    ]);
    expect(log.newest(5).map(({ decided, words }) => [decided, words])).toEqual([
      ['state', 'alice asked for everything to be closed: nothing is open'],
      ['state', 'operator asked for everything to be closed: p1, p2'],
      ['state', 'operator took over what the broker says: one; another'],
      ['state', "operator took back the plan's leave to send"],
      ['state', 'operator let the plan send, up to $500.00 of worst cases'],
    ]);
  });

  it('name how far the chain was from a delta that was asked for', () => {
    const rig = new DeskRig({ minutes: 15 * 60 + 20 });
    rig.atmVol = 0.05;
    rig.advance(5);
    rig.ask({ kind: 'previewStrategy', request: CONDOR, tokenSha256: rig.newToken() });
    const { words, closest } = newest(rig);
    expect(words).toContain('delta_too_far: No put within 7 points of delta 30');
    expect(closest).toMatchObject([{ code: 'delta_too_far', limit: 7 }]);
    expect(closest[0]?.usedPercent).toBeGreaterThan(100);
  });

  it('are known after a restart', () => {
    const rig = new DeskRig();
    rig.execute(rig.preview());
    const before = decisions(rig);
    const after = decisions(rig.restart());
    expect(after.slice(-before.length)).toEqual(before);
  });

  it('are kept up to a number, the oldest giving way', () => {
    const log = new DecisionLog([]);
    for (let seq = 1; seq <= 300; seq += 1) {
      log.note(record(seq, { kind: 'killReleased', principal: 'operator' }));
    }
    const kept = log.newest(1_000).map(({ seq }) => seq);
    expect([kept.length, kept[0], kept.at(-1)]).toEqual([256, 300, 45]);
  });

  it('leave out what only reports', () => {
    const log = new DecisionLog([record(1, { kind: 'orderSent', intentId: 'x' })]);
    expect(log.newest(10)).toEqual([]);
  });

  it('tell older records, which name no causes and no raises', () => {
    const log = new DecisionLog([
      record(1, { kind: 'tradingStateChanged', from: 'active', to: 'halted', reason: 'kill' }),
      record(2, { kind: 'limitsInForce', limitsVersion: 'v', limits: {} }),
      record(3, { kind: 'sendBlocked', intentId: 'x', reason: 'blocked by the kill switch' }),
      record(4, {
        kind: 'exitTriggered',
        positionId: 'p',
        reason: 'stop',
        numbers: { debit: 1.3 },
      }),
    ]);
    expect(log.newest(4).map(({ words }) => words)).toEqual([
      'position p is left: stop (debit 1.3)',
      'order x was not sent: blocked by the kill switch',
      'limits v are in force; no limit is raised',
      'trading went from active to halted: kill',
    ]);
  });
});
