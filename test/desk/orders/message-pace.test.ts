import { describe, expect, it } from 'vitest';
import type { LimitView, RiskCheckView } from '../../../src/desk/engine-api-risk.ts';
import { cents } from '../../../src/engine/domain/units.ts';
import { CONDOR, DeskRig } from '../../support/desk-rig.ts';

function pace(rig: DeskRig): readonly LimitView[] {
  const { limits } = rig.query<RiskCheckView>({ kind: 'riskCheck' });
  return limits.filter(({ control }) => control === 17);
}

describe('messages to the broker', () => {
  it('are counted by kind in risk_check', () => {
    const rig = new DeskRig();
    const { positionId } = rig.openPosition();
    rig.execute(rig.previewClose(positionId));
    const used = Object.fromEntries(pace(rig).map((row) => [row.name, row.used]));
    expect(used['MAX_ORDERS_PER_MINUTE']).toBe(2);
    expect(Number(used['changes of limits a minute'])).toBeGreaterThan(0);
    expect(used['cancels a minute']).toBe('0');
  });

  it('leave an opening where it stands once no change is left, and still take it back', () => {
    const rig = new DeskRig({ limits: { maxModifiesPerMinute: 0 } });
    const id = rig.send({ kind: 'confirm', tokenSha256: rig.preview().tokenSha256 });
    rig.advance(10);
    const [order] = rig.orders();
    if (order === undefined) throw new Error(`no order behind ${id}`);
    expect(order.limit).toBe(order.intent.limit);
    expect(rig.bodies('repriced')).toEqual([]);
    rig.ask({ kind: 'cancel', orderId: order.intent.intentId, tokenSha256: rig.newToken() });
    expect(rig.ended(order.intent.intentId).status).toBe('cancelled');
    expect(pace(rig).find(({ name }) => name === 'cancels a minute')?.used).toBe('1');
  });

  it('are counted as openings ask for them, so that those of one moment do not pass the limit together', () => {
    const limits = {
      maxModifiesPerMinute: 1,
      maxDailyLossCents: cents(500_000),
      maxOpenRiskCents: cents(500_000),
      maxOpenOrdersRiskCents: cents(500_000),
    };
    const rig = new DeskRig({ limits });
    for (const width of [3, 4, 5]) {
      rig.send({ kind: 'confirm', tokenSha256: rig.preview({ ...CONDOR, width }).tokenSha256 });
    }
    rig.advance(12);
    expect(rig.orders().map(({ status }) => status)).toContain('working');
    expect(rig.repriced).toHaveLength(1);
    expect(pace(rig).find(({ name }) => name === 'changes of limits a minute')?.used).toBe(1);
  });

  it('never hold up a close: it walks without a change left', () => {
    const rig = new DeskRig();
    const { positionId } = rig.openPosition();
    const tight = rig.restart(rig.records(), { limits: { maxModifiesPerMinute: 0 } });
    tight.quotes();
    const closed = tight.execute(tight.previewClose(positionId));
    expect(closed.status).toBe('filled');
    expect(tight.bodies('repriced').length).toBeGreaterThan(0);
  });
});
