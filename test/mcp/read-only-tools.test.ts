import { describe, expect, it } from 'vitest';
import { TOOLS } from '../../src/mcp/catalog.ts';
import { CONFIRM_FIELD } from '../../src/mcp/confirm-dialog.ts';
import { createFaceRoom } from '../../src/mcp/face.ts';
import { FakeEngineApi } from '../support/fake-engine-api.ts';
import type { Elicit, JoinOptions } from './support/connected-client.ts';
import { ALL_SETTINGS, call, join } from './support/connected-client.ts';

const LEG = { symbol: 'SPY   261120C00600000', action: 'Buy to Open' };
const CLOSING = { ...LEG, action: 'Sell to Close' };

/** Every tool that takes an older call with a token, as hosts know it: read-only. */
const FORWARDING = TOOLS.filter(
  ({ hints, input }) => hints.readOnly && 'confirm_token' in input.shape,
);

const accept: Elicit = () => ({ action: 'accept', content: { [CONFIRM_FIELD]: true } });

/** Previews, with live money unless another engine is given, then hands the token to a tool. */
async function forwarded(options: JoinOptions, name = 'iron_condor_30_delta', first = {}) {
  const joined = await join({ api: new FakeEngineApi({ environment: 'live' }), ...options });
  const card = await call(joined.client, name, first);
  const confirm_token: string = card.data['confirmToken'];
  const again = () => call(joined.client, name, { confirm_token });
  return { ...joined, confirm_token, again };
}

/** A close is previewed with this tool named, and it takes the token. Resolves to the tools that are listed. */
async function expectWayOut(
  settings: NonNullable<JoinOptions['settings']>,
  name: string,
): Promise<readonly string[]> {
  const options = { settings };
  const { client, again, confirm_token, close } = await forwarded(options, 'place_order', CLOSING);
  const preview = await call(client, 'place_order', CLOSING);
  expect(preview.text).toContain(`Nothing is placed yet: ${name} with confirm_token`);
  expect((await again()).text).toContain(`Call ${name} with this confirm_token`);
  const { tools } = await client.listTools();
  expect((await call(client, name, { confirm_token })).isError).toBe(false);
  await close();
  return tools.map((tool) => tool.name);
}

describe('a tool that hosts take for read-only, with live money', () => {
  it('is every strategy, place_order and replace_order', () => {
    expect(FORWARDING.map(({ name }) => name)).toEqual([
      'orb_long_call',
      'orb_long_put',
      'iron_condor_30_delta',
      'lotto_play_5_delta',
      'straddle_scan',
      'place_order',
      'replace_order',
    ]);
  });

  it.each(FORWARDING.map(({ name }) => name))(
    '%s sends no order for a token alone',
    async (name) => {
      for (const confirmMode of ['token', 'elicit-preferred', 'elicit-required'] as const) {
        const { api, client, confirm_token, close } = await forwarded({
          settings: { confirmMode },
        });
        const refused = await call(client, name, { confirm_token });
        expect(refused.data['denied'].code).toBe('not_authorized');
        expect(refused.text).toContain('nothing was placed');
        expect(api.confirmed).toEqual([]);
        await close();
      }
    },
  );

  it('names the tool that sends, and its token lives on for it', async () => {
    const { api, client, again, confirm_token, close } = await forwarded({});
    expect((await again()).text).toContain('Call confirm_trade with this confirm_token');
    expect((await call(client, 'confirm_trade', { confirm_token })).data['status']).toBe('filled');
    expect((await again()).data).toMatchObject({ orderId: 'O-1', replayed: true });
    expect(api.orders).toHaveLength(1);
    await close();
  });

  it('sends no close either', async () => {
    const { api, client, again, confirm_token, close } = await forwarded(
      {},
      'place_order',
      CLOSING,
    );
    expect((await again()).data['denied'].code).toBe('not_authorized');
    expect(api.confirmed).toEqual([]);
    expect((await call(client, 'close_position', { confirm_token })).isError).toBe(false);
    await close();
  });

  it.each([
    ['elicit-preferred', 'confirm_trade'],
    ['elicit-required', 'close_position'],
  ] as const)('names a way out that is listed under %s: %s', async (confirmMode, name) => {
    expect(await expectWayOut({ confirmMode }, name)).toContain(name);
  });

  it.each(['iron_condor_30_delta', 'place_order'])(
    'says in the preview by %s why a client without dialogs cannot confirm it',
    async (name) => {
      const settings = { confirmMode: 'elicit-required' } as const;
      for (const elicit of [undefined, accept]) {
        const { client, close } = await join({ settings, ...(elicit && { elicit }) });
        const { text } = await call(client, name, name === 'place_order' ? LEG : {});
        expect(text.includes('confirm_trade with confirm_token')).toBe(elicit !== undefined);
        const why = 'It cannot be confirmed here: DELTARING_CONFIRM=elicit-required';
        expect(text.includes(why)).toBe(elicit === undefined);
        await close();
      }
    },
  );

  it.each([
    ['elicit-required', ['strategies', 'trading'], 'confirm_trade'],
    ['elicit-required', ['orders', 'trading'], 'close_position'],
    ['elicit-preferred', ['strategies', 'trading'], 'confirm_trade'],
    ['elicit-preferred', ['orders', 'trading'], 'close_position'],
  ] as const)(
    'names a way out that answers under %s where the tool sets are %j: %s',
    async (confirmMode, toolsets, name) => {
      await expectWayOut({ confirmMode, toolsets }, name);
    },
  );

  it.each(['elicit-preferred', 'elicit-required'] as const)(
    'forwards what a human agrees to in the dialog under %s',
    async (confirmMode) => {
      const { again, close } = await forwarded({ settings: { confirmMode }, elicit: accept });
      expect((await again()).data['status']).toBe('filled');
      await close();
    },
  );

  it('sends nothing where the dialog is not shown, the second time neither', async () => {
    const { api, again, close } = await forwarded({ elicit: () => ({ action: 'cancel' }) });
    expect((await again()).data['denied'].dialog).toBe('notShown');
    expect((await again()).data['denied'].call).toBe('confirm_trade');
    expect(api.confirmed).toEqual([]);
    await close();
  });

  it('names the page under DELTARING_CONFIRM=browser', async () => {
    const api = new FakeEngineApi({ environment: 'live' });
    const room = createFaceRoom(api, { ...ALL_SETTINGS, confirmMode: 'browser' });
    room.approvals.servedAt('http://127.0.0.1:8080');
    const { again, close } = await forwarded({ api, room, elicit: accept });
    expect((await again()).data['denied'].approveUrl).toContain('/approve/');
    expect(api.confirmed).toEqual([]);
    await close();
  });
});

describe('the same tool with paper money', () => {
  it.each(FORWARDING.map(({ name }) => name))(
    '%s forwards a token to confirm_trade',
    async (name) => {
      for (const confirmMode of ['token', 'elicit-preferred'] as const) {
        const api = new FakeEngineApi();
        const { client, confirm_token, close } = await forwarded({
          api,
          settings: { confirmMode },
        });
        const done = await call(client, name, { confirm_token });
        expect(done.data['status']).toBe('filled');
        await close();
      }
    },
  );

  it('asks first where the operator wants that', async () => {
    const api = new FakeEngineApi();
    const settings = { confirmMode: 'elicit-required' } as const;
    const { again, close } = await forwarded({ api, settings });
    expect((await again()).data['denied'].code).toBe('not_authorized');
    expect(api.confirmed).toEqual([]);
    await close();
  });
});

describe('a token of trade.preview alone', () => {
  it.each([
    ['an opening', 'iron_condor_30_delta', {}],
    ['legs that open', 'place_order', LEG],
    ['legs that close', 'place_order', CLOSING],
  ])('sends no order for %s, whatever is agreed to', async (_what, name, first) => {
    const { api, again, close } = await forwarded(
      { scopes: ['trade.preview'], elicit: accept },
      name,
      first,
    );
    const refused = await again();
    expect(refused.data['denied']).toMatchObject({
      code: 'not_authorized',
      needs: 'trade.execute',
    });
    expect(api.confirmed).toEqual([]);
    expect(api.orders).toEqual([]);
    await close();
  });
});
