import { describe, expect, it } from 'vitest';
import type { ConfirmResult, UnclosedView } from '../../../src/desk/engine-api.ts';
import { CONSOLE, DeskRig, denialIn, LOTTO, valueIn } from '../../support/desk-rig.ts';

const MARK = 16 * 60;
const OPEN = 9 * 60 + 30;
const MONDAY = '2026-11-23';
const SECOND = 1 / 60;

/** A long call that was exercised into 100 shares on the Friday. */
function exercised(): DeskRig {
  const rig = new DeskRig({ minutes: 14 * 60 + 5 });
  rig.openPosition(LOTTO);
  rig.spot = 610;
  rig.edit = ({ ask }) => ({ bid: undefined, ask });
  rig.goTo(MARK - 1);
  rig.goTo(MARK + 15);
  rig.edit = (sides) => sides;
  return rig;
}

/** The shares of Friday at half past eight on the Monday. */
function early(): DeskRig {
  const rig = exercised();
  rig.goTo(OPEN - 60, MONDAY);
  rig.open();
  rig.advance(2);
  return rig;
}

function flattenNow(rig: DeskRig): readonly UnclosedView[] {
  return valueIn(rig.ask<ConfirmResult>({ kind: 'flattenNow' }, CONSOLE)).unclosed ?? [];
}

describe('a close while its market is shut', () => {
  it('is not sent, says why, and a flatten that asked for it goes on at the open', () => {
    const rig = early();
    const sent = rig.submitted.length;
    const [unclosed] = flattenNow(rig);
    expect(unclosed?.reason).toBe(
      'its market opens at 09:30:00 ET: ask again then; this flatten goes on by itself',
    );
    rig.advance(60);
    rig.goTo(OPEN - SECOND);
    expect(rig.submitted).toHaveLength(sent);
    expect(rig.bodies('alert').filter(({ code }) => code === 'FLATTEN_INCOMPLETE')).toHaveLength(1);
    rig.goTo(OPEN);
    rig.advance(5);
    expect(rig.submitted).toHaveLength(sent + 1);
    expect(rig.positions()).toEqual([]);
  });

  it('of shares after the exercise mark waits for the next open, whatever options still trade', () => {
    const rig = early();
    rig.goTo(MARK);
    const sent = rig.submitted.length;
    expect(flattenNow(rig)[0]?.reason).toContain('its market closed at 16:00:00 ET');
    rig.goTo(MARK + 14);
    expect(rig.submitted).toHaveLength(sent);
  });

  it('is refused at its preview with the hour at which it can be asked for', () => {
    const rig = early();
    const target = rig.positions()[0]?.positionId ?? '';
    const tokenSha256 = rig.newToken();
    const close = { kind: 'previewClose', target, quantity: undefined, tokenSha256 } as const;
    expect(denialIn(rig.ask(close))).toMatchObject({
      code: 'session_window',
      numbers: { opensAt: '09:30:00', closesAt: '16:00:00' },
    });
    const flatten = denialIn(rig.ask({ kind: 'previewFlatten', tokenSha256: rig.newToken() }));
    expect(flatten.message).toContain(
      'its market opens at 09:30:00 ET: ask again then; no flatten',
    );
  });

  it('goes on by no flatten that was not begun: a refused preview says so, and the console begins one', () => {
    const rig = early();
    const sent = rig.submitted.length;
    const preview = { kind: 'previewFlatten', tokenSha256: rig.newToken() } as const;
    const { message } = denialIn(rig.ask(preview));
    expect(message).toContain('no flatten was begun: ask again then, or give `deltaring flatten`');
    rig.goTo(OPEN);
    rig.advance(5);
    expect(rig.submitted).toHaveLength(sent);
    flattenNow(rig);
    rig.advance(5);
    expect(rig.positions()).toEqual([]);
  });
});

describe('a close in shares that the broker refuses for the hour', () => {
  it('is paged without a word of what expires', () => {
    const rig = early();
    rig.goTo(OPEN + 30);
    rig.gateway.refuse = () => ({ reason: 'no', refusal: 'hours' });
    flattenNow(rig);
    const [page] = rig.bodies('alert').filter(({ code }) => code === 'CLOSE_REJECTED');
    expect(page?.text).toContain('works no such order at this hour: close it there by hand');
  });
});
