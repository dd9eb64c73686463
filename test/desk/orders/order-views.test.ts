import { describe, expect, it } from 'vitest';
import { publishOrder } from '../../../src/desk/orders/order-views.ts';
import { Outbox, UnheardOutbox } from '../../../src/desk/outbox.ts';
import { DeskRig } from '../../support/desk-rig.ts';

describe('a changed order', () => {
  it('is shown to subscribers, and is no work for an outbox that nobody reads', () => {
    const rig = new DeskRig();
    rig.openPosition();
    const { context } = rig.desk;
    const { at, day } = context;
    const [order] = context.orders.all();
    if (order === undefined) throw new Error('an opening makes an order');
    const [heard, unheard] = [Outbox, UnheardOutbox].map((Box) => {
      const out = new Box(at, day.session.date, 0);
      publishOrder({ ...context, out }, order);
      return out.drain();
    });
    const shown = { kind: 'order', order: { orderId: order.intent.intentId, status: 'filled' } };
    expect(heard).toMatchObject([{ kind: 'publish', event: shown }]);
    expect(unheard).toEqual([]);
  });
});
