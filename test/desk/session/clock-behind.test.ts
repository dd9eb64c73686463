import { describe, expect, it } from 'vitest';
import { DeskRig, denialIn } from '../../support/desk-rig.ts';

/** What was told of the clock: severity and what became of the incident. */
function told(rig: DeskRig) {
  return rig.effects.flatMap((effect) =>
    effect.kind === 'alert' && effect.code === 'CLOCK_BEHIND'
      ? [{ severity: effect.severity, action: effect.action, text: effect.text }]
      : [],
  );
}

function ahead(rig: DeskRig, aheadMillis?: number): void {
  const feed = { kind: 'feed', at: rig.at, connected: true, detail: 'test' } as const;
  rig.step(aheadMillis === undefined ? feed : { ...feed, aheadMillis });
  rig.advance(1);
}

describe('a clock behind the feed’s', () => {
  it('is told once, whether or not something is at stake, and is over when trades are not ahead', () => {
    const rig = new DeskRig();
    ahead(rig, 6_000);
    ahead(rig, 6_100);
    expect(told(rig)).toMatchObject([{ severity: 'warning', action: 'trigger' }]);
    expect(told(rig)[0]?.text).toContain('6.0 s ahead of this machine');
    ahead(rig);
    expect(told(rig)[1]).toMatchObject({ action: 'resolve' });
    rig.openPosition();
    ahead(rig, 6_000);
    expect(told(rig)[2]).toMatchObject({ severity: 'critical' });
  });

  it('lets nothing open, and calls back what was opening', () => {
    const rig = new DeskRig();
    const { size } = rig;
    rig.size = 0;
    const { tokenSha256 } = rig.preview();
    rig.confirm(tokenSha256);
    ahead(rig, 6_000);
    rig.advance(15);
    expect(rig.desk.context.orders.live()).toEqual([]);
    rig.size = size;
    rig.quotes();
    const request = { strategy: 'straddle_scan', strike: 600, quantity: 1 } as const;
    const preview = { kind: 'previewStrategy', request, tokenSha256: rig.newToken() } as const;
    expect(denialIn(rig.ask(preview))).toMatchObject({
      code: 'data_stale',
      message: "trades come 6.0 s ahead of this machine's clock; set the clock, then preview again",
      numbers: { aheadMillis: 6_000 },
    });
  });

  it('holds no exit back', () => {
    const rig = new DeskRig({ minutes: 14 * 60 });
    rig.openPosition();
    ahead(rig, 600_000);
    rig.goTo(15 * 60 + 40);
    rig.advance(5);
    expect(rig.bodies('exitTriggered')).toHaveLength(1);
    expect(rig.positions()).toEqual([]);
  });
});
