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
});
