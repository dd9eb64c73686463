import { describe, expect, it } from 'vitest';
import { createFaceRoom } from '../../src/mcp/face.ts';
import { APP_MIME_TYPE, APPS_EXTENSION, TRADE_CARD_URI } from '../../src/mcp/trade-card-app.ts';
import { FakeEngineApi } from '../support/fake-engine-api.ts';
import { ALL_SETTINGS, call, join } from './support/connected-client.ts';

const HTML = '<!doctype html><title>card</title>';

async function joined(showsApps: boolean) {
  const api = new FakeEngineApi();
  const room = createFaceRoom(api, ALL_SETTINGS, undefined, HTML);
  const extensions = showsApps ? { [APPS_EXTENSION]: { mimeTypes: [APP_MIME_TYPE] } } : undefined;
  return join({ api, room, extensions });
}

describe('a host that shows apps', () => {
  it('finds the page by its tools, reads it, and gets the payoff with a preview', async () => {
    const { client, close } = await joined(true);
    const { tools } = await client.listTools();
    const withPage = tools.filter(({ _meta }) => _meta?.['ui'] !== undefined);
    expect(withPage.map(({ name }) => name)).toContain('iron_condor_30_delta');
    expect(withPage.map(({ name }) => name)).not.toContain('market_status');
    const { contents } = await client.readResource({ uri: TRADE_CARD_URI });
    expect(contents).toEqual([{ uri: TRADE_CARD_URI, mimeType: APP_MIME_TYPE, text: HTML }]);
    const result = await client.callTool({ name: 'iron_condor_30_delta', arguments: {} });
    expect(result._meta?.['deltaring/payoff']).toMatchObject({ spot: 600 });
    await close();
  });

  it('gets no picture where there is nothing to draw', async () => {
    const { client, close } = await joined(true);
    const result = await client.callTool({ name: 'market_status', arguments: {} });
    expect(result._meta).toBeUndefined();
    await close();
  });
});

describe('a host that shows none', () => {
  it('sees nothing of it', async () => {
    const { client, close } = await joined(false);
    const { tools } = await client.listTools();
    expect(tools.every(({ _meta }) => _meta === undefined)).toBe(true);
    const { resources } = await client.listResources();
    expect(resources.map(({ uri }) => uri)).not.toContain(TRADE_CARD_URI);
    await expect(client.readResource({ uri: TRADE_CARD_URI })).rejects.toThrow(/no resource/);
    expect((await call(client, 'iron_condor_30_delta')).isError).toBe(false);
    await close();
  });
});
