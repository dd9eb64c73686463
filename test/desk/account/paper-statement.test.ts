import { describe, expect, it } from 'vitest';
import { paperStatement } from '../../../src/desk/account/paper-statement.ts';
import { DeskRig } from '../../support/desk-rig.ts';

function statement(rig: DeskRig) {
  return paperStatement(rig.desk.context, rig.paper.books(rig.at));
}

describe('the statement of the paper account', () => {
  it('tells an order under the id the broker gave it, with what each leg filled', () => {
    const rig = new DeskRig();
    rig.openPosition();
    const { orders, ledger } = statement(rig);
    expect(orders).toMatchObject([
      {
        status: 'filled',
        quantity: 1,
        filledQuantity: 1,
        reason: null,
        clientOrderId: rig.submitted[0],
      },
    ]);
    expect(orders[0]?.orderId).toBe(`paper-${rig.submitted[0]}`);
    expect(orders[0]?.legs.map(({ filledQuantity }) => filledQuantity)).toEqual([1, 1, 1, 1]);
    expect(ledger).toHaveLength(4);
  });

  it('leaves out what the broker never had', () => {
    const rig = new DeskRig();
    const preview = rig.preview();
    rig.isKillWordUp = true;
    rig.execute(preview);
    expect(rig.desk.context.orders.all().map(({ status }) => status)).toEqual(['denied']);
    expect(statement(rig).orders).toEqual([]);
  });
});
