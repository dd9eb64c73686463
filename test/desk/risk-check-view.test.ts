import { describe, expect, it } from 'vitest';
import type { LimitView, RiskCheckView } from '../../src/desk/engine-api.ts';
import { cents } from '../../src/engine/domain/units.ts';
import { DeskRig, valueIn } from '../support/desk-rig.ts';

function viewOf(rig: DeskRig): RiskCheckView {
  return rig.query<RiskCheckView>({ kind: 'riskCheck' });
}

function row(rig: DeskRig, name: string): LimitView {
  const found = viewOf(rig).limits.find((limit) => limit.name === name);
  if (found === undefined) throw new Error(`no limit ${name}`);
  return found;
}

describe('the risk check', () => {
  it('of an empty book uses nothing and blocks nothing', () => {
    const view = viewOf(new DeskRig());
    expect([view.openingsAllowed, view.blockedBy]).toEqual([true, []]);
    expect(view.limits.map(({ ok }) => ok)).not.toContain(false);
    expect(view.limits.map(({ used }) => used)).toEqual(view.limits.map(() => 0));
    expect(view.limits.map(({ room, limit }) => room === limit)).not.toContain(false);
  });

  it('counts a working opening in full', () => {
    const rig = new DeskRig();
    const { tokenSha256, card } = rig.preview();
    rig.confirm(tokenSha256);
    expect(row(rig, 'MAX_OPEN_RISK')).toMatchObject({
      used: card.maxLossCents,
      room: 250_000 - card.maxLossCents,
    });
    expect(row(rig, 'MAX_DAILY_LOSS with planned losses').used).toBe(
      card.exitPlan?.plannedLossCents,
    );
    expect(row(rig, 'contracts per symbol').used).toBe(1);
  });

  it('counts a held condor at its worst point and the day at what closing costs', () => {
    const rig = new DeskRig();
    rig.openPosition();
    // Sold at 1.27 in a $5 width: 373 at worst. Closing at natural costs 0.68 + 0.70 - 0.01 - 0.01.
    expect(row(rig, 'MAX_OPEN_RISK').used).toBe(37_300);
    expect(row(rig, 'MAX_DAILY_LOSS').used).toBe(13_600 - 12_700 + 452);
  });

  it('counts orders as the gate does, closing ones too', () => {
    const rig = new DeskRig();
    const { positionId } = rig.openPosition();
    rig.execute(rig.previewClose(positionId));
    expect(row(rig, 'orders per minute').used).toBe(2);
    rig.advance(61);
    expect(row(rig, 'orders per minute').used).toBe(0);
    expect(row(rig, 'orders per day').used).toBe(2);
  });

  it('shows the age of the data, and a limit that is passed as not ok', () => {
    const rig = new DeskRig({ limits: { maxDailyLossCents: cents(13_200) } });
    expect(row(rig, 'data age')).toMatchObject({ used: 0, limit: 5_000, ok: true });
    rig.openPosition();
    rig.quotes(602);
    expect(row(rig, 'MAX_DAILY_LOSS with planned losses').ok).toBe(false);
  });

  it('names everything that stands in the way', () => {
    const rig = new DeskRig({ knobs: { unknownNext: 1 } });
    valueIn(rig.confirm(rig.preview().tokenSha256));
    rig.ask({ kind: 'kill', reason: 'enough' });
    rig.step({ kind: 'feed', at: rig.at, connected: false, detail: 'gone' });
    rig.step({ kind: 'journalFailed', at: rig.at, reason: 'EIO', reserveExhausted: false });
    const view = viewOf(rig);
    expect(view.openingsAllowed).toBe(false);
    expect(view.blockedBy).toEqual([
      'killed: re-arm at the operator console with `deltaring rearm`',
      'trading is halted: kill, journalFailed',
      'the feed is down: gone',
      'the journal cannot record',
      'an order has no proven outcome',
    ]);
  });

  it.each([
    [9 * 60 + 29, 'the session has not opened'],
    [15 * 60 + 25, 'the opening cut-off has passed'],
  ])('at minute %s says that %s', (minutes, reason) => {
    expect(viewOf(new DeskRig({ minutes })).blockedBy).toEqual([reason]);
  });

  it('before the chain is open does not know the age of its data', () => {
    const rig = new DeskRig({ isOpen: false });
    expect(viewOf(rig).blockedBy).toContain('the session has no open chain');
    expect(row(rig, 'data age')).toMatchObject({ used: null, room: null, ok: false });
  });
});
