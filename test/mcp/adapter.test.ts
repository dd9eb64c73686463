import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readConfig } from '../../src/config.ts';
import { serveOverHttp, serveOverStream } from '../../src/mcp/adapter.ts';
import { TOOLS } from '../../src/mcp/catalog.ts';
import { createFaceRoom, Face } from '../../src/mcp/face.ts';
import { SELF_CONTAINED_CHARACTERS } from '../../src/mcp/instructions.ts';
import { FakeEngineApi } from '../support/fake-engine-api.ts';
import { statementOfACondor } from '../support/paper-statement.ts';
import { ALL_SETTINGS, call, join } from './support/connected-client.ts';

type Ref =
  | { readonly type: 'ref/prompt'; readonly name: string }
  | { readonly type: 'ref/resource'; readonly uri: string };

/** Arguments with which a tool answers with a value. */
const ARGUMENTS: Readonly<Record<string, Record<string, unknown>>> = {
  find_options_by_delta: { delta: 30 },
  place_order: { symbol: 'SPY261120C00600000', action: 'Buy to Open' },
  get_quotes: { symbols: 'SPY' },
  get_greeks: { symbols: 'SPY261120C00600000' },
  get_market_metrics: { symbols: 'SPY' },
  search_symbols: { text: 'SPY' },
};

describe('a served stream', () => {
  it('knows when everything that was asked is answered', async () => {
    const room = createFaceRoom(new FakeEngineApi(), ALL_SETTINGS);
    const face = new Face(room, { principal: 'local', authority: 'open' });
    const stream = new PassThrough();
    let isClosed = false;
    const served = await serveOverStream(face, stream, () => {
      isClosed = true;
    });
    await served.answered();
    await served.close();
    expect(isClosed).toBe(true);
    const session = await serveOverHttp(face, false, () => undefined);
    expect(session.id).toMatch(/^[0-9a-f-]{36}$/);
    await session.close();
  });
});

describe('a client over a stream', () => {
  it('lists the tools in one order, the default sets within 24 and 23 KB', async () => {
    const { client, close } = await join({
      settings: { toolsets: readConfig({}).DELTARING_TOOLSETS },
    });
    const listed = await client.listTools();
    const { DELTARING_TOOLSETS: sets } = readConfig({});
    const usual = TOOLS.filter(({ toolset }) => sets.includes(toolset));
    expect(listed.tools.map(({ name }) => name)).toEqual(usual.map(({ name }) => name));
    expect(listed.tools.length).toBeLessThanOrEqual(24);
    expect(Buffer.byteLength(JSON.stringify(listed))).toBeLessThanOrEqual(23_000);
    await close();
  });

  it('tells itself apart in the first 512 characters of its instructions', async () => {
    const { client, close } = await join();
    const instructions = client.getInstructions() ?? '';
    const start = instructions.slice(0, SELF_CONTAINED_CHARACTERS);
    for (const word of ['deltaring', 'paper', 'confirm_token', 'confirm_trade', 'kill_switch']) {
      expect(instructions.indexOf('\n')).toBeLessThanOrEqual(SELF_CONTAINED_CHARACTERS);
      expect(start).toContain(word);
    }
    await close();
  });

  it('gets a stamp, one text and the whole shape from every tool that only reads', async () => {
    const { client, api, close } = await join();
    api.reading.statement = statementOfACondor();
    const items = { body: { data: { items: [{ symbol: 'SPY' }] } } };
    api.reading.answers.set('GET /market-metrics?symbols=SPY', items);
    api.reading.answers.set('GET /symbols/search/SPY', items);
    await client.listTools();
    for (const tool of TOOLS.filter(({ hints }) => hints.readOnly)) {
      const args = ARGUMENTS[tool.name] ?? {};
      if (['get_order_status', 'replace_order'].includes(tool.name) || tool.exact === true)
        continue;
      const result = await call(client, tool.name, args);
      expect(result.isError, `${tool.name}: ${result.text}`).toBe(false);
      const { environment, tradingState, asOf, dataAgeMs } = result.data;
      expect({ environment, tradingState, dataAgeMs }).toEqual({
        environment: 'paper',
        tradingState: 'active',
        dataAgeMs: 120,
      });
      expect(asOf).toMatch(/^2026-11-20T/);
      expect(result.text.length).toBeLessThan(700);
      expect(z.strictObject(tool.output.shape).parse(result.data)).toBeDefined();
    }
    await close();
  });

  it('previews, confirms, repeats, closes and flattens', async () => {
    const { client, api, close } = await join();
    await client.listTools();
    const card = await call(client, 'iron_condor_30_delta', { width: 5 });
    expect(card.text).toContain(card.data['confirmToken']);
    expect(card.text).toContain('Max loss $412.00');
    const confirm_token = card.data['confirmToken'];
    const placed = await call(client, 'confirm_trade', { confirm_token });
    expect(placed.data).toMatchObject({ orderId: 'O-1', status: 'filled', replayed: false });
    const again = await call(client, 'confirm_trade', { confirm_token });
    expect(again.data).toMatchObject({ orderId: 'O-1', status: 'filled', replayed: true });
    const order = await call(client, 'get_order_status', { order_id: 'O-1' });
    expect(order.data).toMatchObject({ status: 'filled', averageFillPrice: 0.91 });
    const pnl = await call(client, 'show_pnl');
    const [position] = pnl.data['positions'];
    const closing = await call(client, 'close_position', {
      order_or_position_id: position.positionId,
    });
    expect(closing.data['purpose']).toBe('close');
    const closed = await call(client, 'close_position', {
      confirm_token: closing.data['confirmToken'],
    });
    expect(closed.data['status']).toBe('filled');
    const flat = await call(client, 'flatten_all');
    const done = await call(client, 'flatten_all', { confirm_token: flat.data['confirmToken'] });
    expect(done.isError).toBe(false);
    expect(api.orders.map(({ purpose }) => purpose)).toEqual(['open', 'close', 'flatten']);
    await close();
  });

  it('kills, and answers where to re-arm', async () => {
    const { client, api, close } = await join();
    const off = await call(client, 'kill_switch', { enable: false });
    expect(off.isError).toBe(true);
    expect(off.text).toContain('deltaring rearm');
    expect(api.killed).toBe(false);
    const killed = await call(client, 'panic_button', { reason: 'a\nb' });
    expect(killed.data).toMatchObject({ killed: true, tradingState: 'halted', reason: 'a b' });
    const card = await call(client, 'orb_long_call');
    const refused = await call(client, 'confirm_trade', {
      confirm_token: card.data['confirmToken'],
    });
    expect(refused.data['denied'].code).toBe('killed');
    await close();
  });

  it('names what was meant when a tool does not exist', async () => {
    const { client, close } = await join();
    await expect(call(client, 'iron_condor')).rejects.toThrow('iron_condor_30_delta');
    await close();
  });

  it('completes order ids, strikes and the focus of a briefing', async () => {
    const { client, close } = await join();
    const card = await call(client, 'iron_condor_30_delta');
    await call(client, 'confirm_trade', { confirm_token: card.data['confirmToken'] });
    const complete = async (ref: Ref, name: string, value: string) => {
      const { completion } = await client.complete({ ref, argument: { name, value } });
      return completion;
    };
    const order: Ref = { type: 'ref/prompt', name: 'explain_order' };
    expect(await complete(order, 'order_id', 'o-')).toEqual({
      values: ['O-1'],
      total: 1,
      hasMore: false,
    });
    const story: Ref = { type: 'ref/resource', uri: 'deltaring://audit/order/{order_id}' };
    expect((await complete(story, 'order_id', '')).values).toEqual(['O-1']);
    const around: Ref = {
      type: 'ref/resource',
      uri: 'deltaring://chain/SPY/0dte/around/{strike}',
    };
    expect((await complete(around, 'strike', '60')).values[0]).toBe('600');
    const briefing: Ref = { type: 'ref/prompt', name: 'session_briefing' };
    expect((await complete(briefing, 'focus', 'l')).values).toEqual(['limits']);
    expect((await complete(briefing, 'order_id', '')).values).toEqual([]);
    const unknown: Ref = { type: 'ref/resource', uri: 'deltaring://nope/{x}' };
    await expect(complete(unknown, 'x', '')).rejects.toThrow('no resource template');
    await close();
  });

  it('completes nothing that the caller’s scopes do not reach', async () => {
    const { client, api, close } = await join({ scopes: ['trade.preview'] });
    const card = await api.previewFlatten({ principal: 'local', authority: 'open' });
    await api.confirm('value' in card ? card.value.confirmToken : '', {
      principal: 'local',
      authority: 'open',
    });
    for (const [uri, name] of [
      ['deltaring://audit/order/{order_id}', 'order_id'],
      ['deltaring://chain/SPY/0dte/around/{strike}', 'strike'],
    ] as const) {
      const ref: Ref = { type: 'ref/resource', uri };
      const { completion } = await client.complete({ ref, argument: { name, value: '' } });
      expect(completion.values).toEqual([]);
    }
    await close();
  });

  it('hears what an order does while it waits, where it asked to', async () => {
    const { client, close } = await join();
    const card = await call(client, 'iron_condor_30_delta');
    const confirm_token = card.data['confirmToken'];
    const heard: unknown[] = [];
    const params = { name: 'confirm_trade', arguments: { confirm_token } };
    await client.callTool(params, undefined, { onprogress: (progress) => heard.push(progress) });
    expect(heard).toEqual([
      { progress: 1, message: 'open order O-1 filled, 1 of 1 filled at 0.91 credit' },
    ]);
    await close();
  });

  it('fills in what a prompt was given, and refuses what is missing or no plain id', async () => {
    const { client, close } = await join();
    const get = (name: string, args: Record<string, string>) =>
      client.getPrompt({ name, arguments: args });
    const story = await get('explain_order', { order_id: 'O-1' });
    expect(JSON.stringify(story.messages)).toContain('deltaring://audit/order/O-1');
    const briefing = await get('session_briefing', { focus: 'limits' });
    expect(JSON.stringify(briefing.messages)).toContain('Dwell on the limits.');
    await expect(get('explain_order', {})).rejects.toThrow('needs order_id');
    await expect(get('explain_order', { order_id: 'a\nb' })).rejects.toThrow('no plain id');
    await close();
  });

  it('gives prompts and refuses unknown ones by name', async () => {
    const { client, close } = await join();
    const { prompts } = await client.listPrompts();
    expect(prompts.map(({ name }) => name)).toEqual([
      'session_briefing',
      'analyze_iv_opportunities',
      'explain_order',
    ]);
    const prompt = await client.getPrompt({ name: 'session_briefing' });
    expect(JSON.stringify(prompt.messages)).toContain('risk_check');
    await expect(client.getPrompt({ name: 'nope' })).rejects.toThrow('session_briefing');
    await close();
  });
});
