import { describe, expect, it } from 'vitest';
import { ASKED } from '../../../src/desk/orders/asked-closes.ts';
import type { OrderRecord } from '../../../src/desk/orders/order-book.ts';
import { movedUrgency, recordedUrgency } from '../../../src/desk/orders/restored-urgency.ts';
import { centsFromDollars } from '../../../src/engine/domain/units.ts';
import { sideCosts } from '../../support/condor-costs.ts';
import { DeskRig, type RigOptions, valueIn } from '../../support/desk-rig.ts';

const limits = { maxDailyLossCents: centsFromDollars(50_000), portfolioDeltaCap: 5_000 };

/** A condor whose close, asked for by its trader, rests: nobody shows any size. */
function restingClose(options: RigOptions) {
  const rig = new DeskRig({ limits, ...options });
  const { positionId, exitPlan } = rig.openPosition();
  const { tokenSha256, card } = rig.previewClose(positionId);
  rig.size = 0;
  rig.quotes();
  const orderId = valueIn(rig.confirm(tokenSha256)).orderId ?? '';
  const stop = (exitPlan?.sideStop?.debit ?? 0) / 10_000;
  return { rig, card, orderId, stop };
}

/** The same market and the same crowd, another engine. */
function restarted(rig: DeskRig): DeskRig {
  const again = rig.restart(rig.records(), { isOpen: false });
  again.size = rig.size;
  again.open();
  return again;
}

describe('a close after a restart', () => {
  it('concedes no more than its trader agreed to while nothing hurries it', () => {
    const { rig, card, orderId } = restingClose({ exits: { exitLadder: 'patient' } });
    rig.advance(5);
    const again = restarted(rig);
    again.advance(5);
    const { urgency, limit } = again.order(orderId);
    expect(urgency).toBe('patient');
    expect(limit).toBeGreaterThanOrEqual(card.worstPrice * 10_000 - 1);
  });

  it('goes on as urgently as it was last moved', () => {
    const { rig, orderId, stop } = restingClose({ exits: { exitLadder: 'patient' } });
    sideCosts(rig, 'call', stop * 1.15);
    rig.advance(4);
    expect(rig.order(orderId).urgency).toBe('fast');
    expect(restarted(rig).order(orderId).urgency).toBe('fast');
  });

  it('is hurried by what is broken by the first quotes', () => {
    const { rig, orderId, stop } = restingClose({ exits: { exitLadder: 'patient' } });
    rig.advance(2);
    sideCosts(rig, 'call', stop * 1.5);
    const unquoted = rig.restart(rig.records(), { isOpen: false });
    expect(unquoted.order(orderId).urgency).toBe('patient');
    expect(restarted(rig).order(orderId).urgency).toBe('urgent');
  });

  it('goes on as its stop gave it', () => {
    const rig = new DeskRig({ limits });
    const { exitPlan } = rig.openPosition();
    sideCosts(rig, 'call', ((exitPlan?.sideStop?.debit ?? 0) / 10_000) * 1.15);
    rig.size = 0;
    rig.advance(4);
    const { exitReason, urgency, intent } = rig.orders().at(-1)!;
    expect([exitReason, urgency]).toEqual(['callSideStop', 'fast']);
    const unquoted = rig.restart(rig.records(), { isOpen: false });
    expect(unquoted.order(intent.intentId)).toMatchObject({ exitReason, urgency });
  });
});

describe('the urgency that an order is recorded with', () => {
  const { config } = new DeskRig({ exits: { entryLadder: 'patient', exitLadder: 'normal' } }).desk
    .context;
  const begun = { urgency: 'patient' } as OrderRecord;
  const desk = { config, orders: { get: (id: string) => (id === 'begun' ? begun : undefined) } };

  it.each([
    ['open', undefined, 'patient'],
    ['close', undefined, 'normal'],
    ['flatten', undefined, 'urgent'],
    ['exit', { reason: 'target', numbers: {} }, 'patient'],
    ['exit', { reason: 'nickel', numbers: {} }, 'normal'],
    ['exit', { reason: 'timeExit', numbers: {} }, 'normal'],
    ['exit', { reason: ASKED, numbers: { by: 'begun' } }, 'normal'],
    ['exit', { reason: 'oppositeBreak', numbers: {} }, 'fast'],
    ['exit', { reason: 'stop', numbers: { heldForMillis: 10_000 } }, 'fast'],
    ['exit', { reason: 'stop', numbers: { heldForMillis: 0 } }, 'urgent'],
    ['exit', { reason: 'stop', numbers: { goesOnFrom: 'begun' } }, 'patient'],
    ['exit', { reason: 'callSideStop', numbers: { goesOnFrom: 'begun' } }, 'fast'],
    ['exit', undefined, 'urgent'],
  ] as const)('of %s for %j is %s', (purpose, because, urgency) => {
    expect(recordedUrgency(desk as never, { purpose }, because)).toBe(urgency);
  });

  it('is that of its last move, where that was a rung', () => {
    expect(movedUrgency({ reason: 'fast' })).toBe('fast');
    expect(movedUrgency({ reason: 'better at confirm' })).toBeUndefined();
  });
});
