import { describe, expect, it } from 'vitest';
import { breakoutRig, openBreakout, putBar } from '../../support/breakout-rig.ts';
import { DeskRig } from '../../support/desk-rig.ts';

/** What was told of the bars: severity and what became of the incident. */
function bars(rig: DeskRig) {
  return rig.effects.flatMap((effect) =>
    effect.kind === 'alert' && effect.code === 'BARS_SILENT'
      ? [{ severity: effect.severity, action: effect.action, text: effect.text }]
      : [],
  );
}

describe('bars that stop coming while quotes go on', () => {
  it('are told once to whoever holds what a bar closes, and are over when one comes', () => {
    const rig = breakoutRig();
    const { positionId } = openBreakout(rig);
    rig.goTo(631);
    expect(bars(rig)).toEqual([]);
    rig.goTo(631 + 11 / 60);
    rig.advance(5);
    expect(bars(rig)).toMatchObject([{ severity: 'critical', action: 'trigger' }]);
    expect(bars(rig)[0]?.text).toContain(`${positionId} will not be closed by a close beyond`);
    putBar(rig, 61, 599.9);
    rig.advance(1);
    expect(bars(rig)[1]).toMatchObject({ action: 'resolve', text: 'bars come again' });
  });

  it('call nobody while nothing is held that a bar closes, nor while the feed is down', () => {
    const rig = new DeskRig();
    rig.openPosition();
    rig.goTo(640);
    expect(bars(rig)).toEqual([]);
    const down = breakoutRig();
    openBreakout(down);
    down.step({ kind: 'feed', at: down.at, connected: false, detail: 'test' });
    down.goTo(640);
    expect(bars(down)).toEqual([]);
    down.step({ kind: 'feed', at: down.at, connected: true, detail: 'test' });
    down.advance(9);
    expect(bars(down)).toEqual([]);
    down.advance(2);
    expect(bars(down)).toHaveLength(1);
  });
});
