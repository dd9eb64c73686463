import { describe, expect, it } from 'vitest';
import { AlpacaRig, LONG_CALL, witness } from './alpaca-rig.ts';

const SYMBOL = 'SPY   260804C00660000';

/** The account holds two calls, and its positions are answered with what becomes of their row. */
function holding(become: (row: object) => unknown) {
  const rig = new AlpacaRig();
  const order = witness(rig.intent([LONG_CALL], -1, 2));
  rig.place(order);
  rig.trade(order.intent.intentId, 2);
  rig.pass(8);
  const { account } = rig.venue;
  const rows = account.positionsJson.bind(account);
  account.positionsJson = () => rows().map((row) => become(row) as object);
  return rig;
}

describe('positions of which a row cannot be read', () => {
  it.each<[string, (row: object) => unknown]>([
    ['has no quantity', (row) => ({ ...row, qty: null })],
    ['has no symbol', (row) => ({ ...row, symbol: '' })],
    ['is none', () => 'none'],
  ])('are no picture of the account, as where it %s', (_, become) => {
    const rig = holding(become);
    const { asOf } = rig.snapshot();
    rig.pass(20);
    expect(rig.snapshot().asOf).toEqual(asOf);
    expect(rig.snapshot().positions).toMatchObject([{ symbol: SYMBOL, quantity: 2 }]);
    rig.pass(20);
    expect(rig.gateway.snapshot(rig.at())).toBeUndefined();
  });

  it('are a picture again with the first answer that can be read', () => {
    let isSpoilt = true;
    const rig = holding((row) => (isSpoilt ? { ...row, qty: null } : row));
    rig.pass(40);
    isSpoilt = false;
    rig.pass(20);
    expect(rig.snapshot().positions).toMatchObject([{ symbol: SYMBOL, quantity: 2 }]);
  });

  it('are none of those that hold a coin of little worth, however many: it stands beside the rest', () => {
    const rig = holding((row) => row);
    const { account } = rig.venue;
    const rows = account.positionsJson.bind(account);
    const qty = '12000000000.5';
    const coin = { symbol: 'PEPEUSD', asset_class: 'crypto', qty, avg_entry_price: '0.000004' };
    account.positionsJson = () => [...rows(), coin as never];
    rig.pass(60);
    expect(rig.snapshot().positions).toMatchObject([
      { symbol: SYMBOL, quantity: 2 },
      { symbol: 'PEPEUSD', quantity: 12e9 + 0.5, averagePrice: 0 },
    ]);
  });

  it('leave out what is of no quantity alone', () => {
    const rig = holding((row) => ({ ...row, qty: '0' }));
    rig.pass(8);
    expect(rig.snapshot().positions).toEqual([]);
  });
});
