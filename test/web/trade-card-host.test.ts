/** The trade card's page in a host that shows apps: its buttons call tools of a real face. */
import { runInNewContext } from 'node:vm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { deny } from '../../src/engine/domain/verdict.ts';
import type { FaceSettings } from '../../src/mcp/face.ts';
import { createFaceRoom } from '../../src/mcp/face.ts';
import { APP_MIME_TYPE, APPS_EXTENSION } from '../../src/mcp/trade-card-app.ts';
import { readTradeCardHtml } from '../../src/web/trade-card-page.ts';
import { ALL_SETTINGS, call, join } from '../mcp/support/connected-client.ts';
import { FakeEngineApi } from '../support/fake-engine-api.ts';
import { inner, PageNode, PageNodes } from './support/page-nodes.ts';

const CALLER = { principal: 'local', authority: 'open' } as const;
const CONDOR = { strategy: 'straddle_scan', strike: 600, quantity: 1 } as const;
const EXTENSIONS = { [APPS_EXTENSION]: { mimeTypes: [APP_MIME_TYPE] } };

interface PageMessage {
  readonly id?: number;
  readonly method?: string;
  // biome-ignore lint/suspicious/noExplicitAny: what a page sends is read by its names
  readonly params?: any; // oxlint-disable-line typescript/no-explicit-any
}

/** A host without dialogs, at an engine that holds a position and a stop. */
async function host(settings: Partial<FaceSettings> = {}) {
  const api = new FakeEngineApi();
  const opened = await api.previewStrategy(CONDOR, CALLER);
  if ('denied' in opened) throw new Error(opened.denied.message);
  await api.confirm(opened.value.confirmToken, CALLER);
  api.orders.push({ ...api.orders[0]!, orderId: 'X-1', purpose: 'exit', status: 'working' });
  api.confirmed.length = 0;
  const room = createFaceRoom(api, { ...ALL_SETTINGS, ...settings }, undefined, '<!doctype html>');
  const { client, close } = await join({ api, room, extensions: EXTENSIONS });
  onTestFinished(close);
  return { api, client };
}

type Client = Awaited<ReturnType<typeof host>>['client'];

/** The page with the card that a tool answers; `told` is what the model hears from it. */
async function page(client: Client, name: string, args: Record<string, unknown> = {}) {
  const { byId } = new PageNodes();
  byId('given').textContent = 'null';
  const told: string[] = [];
  const called: string[] = [];
  let hear: (event: object) => void = () => undefined;
  const deliver = (data: object): void =>
    hear({ source: parent, data: { jsonrpc: '2.0', ...data } });
  const parent = {
    postMessage: async ({ id, method, params }: PageMessage): Promise<void> => {
      if (method === 'ui/update-model-context') told.push(params.content[0].text);
      if (method !== 'tools/call') return;
      called.push(params.name);
      await client.callTool(params).then(
        (result) => deliver({ id, result }),
        (fault: Error) => deliver({ id, error: { message: fault.message } }),
      );
    },
  };
  runInNewContext(inner(readTradeCardHtml(), 'script'), {
    document: {
      documentElement: { scrollHeight: 1 },
      getElementById: byId,
      createElement: () => new PageNode(),
      createElementNS: () => new PageNode(),
    },
    parent,
    addEventListener: (_kind: string, listener: typeof hear) => {
      hear = listener;
    },
  });
  const result = await client.callTool({ name, arguments: args });
  deliver({ method: 'ui/notifications/tool-result', params: result });
  const card = result.structuredContent as { readonly confirmToken: string };
  const said = () => byId('said').text;
  return {
    token: card.confirmToken,
    press: (id: 'yes' | 'no') => byId(id).onclick(),
    said,
    told,
    called,
    byId,
  };
}

const WAYS_OUT = [
  ['flatten_all', {}],
  ['close_position', { order_or_position_id: 'O-1-P' }],
  ['cancel_order', { order_id: 'X-1' }],
] as const;

describe('the no of a trade card', () => {
  it('kills the preview for everybody who holds its token, and the model hears of it', async () => {
    const { api, client } = await host();
    const { press, token, said, told } = await page(client, 'iron_condor_30_delta');
    await press('no');
    expect(said()).toContain('Nothing was placed, and this preview is dead.');
    expect(told).toEqual([expect.stringContaining('do not redeem its token')]);
    const tried = await call(client, 'confirm_trade', { confirm_token: token });
    expect(tried.data['denied'].code).toBe('token_invalid');
    expect(tried.text).toContain('The human declined: nothing was placed');
    expect(api.confirmed).toEqual([]);
  });

  it('that comes after the order tells what was placed', async () => {
    const { client } = await host();
    const { press, token, said } = await page(client, 'iron_condor_30_delta');
    await call(client, 'confirm_trade', { confirm_token: token });
    await press('no');
    expect(said()).toContain('This token was used before; here is what it did.');
  });

  it.each(['engine_busy', 'token_invalid'] as const)(
    'claims nothing of an order where the engine tells %s of the token',
    async (code) => {
      const { api, client } = await host();
      api.describeToken = async () => ({ stamp: api.stamp(), ...deny(code, 'not now') });
      const { press, token, said } = await page(client, 'iron_condor_30_delta');
      await press('no');
      expect(said()).toContain('whether a yes before that has placed an order, or still does');
      expect(said()).not.toMatch(/nothing was placed/i);
      const tried = await call(client, 'confirm_trade', { confirm_token: token });
      expect(tried.text).toContain('this token is dead, but whether a yes before that');
      expect(api.confirmed).toEqual([]);
    },
  );

  it.each(['engine_busy', 'token_invalid'] as const)(
    'says that it came too late for a token that was carried out, whatever the engine tells (%s)',
    async (code) => {
      const { api, client } = await host();
      const { press, token, said } = await page(client, 'iron_condor_30_delta');
      await call(client, 'confirm_trade', { confirm_token: token });
      const describeToken = api.describeToken.bind(api);
      api.describeToken = async () => ({ stamp: api.stamp(), ...deny(code, 'not now') });
      await press('no');
      expect(said()).toContain('this token was carried out before the no came');
      api.describeToken = describeToken;
      const again = await call(client, 'confirm_trade', { confirm_token: token });
      expect(again.data['replayed']).toBe(true);
    },
  );

  it('says that nothing was placed where the preview ran out unused', async () => {
    const { api, client } = await host();
    const { press, said } = await page(client, 'iron_condor_30_delta');
    api.describeToken = async () => ({ stamp: api.stamp(), ...deny('token_expired', 'too late') });
    await press('no');
    expect(said()).toContain('Nothing was placed, and this preview is dead.');
  });

  it.each(WAYS_OUT)('holds for a way out by %s', async (tool, args) => {
    const { api, client } = await host({ toolsets: ['risk', 'orders'] });
    const { press, token } = await page(client, tool, args);
    await press('no');
    const tried = await call(client, tool, { confirm_token: token });
    expect(tried.text).toContain('The human declined');
    expect(api.confirmed).toEqual([]);
  });

  it('promises nothing where it did not come through', async () => {
    const { client } = await host();
    const { press, said } = await page(client, 'iron_condor_30_delta');
    await client.close();
    await press('no');
    expect(said()).toContain('your assistant still can while the preview lives');
  });
});

describe('the yes of a trade card', () => {
  it('sends the order, and tells the model what it did', async () => {
    const { api, client } = await host();
    const { press, token, said, told } = await page(client, 'iron_condor_30_delta');
    await press('yes');
    expect(api.confirmed).toEqual([token]);
    expect(said()).toContain('filled');
    expect(told).toEqual([expect.stringContaining('filled')]);
  });

  it.each(WAYS_OUT)('goes to %s where confirm_trade is not offered', async (tool, args) => {
    const { api, client } = await host({ toolsets: ['risk', 'orders'] });
    const { press, token, called } = await page(client, tool, args);
    await press('yes');
    expect([called, api.confirmed]).toEqual([[tool], [token]]);
  });

  it.each(WAYS_OUT)('goes to %s where confirm_trade is not listed', async (tool, args) => {
    const { client } = await host({ confirmMode: 'elicit-required' });
    const listed = (await client.listTools()).tools.map(({ name }) => name);
    const { press, called } = await page(client, tool, args);
    await press('yes');
    expect(called).toEqual([tool]);
    expect(listed).toContain(tool);
  });

  it('is not offered where no tool could take it', async () => {
    const { byId, said } = await page(
      (await host({ readOnly: true })).client,
      'iron_condor_30_delta',
    );
    expect(byId('decide').hidden).toBe(true);
    expect(said()).toContain('Nothing can be placed from here');
  });
});
