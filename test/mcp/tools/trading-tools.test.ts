import { describe, expect, it } from 'vitest';
import type { OrderRequest } from '../../../src/desk/engine-api-requests.ts';
import { call, join } from '../support/connected-client.ts';

const CALL = 'SPY   261120C00600000';

/** Calls place_order and hands back what the engine was asked for, with the answer. */
async function placed(args: Record<string, unknown>, name = 'place_order') {
  const { client, api, close } = await join();
  let asked: OrderRequest | undefined;
  const preview = api.previewOrder.bind(api);
  api.previewOrder = (request, caller) => {
    asked = request;
    return preview(request, caller);
  };
  const answer = await call(client, name, args);
  await close();
  return { asked, answer };
}

describe('place_order', () => {
  it.each<[string, unknown]>([
    ['a list', [{ symbol: CALL, action: 'Buy to Open', quantity: 2 }]],
    ['its JSON text', JSON.stringify([{ symbol: CALL, action: 'buy_to_open', quantity: 2 }])],
    ['short words', [{ symbol: 'SPY261120C00600000', action: 'BTO', quantity: 2 }]],
    ['the feed’s symbols', [{ symbol: '.SPY261120C600', action: 'buyToOpen', quantity: 2 }]],
  ])('takes legs as %s', async (_form, legs) => {
    const { asked, answer } = await placed({ legs, limit_price: -1.2 });
    expect(asked).toMatchObject({
      legs: [{ symbol: CALL, action: 'buyToOpen', ratio: 2 }],
      quantity: 1,
      limit: -1.2,
    });
    expect(answer.text).toContain('Nothing is placed yet: confirm_trade with confirm_token');
  });

  it('takes one leg in scalars, and shares to close by their older name', async () => {
    const one = await placed({ symbol: CALL, action: 'sell to close', quantity: 3 });
    expect(one.asked?.legs).toEqual([{ symbol: CALL, action: 'sellToClose', ratio: 1 }]);
    expect(one.asked?.quantity).toBe(3);
    const shares = { symbol: 'SPY', action: 'Sell to Close', quantity: 100 };
    const equity = await placed(shares, 'create_equity_order');
    expect(equity.asked).toMatchObject({ legs: [{ symbol: 'SPY' }], quantity: 100 });
    expect(
      (await placed({ legs: [{ symbol: CALL, action: 'BTO' }] }, 'create_options_order')).answer
        .isError,
    ).toBe(false);
  });

  it.each([
    ['shares to open', { symbol: 'SPY', action: 'Buy to Open' }],
    ['other shares', { symbol: 'AAPL', action: 'Sell to Close' }],
    ['an option', { symbol: CALL, action: 'Buy to Open' }],
    ['an option to close', { symbol: CALL, action: 'Sell to Close' }],
    [
      'a spread',
      {
        legs: [
          { symbol: CALL, action: 'BTC' },
          { symbol: 'SPY', action: 'STC' },
        ],
      },
    ],
  ])('is no equity order for %s', async (_what, args) => {
    const { asked, answer } = await placed(args, 'create_equity_order');
    expect(answer.data['denied'].code).toBe('unsupported');
    expect(asked).toBeUndefined();
  });

  it('says what it needs, and what it does not take', async () => {
    const says = async (args: Record<string, unknown>) => (await placed(args)).answer.text;
    expect(await says({})).toContain('needs either legs, or symbol and action');
    expect(
      await says({ symbol: CALL, action: 'BTO', legs: [{ symbol: CALL, action: 'BTO' }] }),
    ).toContain('either legs');
    expect(await says({ symbol: CALL, action: 'hold' })).toContain('an action is "Buy to Open"');
    expect(await says({ symbol: 'no symbol', action: 'BTO' })).toContain('this is no symbol');
    expect(await says({ symbol: CALL, action: 'BTO', time_in_force: 'gtc' })).toContain(
      'must be "day"',
    );
    const five = Array.from({ length: 5 }, () => ({ symbol: CALL, action: 'BTO' }));
    expect(await says({ legs: five })).toContain('give 1 to 4 legs');
  });

  it('never sends: its token goes to confirm_trade', async () => {
    const { client, api, close } = await join();
    const { data } = await call(client, 'place_order', { symbol: CALL, action: 'BTO' });
    expect(api.confirmed).toEqual([]);
    const confirm_token = data['confirmToken'];
    expect((await call(client, 'confirm_trade', { confirm_token })).isError).toBe(false);
    expect(api.confirmed).toEqual([confirm_token]);
    await close();
  });
});

describe('replace_order', () => {
  it('previews another limit for an order, or says which argument it lacks', async () => {
    const { client, close } = await join();
    const card = await call(client, 'iron_condor_30_delta');
    await call(client, 'confirm_trade', { confirm_token: card.data['confirmToken'] });
    const again = await call(client, 'replace_order', { order_id: 'O-1', limit_price: 1.1 });
    expect(again.data['confirmToken']).toMatch(/./);
    expect((await call(client, 'replace_order', { order_id: 'O-1' })).text).toContain(
      'needs order_id and limit_price',
    );
    const gone = await call(client, 'replace_order', { order_id: 'O-9', limit_price: 1 });
    expect(gone.text).toContain('no order "O-9"');
    await close();
  });
});
