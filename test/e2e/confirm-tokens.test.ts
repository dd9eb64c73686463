import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ConfirmResult, OrderView, TradeCard } from '../../src/desk/engine-api.ts';
import { EngineProcess, eventually, PATIENCE } from '../support/engine-process.ts';
import { bearer, callOverBridge, contentOf, faultOf, refusalOf } from './bridge.ts';
import { Trader } from './trader.ts';

vi.setConfig(PATIENCE);

const ALICE = 'alice-0123456789abcdef';
const BOB = 'bob-0123456789abcdef';
const settings = {
  SIM_SPEED: '4',
  MCP_TOKEN: ALICE,
  CHATGPT_MCP_TOKEN: BOB,
  CONFIRMATION_TIMEOUT: '5',
};

let engine: EngineProcess;
let alice: Trader;
let bob: Trader;
/** Left alone until it has expired. */
let unused: { readonly token: string; readonly until: number };

beforeAll(async () => {
  engine = await EngineProcess.start({ settings });
  alice = await Trader.overHttp(engine.url, ALICE);
  bob = await Trader.overHttp(engine.url, BOB);
  const card = await alice.preview('iron_condor_30_delta', { width: 5 });
  const until = performance.now() + card.expiresInSeconds * 1_000;
  unused = { token: card.confirmToken, until };
});

afterAll(async () => {
  await alice?.leave();
  await bob?.leave();
  await engine?.remove();
});

async function orderIds(): Promise<string[]> {
  const { orders } = await alice.call<{ orders: OrderView[] }>('get_recent_orders');
  return orders.map(({ orderId }) => orderId);
}

/** What a token that nobody ever got is answered with. */
function unknownToken(trader: Trader) {
  return trader.refusal('confirm_trade', { confirm_token: 'A'.repeat(43) });
}

describe('the bearer token', () => {
  it.each([
    ['no token', undefined],
    ['a wrong token', 'carol-0123456789abcdef'],
  ])('is asked for: %s joins nothing', async (_name, token) => {
    await expect(Trader.overHttp(engine.url, token)).rejects.toThrow();
    const headers = token === undefined ? {} : bearer(token);
    const reply = await callOverBridge(engine.url, headers, { name: 'show_pnl' });
    expect([reply.status, faultOf(reply)]).toEqual([401, 'UNAUTHORIZED']);
    const tools = await fetch(`${engine.url}/mcp/tools`, { headers });
    expect(tools.status).toBe(401);
    expect(await tools.text()).not.toContain(ALICE);
  });

  it('is not asked for by health and by metrics on this machine', async () => {
    const health = await fetch(`${engine.url}/health`);
    expect(health.status).toBe(200);
    const metrics = await fetch(`${engine.url}/metrics`);
    const text = await metrics.text();
    expect(metrics.status).toBe(200);
    const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name);
    expect(names.length).toBeGreaterThan(20);
    expect(names.filter((name) => !name.startsWith('deltaring_'))).toEqual([]);
    expect(text).toMatch(/^deltaring_tick_to_chain_seconds_bucket\{le="\+Inf"\} [1-9]/m);
  });
});

describe('a confirm token', () => {
  it('that never was is refused without a hint', async () => {
    const { code, message, ...numbers } = await unknownToken(alice);
    expect([code, numbers]).toEqual(['token_invalid', {}]);
    expect(message).toContain('make a new preview');
    const short = await alice.refusal('confirm_trade', { confirm_token: 'x' });
    expect(['token_invalid', 'argument_invalid']).toContain(short.code);
    expect(await orderIds()).toEqual([]);
  });

  it('is unknown to another principal, and remains good for its own', async () => {
    const condor = await alice.preview('iron_condor_30_delta');
    const { confirmToken } = condor;
    const foreign = await bob.refusal('confirm_trade', { confirm_token: confirmToken });
    expect(foreign).toEqual(await unknownToken(bob));
    expect(await orderIds()).toEqual([]);
    const { orderId } = await alice.confirm(confirmToken);
    expect(orderId).not.toBeNull();
    const again = await alice.confirm(confirmToken);
    expect(again).toMatchObject({ orderId, replayed: true });
    const spent = await bob.refusal('confirm_trade', { confirm_token: confirmToken });
    expect(spent).toEqual(await unknownToken(bob));
    expect(await orderIds()).toEqual([orderId]);
  });

  it('of a close cannot be redeemed by another principal either', async () => {
    const { positionId } = (await alice.open('iron_condor_30_delta', { width: 8 })).order;
    const card = await alice.preview('close_position', { order_or_position_id: positionId });
    const token = { confirm_token: card.confirmToken };
    expect(await bob.refusal('close_position', token)).toEqual(await unknownToken(bob));
    const held = (await alice.pnl()).positions.map((position) => position.positionId);
    expect(held).toContain(positionId);
  });

  it('expires, says so to its own principal, and is unknown to others', async () => {
    const token = { confirm_token: unused.token };
    await eventually('the token expires', async () => {
      expect(await bob.refusal('confirm_trade', token)).toEqual(await unknownToken(bob));
      return performance.now() > unused.until ? true : undefined;
    });
    const { code, message } = await alice.refusal('confirm_trade', token);
    expect(code).toBe('token_expired');
    expect(message).toContain('make a new preview');
  });

  it('sends one order where it is redeemed many times at once', async () => {
    const before = await orderIds();
    const { confirmToken } = await alice.preview('straddle_scan', alice.atTheMoney);
    const replies = await Promise.all(
      Array.from({ length: 8 }, () =>
        callOverBridge(engine.url, bearer(ALICE), {
          name: 'confirm_trade',
          arguments: { confirm_token: confirmToken },
        }),
      ),
    );
    const results = replies.map((reply) => contentOf(reply) as unknown as ConfirmResult);
    expect(new Set(results.map(({ orderId }) => orderId)).size).toBe(1);
    expect(results.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect((await orderIds()).length).toBe(before.length + 1);
  });
});

/** Asks with a Host header of its own choice, which fetch does not let one do. */
function statusFor(host: string): Promise<number | undefined> {
  const { hostname, port } = new URL(engine.url);
  return new Promise((resolve, reject) => {
    const headers = { host, ...bearer(ALICE) };
    const asked = request({ hostname, port, path: '/mcp/tools', headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    asked.once('error', reject).end();
  });
}

describe('the plain-JSON bridge', () => {
  it('lists the tools that MCP lists', async () => {
    const response = await fetch(`${engine.url}/mcp/tools`, { headers: bearer(ALICE) });
    const { tools } = (await response.json()) as { tools: { name: string }[] };
    expect(tools.map(({ name }) => name)).toEqual(alice.tools.map(({ name }) => name));
  });

  it('previews for the bearer, who confirms over MCP; another bearer cannot', async () => {
    const card = await eventually('the bridge previews', async () => {
      const reply = await callOverBridge(engine.url, bearer(BOB), {
        name: 'iron_condor_30_delta',
        arguments: { width: 3 },
      });
      const content = contentOf(reply);
      return 'confirmToken' in content ? (content as unknown as TradeCard) : undefined;
    });
    const token = { confirm_token: card.confirmToken };
    const foreign = await callOverBridge(engine.url, bearer(ALICE), {
      name: 'confirm_trade',
      arguments: token,
    });
    expect(refusalOf(foreign)).toEqual(await unknownToken(alice));
    const { orderId } = await bob.confirm(card.confirmToken);
    expect(await orderIds()).toContain(orderId);
  });

  it.each([
    ['an unknown tool', { name: 'iron_condor_20_delta' }, 404, 'TOOL_NOT_FOUND'],
    ['a call without a name', { arguments: {} }, 400, 'CALL_MALFORMED'],
    ['a body that is no JSON', '{"name":', 400, undefined],
  ])('refuses %s', async (_name, body, status, code) => {
    const reply = await callOverBridge(engine.url, bearer(ALICE), body);
    expect(reply.status).toBe(status);
    const fault = faultOf(reply);
    if (code !== undefined) expect(fault).toBe(code);
  });

  it('makes the same checks of arguments as MCP does', async () => {
    const args = { short_delta: 0.3 };
    const overMcp = await alice.refusal('iron_condor_30_delta', args);
    const reply = await callOverBridge(engine.url, bearer(ALICE), {
      name: 'iron_condor_30_delta',
      arguments: args,
    });
    expect(refusalOf(reply)).toEqual(overMcp);
  });

  it('is closed to pages from elsewhere and to names that are not its own', async () => {
    const origin = { ...bearer(ALICE), Origin: 'https://evil.example' };
    const reply = await callOverBridge(engine.url, origin, { name: 'show_pnl' });
    expect([reply.status, faultOf(reply)]).toEqual([403, 'ORIGIN_NOT_ALLOWED']);
    expect(await statusFor('evil.example')).toBe(403);
    expect(await statusFor('localhost')).toBe(200);
  });
});
