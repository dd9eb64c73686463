import { describe, expect, it } from 'vitest';
import type { Caller } from '../../src/desk/engine-api.ts';
import { CONDOR, DeskRig, denialIn, TRADER, valueIn } from '../support/desk-rig.ts';

const STRANGLE = { ...CONDOR, width: 3 } as const;

/** A trader that may open up to a worst case of so much. */
function upTo(openUpToCents: number): Caller {
  return { ...TRADER, openUpToCents };
}

function previewDenial(rig: DeskRig, caller: Caller, request: typeof CONDOR | typeof STRANGLE) {
  const tokenSha256 = rig.newToken();
  return denialIn(rig.ask({ kind: 'previewStrategy', request, tokenSha256 }, caller));
}

/** The worst case of the rig's condor, in cents. */
const CONDOR_LOSS = new DeskRig().preview().card.maxLossCents;

describe('a caller that may open up to a worst case', () => {
  it('opens at it, and not for a cent less', () => {
    const rig = new DeskRig();
    expect(rig.preview(CONDOR, upTo(CONDOR_LOSS)).card.maxLossCents).toBe(CONDOR_LOSS);
    const denial = previewDenial(rig, upTo(CONDOR_LOSS - 1), CONDOR);
    expect(denial.code).toBe('principal_budget');
    expect(denial.numbers).toEqual({
      openedCents: 0,
      maxLossCents: CONDOR_LOSS,
      totalCents: CONDOR_LOSS,
      limitCents: CONDOR_LOSS - 1,
      leftCents: CONDOR_LOSS - 1,
    });
  });

  it('is told what is left of it once something works or is held', () => {
    const rig = new DeskRig();
    const caller = upTo(CONDOR_LOSS + 100);
    const { tokenSha256 } = rig.preview(CONDOR, caller);
    rig.journal = 'held';
    rig.send({ kind: 'confirm', tokenSha256 }, caller);
    const working = previewDenial(rig, caller, STRANGLE);
    expect(working.code).toBe('principal_budget');
    expect(working.numbers).toMatchObject({ openedCents: CONDOR_LOSS, leftCents: 100 });
    rig.journal = 'atOnce';
    rig.makeDurable();
    const [order] = rig.orders();
    expect(rig.ended(order?.intent.intentId ?? '').status).toBe('filled');
    const held = previewDenial(rig, caller, STRANGLE);
    expect(held.code).toBe('principal_budget');
    const left = Number(held.numbers['leftCents']);
    expect(left).toBeGreaterThanOrEqual(100);
    expect(left).toBe(caller.openUpToCents! - Number(held.numbers['openedCents']));
  });

  it('has room again once its position is closed', () => {
    const rig = new DeskRig();
    const { positionId } = rig.openPosition();
    const caller = upTo(CONDOR_LOSS);
    expect(previewDenial(rig, caller, STRANGLE).code).toBe('principal_budget');
    rig.execute(rig.previewClose(positionId, undefined, caller));
    expect(rig.positions()).toEqual([]);
    rig.advance(301);
    expect(rig.preview(STRANGLE, caller).card.maxLossCents).toBeLessThan(CONDOR_LOSS);
  });

  it('is held to its ceiling at the confirm, whoever previewed for it', () => {
    const rig = new DeskRig();
    const { tokenSha256 } = rig.preview();
    const denial = denialIn(rig.confirm(tokenSha256, upTo(CONDOR_LOSS - 1)));
    expect(denial.code).toBe('principal_budget');
    expect(rig.submitted).toEqual([]);
    expect(valueIn(rig.confirm(tokenSha256, upTo(CONDOR_LOSS))).orderId).not.toBeNull();
  });

  it('answers for what its own principal opened, not for another’s', () => {
    const rig = new DeskRig();
    rig.openPosition();
    const other = { ...upTo(CONDOR_LOSS), principal: 'another' };
    expect(rig.preview(STRANGLE, other).card.maxLossCents).toBeLessThanOrEqual(CONDOR_LOSS);
  });

  it('closes whatever its ceiling is', () => {
    const rig = new DeskRig();
    const { positionId } = rig.openPosition();
    const close = rig.previewClose(positionId, undefined, upTo(0));
    const { orderId } = valueIn(rig.confirm(close.tokenSha256, upTo(0)));
    expect(rig.ended(orderId ?? '').status).toBe('filled');
  });
});
