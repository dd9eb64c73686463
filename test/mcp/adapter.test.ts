import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readConfig } from '../../src/config.ts';
import { serveOverHttp, serveOverStream } from '../../src/mcp/adapter.ts';
import { TOOLS } from '../../src/mcp/catalog.ts';
import { createFaceRoom, Face } from '../../src/mcp/face.ts';
import { SELF_CONTAINED_CHARACTERS } from '../../src/mcp/instructions.ts';
import { FakeEngineApi } from '../support/fake-engine-api.ts';
import { ALL_SETTINGS, call, join } from './support/connected-client.ts';

/** Arguments with which a tool answers with a value. */
const ARGUMENTS: Readonly<Record<string, Record<string, unknown>>> = {
  find_options_by_delta: { delta: 30 },
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
  it('lists the tools in one order, the default sets within 24 and 25 KB', async () => {
    const { client, close } = await join({
      settings: { toolsets: readConfig({}).DELTARING_TOOLSETS },
    });
    const listed = await client.listTools();
    const usual = TOOLS.filter(({ toolset }) => toolset !== 'plan');
    expect(listed.tools.map(({ name }) => name)).toEqual(usual.map(({ name }) => name));
    expect(listed.tools.length).toBeLessThanOrEqual(24);
    expect(Buffer.byteLength(JSON.stringify(listed))).toBeLessThanOrEqual(25_000);
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
    const { client, close } = await join();
    await client.listTools();
    for (const tool of TOOLS.filter(({ hints }) => hints.readOnly)) {
      const args = ARGUMENTS[tool.name] ?? {};
      if (tool.name === 'get_order_status') continue;
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

  it('gives prompts and refuses unknown ones by name', async () => {
    const { client, close } = await join();
    const { prompts } = await client.listPrompts();
    expect(prompts.map(({ name }) => name)).toEqual([
      'session_briefing',
      'analyze_iv_opportunities',
    ]);
    const prompt = await client.getPrompt({ name: 'session_briefing' });
    expect(JSON.stringify(prompt.messages)).toContain('risk_check');
    await expect(client.getPrompt({ name: 'nope' })).rejects.toThrow('session_briefing');
    await close();
  });
});
