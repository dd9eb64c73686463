import { describe, expect, it } from 'vitest';
import type { BrokerEvent } from '../../../src/broker/order-gateway.ts';
import { cents, priceFromDollars } from '../../../src/engine/domain/units.ts';
import { CONDOR, DeskRig } from '../../support/desk-rig.ts';

/** A condor of two units, of which one has filled and the other still works; beside it work another that
 * sells the same strikes, and a straddle. */
function halfOpened() {
  const rig = new DeskRig({ limits: { maxDailyLossCents: cents(1_000_00) } });
  const { tokenSha256 } = rig.preview({ ...CONDOR, quantity: 2 });
  const other = rig.preview({ ...CONDOR, width: 3 });
  const straddle = rig.preview({ strategy: 'straddle_scan', strike: 600, quantity: 1 });
  rig.size = 0;
  rig.confirm(tokenSha256);
  rig.confirm(other.tokenSha256);
  rig.confirm(straddle.tokenSha256);
  const [opening] = rig.orders();
  if (opening === undefined) throw new Error('the opening works');
  const { intentId, legs } = opening.intent;
  const fills = legs.map(({ instrument, action }, i): BrokerEvent => {
    const facts = { quantity: 1, feesCents: cents(0), marketAt: rig.at.market };
    const at = priceFromDollars(action === 'sellToOpen' ? 0.7 : 0.05);
    const fill = { fillId: `half-${i}`, intentId, instrument, action, price: at, ...facts };
    return { kind: 'fill', fill };
  });
  rig.brokerSays(...fills);
  return { rig, opening };
}

/** A condor of three units, of which the market filled one. */
function partlyFilled() {
  const limits = { maxTradeLossCents: cents(5_000_00), maxDailyLossCents: cents(50_000_00) };
  const rig = new DeskRig({ limits });
  const { tokenSha256 } = rig.preview({ ...CONDOR, quantity: 3 });
  rig.size = 1;
  rig.quotes();
  rig.confirm(tokenSha256);
  const opening = rig.orders()[0]!;
  for (let second = 0; second < 30 && opening.fills.length === 0; second += 1) rig.advance(1);
  rig.size = 0;
  rig.quotes();
  const { positionId, quantity } = rig.positions()[0]!;
  expect([opening.status, quantity]).toEqual(['working', 1]);
  return { rig, opening, positionId };
}

describe('a close of what has filled of an opening', () => {
  it('by a stop calls back the rest, which the move against it would fill', () => {
    const { rig, opening } = halfOpened();
    rig.quotes(604);
    expect(rig.bodies('exitTriggered').map(({ reason }) => reason)).toEqual(['callSideStop']);
    expect(opening.cancelRequested).toBe(true);
    rig.advance(2);
    expect(opening).toMatchObject({
      status: 'cancelled',
      reason: expect.stringContaining('called back before'),
    });
  });

  it('by a trader does so too, and calls back what sells as it buys, but nothing else', () => {
    const { rig, opening } = halfOpened();
    rig.confirm(rig.previewClose(opening.intent.positionId).tokenSha256);
    expect(rig.orders().map(({ cancelRequested }) => cancelRequested)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it('that has filled calls back still what the broker had refused to cancel', () => {
    const { rig, opening, positionId } = partlyFilled();
    rig.gateway.refuseCancel = 'not proven: socket hang up';
    // The premium is worth less, so that what sells it finds nobody.
    rig.atmVol -= 0.02;
    rig.size = 5;
    rig.quotes();
    const closed = rig.execute(rig.previewClose(positionId));
    expect([closed.status, opening.status, rig.positions()]).toEqual(['filled', 'working', []]);
    rig.gateway.refuseCancel = undefined;
    rig.advance(2);
    expect(opening).toMatchObject({
      status: 'cancelled',
      reason: `called back before ${closed.intent.intentId}, which closes what it opens`,
    });
  });
});
