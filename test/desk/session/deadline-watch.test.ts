import { describe, expect, it } from 'vitest';
import { DeskRig, LOTTO } from '../../support/desk-rig.ts';

const DEADLINE = 15 * 60 + 50;

/** What was told of the deadline, with what it did to the incident. */
function told(rig: DeskRig) {
  return rig.effects.flatMap((effect) => {
    if (effect.kind !== 'alert') return [];
    const { code, severity, action, text } = effect;
    const isOurs = code === 'OPEN_PAST_DEADLINE' || code === 'LEFT_TO_EXPIRE';
    return isOurs ? [{ code, severity, action, text }] : [];
  });
}

/** A condor whose shorts nobody offers, so that it cannot be closed. */
function stuckCondor(): DeskRig {
  const rig = new DeskRig({ minutes: 14 * 60 });
  rig.openPosition();
  rig.edit = ({ bid }) => ({ bid, ask: undefined });
  rig.quotes();
  return rig;
}

describe('the deadline', () => {
  it('pages what is still open once, with what becomes of it', () => {
    const rig = stuckCondor();
    const [position] = rig.positions();
    rig.goTo(DEADLINE - 1 / 60);
    expect(told(rig)).toEqual([]);
    rig.advance(20);
    const [alert, ...more] = told(rig);
    expect(more).toEqual([]);
    expect(alert).toMatchObject({ code: 'OPEN_PAST_DEADLINE', severity: 'critical' });
    expect(alert?.text).toBe(
      `${position?.positionId} is still open past the deadline of 15:50:00: no order to close it is on its way`,
    );
  });

  it('ends the incident once the position is closed', () => {
    const rig = stuckCondor();
    rig.goTo(DEADLINE);
    rig.edit = (sides) => sides;
    rig.advance(20);
    expect(rig.positions()).toEqual([]);
    expect(told(rig).map(({ action }) => action)).toEqual(['trigger', 'resolve']);
  });

  it('says of a long that nobody bids for that it is left to expire, and pages nobody', () => {
    const rig = new DeskRig({ minutes: 14 * 60 + 5 });
    rig.openPosition(LOTTO);
    rig.edit = ({ ask }) => ({ bid: undefined, ask });
    rig.goTo(DEADLINE);
    rig.advance(20);
    expect(told(rig).map(({ code, severity }) => [code, severity])).toEqual([
      ['LEFT_TO_EXPIRE', 'info'],
    ]);
  });

  it('has nothing to tell where everything is flat, and leaves a flatten to tell of itself', () => {
    const flat = new DeskRig({ minutes: 14 * 60 });
    flat.goTo(DEADLINE);
    expect(told(flat)).toEqual([]);
    const flattening = stuckCondor();
    const console = { principal: 'operator', authority: 'console' } as const;
    flattening.ask({ kind: 'flattenNow' }, console);
    flattening.goTo(DEADLINE);
    flattening.advance(5);
    expect(told(flattening)).toEqual([]);
    expect(flattening.alerts()).toContain('FLATTEN_INCOMPLETE');
  });
});
