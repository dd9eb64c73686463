import { describe, expect, it, onTestFinished } from 'vitest';
import { createFaceRoom, Face } from '../../src/mcp/face.ts';
import { APP_MIME_TYPE, APPS_EXTENSION, TRADE_CARD_URI } from '../../src/mcp/trade-card-app.ts';
import { DeskRig, TRADER } from '../support/desk-rig.ts';
import { FakeEngineApi } from '../support/fake-engine-api.ts';
import { ALL_SETTINGS, call, connected, join, sdkClient } from './support/connected-client.ts';
import { doorOf } from './support/desk-door.ts';

const HTML = '<!doctype html><title>card</title>';

const EXTENSIONS = { [APPS_EXTENSION]: { mimeTypes: [APP_MIME_TYPE] } };

async function joined(showsApps: boolean) {
  const api = new FakeEngineApi();
  const room = createFaceRoom(api, ALL_SETTINGS, undefined, HTML);
  return join({ api, room, extensions: showsApps ? EXTENSIONS : undefined });
}

/** A host that shows apps, at a desk that holds a condor. */
async function atDesk() {
  const rig = new DeskRig();
  const { positionId } = rig.openPosition();
  const api = doorOf(rig);
  const room = createFaceRoom(api, ALL_SETTINGS, undefined, HTML);
  const { client, close } = await connected(
    new Face(room, TRADER),
    sdkClient(undefined, EXTENSIONS),
  );
  onTestFinished(async () => {
    await close();
    room.close();
    api.close();
  });
  return { rig, positionId, client };
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

describe('what a host that shows apps is told of a way out', () => {
  it.each(['close_position', 'flatten_all'])('by %s comes without a picture', async (name) => {
    const { client, positionId } = await atDesk();
    const asked = name === 'close_position' ? { order_or_position_id: positionId } : {};
    const result = await client.callTool({ name, arguments: asked });
    expect(result.structuredContent).toHaveProperty('confirmToken');
    expect(result._meta).toEqual({ 'deltaring/redeem': 'confirm_trade' });
  });

  it('by the cancel of a close that works comes with its token', async () => {
    const { rig, client, positionId } = await atDesk();
    rig.send({ kind: 'confirm', tokenSha256: rig.previewClose(positionId).tokenSha256 });
    const close = rig.orders().find(({ intent }) => intent.purpose === 'close');
    const asked = { order_id: close?.intent.intentId };
    const result = await client.callTool({ name: 'cancel_order', arguments: asked });
    expect(result.structuredContent).toMatchObject({ purpose: 'cancel', quantity: 0 });
    expect(result.structuredContent).toHaveProperty('confirmToken');
    expect(result._meta).toEqual({ 'deltaring/redeem': 'confirm_trade' });
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
