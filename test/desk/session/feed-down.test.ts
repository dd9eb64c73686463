import { describe, expect, it } from 'vitest';
import { newYorkInstant } from '../../../src/engine/domain/session-calendar.ts';
import { sessionDate } from '../../../src/engine/domain/units.ts';
import { DeskRig } from '../../support/desk-rig.ts';

const WAIT_SECONDS = 10;

function told(rig: DeskRig) {
  return rig.effects.flatMap((effect) =>
    effect.kind === 'alert' && effect.code === 'FEED_DOWN'
      ? [{ severity: effect.severity, action: effect.action }]
      : [],
  );
}

function connect(rig: DeskRig, connected: boolean): void {
  rig.step({ kind: 'feed', at: rig.at, connected, detail: 'test' });
}

describe('a feed that never came up', () => {
  it('is told while something is held, once, and is over when it connects', () => {
    const before = new DeskRig();
    before.openPosition();
    const rig = before.restart(before.records(), { isOpen: false });
    rig.freeze(WAIT_SECONDS - 1);
    expect(told(rig)).toEqual([]);
    rig.freeze(60);
    expect(told(rig)).toEqual([{ severity: 'critical', action: 'trigger' }]);
    connect(rig, true);
    rig.advance(2);
    expect(told(rig)[1]).toMatchObject({ action: 'resolve' });
  });

  it('is a warning where nothing is held, in session alone', () => {
    const early = new DeskRig({ minutes: 8 * 60, isOpen: false });
    early.freeze(60);
    expect(told(early)).toEqual([]);
    early.goTo(9 * 60 + 30);
    expect(told(early)).toEqual([{ severity: 'warning', action: 'trigger' }]);
    const late = new DeskRig({ minutes: 16 * 60 + 20, isOpen: false });
    late.freeze(60);
    expect(told(late)).toEqual([]);
  });

  it('is nothing to be told of outside the session, where all that is held has expired', () => {
    const before = new DeskRig();
    before.openPosition();
    const market = newYorkInstant(sessionDate('2026-11-21'), 9 * 60);
    const rig = new DeskRig({ market, records: before.records(), isOpen: false });
    rig.gateway.isMute = true;
    rig.freeze(60);
    expect(rig.positions()).toHaveLength(1);
    expect(told(rig)).toEqual([]);
  });

  it('that connects in time has nothing to resolve; one that was lost has', () => {
    const rig = new DeskRig();
    rig.freeze(60);
    expect(told(rig)).toEqual([]);
    connect(rig, false);
    connect(rig, true);
    rig.advance(2);
    expect(told(rig).map(({ action }) => action)).toEqual(['trigger', 'resolve']);
  });
});

describe('a feed that stands', () => {
  it('is told once, however often its connection is renewed, until options are quoted anew', () => {
    const rig = new DeskRig();
    for (let minute = 0; minute < 5; minute += 1) {
      connect(rig, false);
      connect(rig, true);
      rig.quotes();
      rig.freeze(60);
    }
    expect(told(rig)).toEqual([{ severity: 'warning', action: 'trigger' }]);
    rig.advance(2);
    expect(told(rig).map(({ action }) => action)).toEqual(['trigger', 'resolve']);
    connect(rig, false);
    expect(told(rig)).toHaveLength(3);
  });

  it('is over with its connection outside the session', () => {
    const rig = new DeskRig({ minutes: 8 * 60 });
    connect(rig, false);
    connect(rig, true);
    rig.freeze(1);
    expect(told(rig).map(({ action }) => action)).toEqual(['trigger', 'resolve']);
  });
});
