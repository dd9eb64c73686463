/** Tokens of exits at a real desk: each tool carries out its own, and only what the call names. */
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Fill } from '../../src/engine/domain/order.ts';
import { cents } from '../../src/engine/domain/units.ts';
import { createFaceRoom, Face } from '../../src/mcp/face.ts';
import { CONDOR, DeskRig, TRADER } from '../support/desk-rig.ts';
import { ALL_SETTINGS } from './support/connected-client.ts';
import { doorOf } from './support/desk-door.ts';

type Args = Readonly<Record<string, unknown>>;

/** Two condors of two units each, held at a desk behind a face. */
function stage() {
  const rig = new DeskRig();
  const [first, second] = [rig.openPosition({ ...CONDOR, quantity: 2 }), rig.openPosition(CONDOR)];
  const api = doorOf(rig);
  const room = createFaceRoom(api, ALL_SETTINGS);
  onTestFinished(() => {
    room.close();
    api.close();
  });
  const face = new Face(room, TRADER);
  const call = async (name: string, args: Args = {}) => {
    const tool = face.shelf.find(name);
    if (tool === undefined) throw new Error(`no tool ${name}`);
    return (await face.call(tool, args)).structured;
  };
  return { rig, call, first: first.positionId, second: second.positionId };
}

function tokenIn(answer: Args): string {
  return String(answer['confirmToken']);
}

describe('the token of an exit', () => {
  it('of a close is nothing that flatten_all or cancel_order carries out', async () => {
    const { rig, call, first } = stage();
    const token = tokenIn(await call('close_position', { order_or_position_id: first }));
    for (const tool of ['flatten_all', 'cancel_order']) {
      const answer = await call(tool, { confirm_token: token });
      expect(JSON.stringify(answer)).toContain('would close');
    }
    expect(rig.bodies('intentRecorded')).toHaveLength(2);
  });

  it('of a close counts the units of the position, whatever its order counts', async () => {
    const { rig, call, first } = stage();
    const legs = rig.positions()[0]?.legs ?? [];
    for (const { instrument, quantity, averagePrice } of legs) {
      if (instrument.kind !== 'option' || instrument.right !== 'call') continue;
      const fill: Fill = {
        fillId: `elsewhere-${instrument.strike}`,
        intentId: 'external',
        instrument,
        action: quantity > 0 ? 'sellToClose' : 'buyToClose',
        quantity: 1,
        price: averagePrice,
        feesCents: cents(0),
        marketAt: rig.at.market,
      };
      rig.brokerSays({ kind: 'fill', fill });
    }
    const asked = { order_or_position_id: first, quantity: 2 };
    const card = await call('close_position', asked);
    expect(card['quantity']).toBe(1);
    const again = { order_or_position_id: first, confirm_token: tokenIn(card) };
    const other = await call('close_position', { ...again, quantity: 1 });
    expect(JSON.stringify(other)).toContain(`this token closes 2 of ${first}`);
    const done = await call('close_position', { ...again, quantity: 2 });
    expect(done['orders']).toMatchObject([{ positionId: first, purpose: 'close' }]);
  });

  it('closes nothing where the call names another position or quantity', async () => {
    const { rig, call, first, second } = stage();
    const asked = { order_or_position_id: first, quantity: 1 };
    const token = tokenIn(await call('close_position', asked));
    const wrong = [{ order_or_position_id: second }, { quantity: 2 }];
    for (const args of wrong) {
      const answer = await call('close_position', { ...args, confirm_token: token });
      expect(JSON.stringify(answer)).toContain(`this token closes 1 of ${first}`);
    }
    expect(rig.bodies('intentRecorded')).toHaveLength(2);
    const done = await call('close_position', { ...asked, confirm_token: token });
    expect(done['orders']).toMatchObject([{ positionId: first, quantity: 1 }]);
  });
});
