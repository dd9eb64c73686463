import { describe, expect, it } from 'vitest';
import { CONDOR, DeskRig, denialIn, valueIn } from '../../support/desk-rig.ts';

function tell(rig: DeskRig, behind: boolean): void {
  rig.step({ kind: 'auditBehind', at: rig.at, behind, detail: 'the bucket is away' });
}

describe('an audit log that is too far behind', () => {
  it('halts openings, pages once, and calls back what works', () => {
    const rig = new DeskRig();
    const { orderId } = valueIn(rig.confirm(rig.preview().tokenSha256));
    tell(rig, true);
    tell(rig, true);
    rig.advance(1);
    expect(rig.order(orderId ?? '').status).toBe('cancelled');
    expect(rig.day.status.causes).toEqual(['auditBehind']);
    expect(rig.alerts().filter((code) => code === 'AUDIT_BEHIND')).toHaveLength(1);
    const tokenSha256 = rig.newToken();
    denialIn(rig.ask({ kind: 'previewStrategy', request: CONDOR, tokenSha256 }));
  });

  it('lets exits through', () => {
    const rig = new DeskRig({ minutes: 14 * 60 });
    rig.openPosition();
    tell(rig, true);
    rig.goTo(15 * 60 + 40);
    rig.advance(5);
    expect(rig.positions()).toEqual([]);
  });

  it('lets openings go on once it has caught up', () => {
    const rig = new DeskRig();
    tell(rig, true);
    tell(rig, false);
    expect(rig.day.status.causes).toEqual([]);
    expect(rig.bodies('tradingStateChanged').map(({ to }) => to)).toEqual(['reducing', 'active']);
    expect(valueIn(rig.confirm(rig.preview().tokenSha256)).orderId).toBeDefined();
  });
});
