import { describe, expect, it } from 'vitest';
import { DeskRig } from '../../support/desk-rig.ts';

/** What was told of the lag: severity and what became of the incident. */
function told(rig: DeskRig) {
  return rig.effects.flatMap((effect) =>
    effect.kind === 'alert' && effect.code === 'FEED_BEHIND'
      ? [{ severity: effect.severity, action: effect.action, text: effect.text }]
      : [],
  );
}

function lag(rig: DeskRig, behindMillis?: number): void {
  const feed = { kind: 'feed', at: rig.at, connected: true, detail: 'test' } as const;
  rig.step(behindMillis === undefined ? feed : { ...feed, behindMillis });
  rig.advance(1);
}

describe('a feed that lags by seconds', () => {
  it('is told once while something is held, and is over when it is on time', () => {
    const rig = new DeskRig();
    rig.openPosition();
    lag(rig, 2_400);
    lag(rig, 3_000);
    expect(told(rig)).toMatchObject([{ severity: 'critical', action: 'trigger' }]);
    expect(told(rig)[0]?.text).toContain('2.4 s behind');
    lag(rig);
    expect(told(rig)[1]).toMatchObject({ action: 'resolve', text: 'the feed is on time again' });
    lag(rig, 2_400);
    expect(told(rig)).toHaveLength(3);
  });

  it('is told while an order works, and nobody is called while nothing is at stake', () => {
    const rig = new DeskRig();
    lag(rig, 2_400);
    lag(rig, 2_500);
    expect(told(rig)).toEqual([]);
    rig.size = 0;
    const { tokenSha256 } = rig.preview();
    rig.confirm(tokenSha256);
    lag(rig, 2_500);
    expect(told(rig)).toHaveLength(1);
    rig.advance(95);
    expect(rig.desk.context.orders.live()).toEqual([]);
    expect(told(rig)[1]).toMatchObject({ action: 'resolve' });
  });

  it('decides nothing: what opens and what exits go on below the limit of a late feed', () => {
    const rig = new DeskRig();
    lag(rig, 4_000);
    expect(rig.preview().tokenSha256).toMatch(/^[0-9a-f]+$/);
    expect(rig.alerts()).not.toContain('FEED_LATE');
  });
});
