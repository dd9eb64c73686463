import { describe, expect, it } from 'vitest';
import { orderBody, unitsPerUnit } from '../../../src/broker/alpaca/order-body.ts';
import { optionLeg } from '../../support/legs.ts';
import { AlpacaRig, kinds, witness } from './alpaca-rig.ts';

describe('an order whose ratios have a common factor', () => {
  it('is written in lowest terms: more units, at the net of one of them', () => {
    const rig = new AlpacaRig({ isConnected: false });
    const legs = [optionLeg('sellToOpen', 'put', 640, 4), optionLeg('buyToOpen', 'put', 630, 2)];
    const { limit, ...intent } = rig.intent(legs, 3, 5);
    const units = intent.quantity * unitsPerUnit(intent);
    const clientId = intent.intentId;
    expect(JSON.parse(orderBody({ ...intent, limit }, { clientId, units, limit }))).toMatchObject({
      qty: '10',
      limit_price: '-1.50',
      legs: [
        { ratio_qty: '2', side: 'sell' },
        { ratio_qty: '1', side: 'buy' },
      ],
    });
  });

  it('keeps the limit of a unit of its own, also once it is moved', () => {
    const rig = new AlpacaRig();
    const legs = [optionLeg('sellToOpen', 'put', 640, 2), optionLeg('buyToOpen', 'put', 635, 2)];
    const order = witness(rig.intent(legs, 2, 3));
    const { limit } = order.intent;
    expect(kinds(rig.place(order))).toEqual(['accepted']);
    expect(rig.snapshot().workingOrders).toMatchObject([{ remaining: 3, limit }]);
    expect(rig.reprice(order, 2.2)).toMatchObject([{ kind: 'replaced', limit: limit + 2_000 }]);
    rig.trade(order.intent.intentId, 3);
    expect(rig.snapshot().workingOrders).toMatchObject([{ remaining: 2 }]);
  });
});
