import { ResourceUpdatedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import type { EngineEvent } from '../../src/desk/engine-api.ts';
import { epochMicros } from '../../src/engine/domain/units.ts';
import { chainRow, ROW_FIELDS, rowsAround } from '../../src/mcp/chain-rows.ts';
import { ResourceDesk, UPDATE_EVERY_MILLIS } from '../../src/mcp/resource-desk.ts';
import { resourcesOf } from '../../src/mcp/resources.ts';
import { StreamDesk } from '../../src/mcp/stream-desk.ts';
import { after, every, nextTurn } from '../../src/mcp/timers-shell.ts';
import { TRADER_ALERT } from '../../src/ops/alert-channel.ts';
import { buildSlice, isRow } from '../support/chain-builder.ts';
import { FakeEngineApi } from '../support/fake-engine-api.ts';
import { call, join } from './support/connected-client.ts';

/** As the core tells of an alert that fired. */
const FIRED: EngineEvent = {
  kind: 'alert',
  severity: 'info',
  code: TRADER_ALERT,
  text: 'the underlying is at 601.00',
  action: 'trigger',
  at: '2026-11-20T10:31:00-05:00',
};

describe('resources', () => {
  it('are listed and read as JSON with a stamp', async () => {
    const { client, close } = await join();
    const { resources } = await client.listResources();
    expect(resources.map(({ uri }) => uri)).toEqual([
      'deltaring://chain/SPY/0dte',
      'deltaring://positions',
      'deltaring://alerts',
      'deltaring://audit/head',
    ]);
    for (const { uri } of resources) {
      const { contents } = await client.readResource({ uri });
      const [content] = contents as { text: string; mimeType: string }[];
      expect(content?.mimeType).toBe('application/json');
      expect(JSON.parse(content?.text ?? '')).toMatchObject({ environment: 'paper' });
    }
    await expect(client.readResource({ uri: 'deltaring://nope' })).rejects.toThrow(
      'deltaring://positions',
    );
    await close();
  });

  it('are those that the caller’s scopes reach', async () => {
    const { client, close } = await join({ scopes: ['market.read'] });
    const { resources } = await client.listResources();
    expect(resources.map(({ uri }) => uri)).toEqual(['deltaring://chain/SPY/0dte']);
    const { resourceTemplates } = await client.listResourceTemplates();
    expect(resourceTemplates.map(({ name }) => name)).toEqual(['chain-around']);
    for (const uri of ['deltaring://positions', 'deltaring://audit/order/O-1']) {
      await expect(client.readResource({ uri })).rejects.toThrow('no resource');
      await expect(client.subscribeResource({ uri })).rejects.toThrow();
    }
    await close();
  });

  it('with an argument are read, and not followed', async () => {
    const { client, close } = await join();
    const around = await client.readResource({ uri: 'deltaring://chain/SPY/0dte/around/600' });
    const [content] = around.contents as { text: string }[];
    expect(JSON.parse(content?.text ?? '')).toMatchObject({ underlying: 'SPY' });
    const wrong = client.readResource({ uri: 'deltaring://chain/SPY/0dte/around/high' });
    await expect(wrong).rejects.toThrow('no strike in dollars');
    const missing = client.readResource({ uri: 'deltaring://audit/order/nobody' });
    await expect(missing).rejects.toThrow('get_recent_orders lists orders');
    const followed = client.subscribeResource({ uri: 'deltaring://audit/order/O-1' });
    await expect(followed).rejects.toThrow('read, not followed');
    await close();
  });

  it('tell who follows them once a change, not once a tick', () => {
    const api = new FakeEngineApi();
    const desk = new ResourceDesk(api);
    const heard: string[] = [];
    for (const resource of desk.resources) desk.follow(resource, (uri) => heard.push(uri));
    desk.beat();
    expect(heard).toEqual([]);
    for (let epoch = 2; epoch < 100; epoch += 1) api.slice = buildSlice({ epoch });
    api.emit({ kind: 'positions' });
    api.emit({ kind: 'alerts' });
    api.emit({ kind: 'positions' });
    api.audit = { seq: 2, hash: 'b2', sealed: null };
    desk.beat();
    desk.beat();
    expect(heard).toEqual(resourcesOf('SPY').map(({ uri }) => uri));
    desk.close();
    expect(UPDATE_EVERY_MILLIS).toBeGreaterThanOrEqual(1_000);
  });

  it.each<[kind: EngineEvent['kind'], told: string, event: EngineEvent]>([
    ['alert', 'deltaring://alerts', FIRED],
    ['alerts', 'deltaring://alerts', { kind: 'alerts' }],
    ['positions', 'deltaring://positions', { kind: 'positions' }],
  ])('are told of %s alone by what it changes: %s', (_kind, told, event) => {
    const api = new FakeEngineApi();
    const desk = new ResourceDesk(api);
    const heard: string[] = [];
    for (const resource of desk.resources) desk.follow(resource, (uri) => heard.push(uri));
    api.emit(event);
    desk.beat();
    expect(heard).toEqual([told]);
    desk.close();
  });

  it('go silent for who has stopped following', () => {
    const api = new FakeEngineApi();
    const desk = new ResourceDesk(api);
    const heard: string[] = [];
    const [chain] = desk.resources;
    const stop = desk.follow(chain!, (uri) => heard.push(uri));
    stop();
    api.slice = buildSlice({ epoch: 9 });
    desk.beat();
    expect(heard).toEqual([]);
  });

  it('reach a subscribed client over its connection', async () => {
    const { client, api, face, close } = await join();
    const uri = 'deltaring://audit/head';
    const told = new Promise<string>((resolve) => {
      client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) =>
        resolve(params.uri),
      );
    });
    await client.subscribeResource({ uri });
    api.audit = { seq: 2, hash: 'b2', sealed: null };
    face.room.resources.beat();
    expect(await told).toBe(uri);
    await client.unsubscribeResource({ uri });
    await close();
  });
});

describe('option streams', () => {
  it('count what came, what moved and what was missed, for each principal apart', async () => {
    const { client, api, close } = await join();
    expect((await call(client, 'streaming_status')).data['streaming']).toBe(false);
    expect((await call(client, 'start_option_streaming')).data).toMatchObject({
      streaming: true,
      updates: 0,
      contracts: 302,
    });
    const [stream] = api.streams;
    const money = api.slice?.calls.find((row) => isRow(row, 'call', 600))?.index ?? 0;
    stream?.pending.push(money, money, 0);
    if (stream !== undefined) stream.missed = 7;
    const status = await call(client, 'streaming_status');
    expect(status.data).toMatchObject({
      updates: 3,
      newUpdates: 3,
      lostUpdates: 7,
      movedContracts: 2,
      newest: [
        { strike: 600, right: 'call' },
        { strike: 525, right: 'call' },
      ],
    });
    expect((await call(client, 'streaming_status')).data).toMatchObject({
      updates: 3,
      newUpdates: 0,
      movedContracts: 0,
    });
    await call(client, 'start_option_streaming');
    expect(api.streams).toHaveLength(1);
    expect((await call(client, 'stop_option_streaming')).data['streaming']).toBe(false);
    expect(stream?.isClosed).toBe(true);
    await close();
  });

  it('close the cursor that was asked about longest ago when there are too many', () => {
    const api = new FakeEngineApi();
    const desk = new StreamDesk(api);
    for (let i = 0; i < 65; i += 1) desk.start(`p${i}`);
    expect(api.streams[0]?.isClosed).toBe(true);
    expect(desk.look('p0')).toBeUndefined();
    expect(desk.look('p1')).toBeDefined();
    desk.close();
    expect(api.streams.every(({ isClosed }) => isClosed)).toBe(true);
  });
});

describe('rows of a chain', () => {
  it('show every column, and null for what is not known', () => {
    const slice = buildSlice();
    const [view] = slice.calls;
    const bare = { ...view!, quote: undefined, greeks: undefined, last: undefined };
    const row = chainRow(bare, ROW_FIELDS, epochMicros(0));
    expect(Object.keys(row)).toEqual(['strike', 'right', ...ROW_FIELDS]);
    expect(row).toMatchObject({ bid: null, mid: null, delta: null, last: null, ageMs: null });
  });

  it('age by this machine, never below 0', () => {
    const slice = buildSlice();
    const [view] = slice.calls;
    const wall = view?.quote?.at.wall ?? epochMicros(0);
    expect(chainRow(view!, ['ageMs'], epochMicros(wall + 1_500_000))['ageMs']).toBe(1_500);
    expect(chainRow(view!, ['ageMs'], epochMicros(wall - 5_000_000))['ageMs']).toBe(0);
  });

  it('keep to the strikes there are', () => {
    const slice = buildSlice({ strikes: [599, 600, 601] });
    expect(rowsAround(slice, 600, 10)).toHaveLength(6);
    expect(rowsAround(slice, 600.4, 1).map((row) => row.contract.right)).toEqual(['call', 'put']);
  });
});

describe('timers', () => {
  it('run until they are stopped', async () => {
    let beats = 0;
    let alarms = 0;
    const stopBeats = every(1, () => {
      beats += 1;
    });
    const stopAlarm = after(1, () => {
      alarms += 1;
    });
    stopAlarm();
    while (beats < 3) await nextTurn();
    stopBeats();
    const seen = beats;
    await nextTurn();
    expect([beats, alarms]).toEqual([seen, 0]);
  });
});
