import { request as httpRequest } from 'node:http';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ResourceUpdatedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { afterEach, describe, expect, it } from 'vitest';
import type { Config, Environment } from '../../src/config.ts';
import { readConfig } from '../../src/config.ts';
import { CONFIRM_FIELD } from '../../src/mcp/confirm-dialog.ts';
import { createFaceRoom, faceSettings } from '../../src/mcp/face.ts';
import { BearerAuth } from '../../src/web/bearer-auth.ts';
import { pathOf, sendBody } from '../../src/web/http-reply.ts';
import { ROUTES } from '../../src/web/http-routes.ts';
import type { RunningHttp } from '../../src/web/http-server.ts';
import { startHttp } from '../../src/web/http-server.ts';
import { MOST_BODY_BYTES, readJsonBody } from '../../src/web/json-body.ts';
import { LiveView, snapshotOf } from '../../src/web/live-view.ts';
import { McpSessions } from '../../src/web/mcp-sessions.ts';
import { OriginGuard } from '../../src/web/origin-guard.ts';
import {
  PRINCIPAL_REQUESTS_PER_HOUR,
  RequestLimits,
  URGENT_CALLS_PER_MINUTE,
} from '../../src/web/request-limits.ts';
import { bridgeTools } from '../../src/web/tool-bridge.ts';
import type { Elicit } from '../mcp/support/connected-client.ts';
import { call, sdkClient } from '../mcp/support/connected-client.ts';
import { FakeEngineApi } from '../support/fake-engine-api.ts';

const TOKEN = 'a-token-of-many-characters';
const OTHER_TOKEN = 'another-token-of-characters';

interface Served {
  readonly http: RunningHttp;
  readonly api: FakeEngineApi;
  readonly base: string;
  readonly logged: string[];
}

const running: RunningHttp[] = [];

async function serve(environment: Environment = {}, change: Partial<Config> = {}): Promise<Served> {
  const api = new FakeEngineApi();
  const logged: string[] = [];
  const config = { ...readConfig({ PORT: '0', ...environment }), ...change };
  const http = await startHttp({ config, api, log: (line) => logged.push(line) });
  running.push(http);
  return { http, api, base: `http://127.0.0.1:${http.port}`, logged };
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((http) => http.close()));
});

/** A request with headers that fetch does not let a caller set. */
function raw(port: number, path: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ port, path, headers, host: '127.0.0.1' }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.once('error', reject);
    request.end();
  });
}

async function mcpClient(base: string, options: { token?: string; elicit?: Elicit } = {}) {
  const client = sdkClient(options.elicit);
  const headers: Record<string, string> =
    options.token === undefined ? {} : { Authorization: `Bearer ${options.token}` };
  const transport = new StreamableHTTPClientTransport(new URL(`${base}/mcp`), {
    requestInit: { headers },
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the SDK's own transport
  await client.connect(transport as Parameters<typeof client.connect>[0]);
  return { client, transport };
}

function post(base: string, path: string, body: unknown, headers: Record<string, string> = {}) {
  return fetch(base + path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

/** One MCP session by hand: the SDK's client would open another where its own is gone. */
class SessionClient {
  readonly #base: string;
  readonly #headers: Record<string, string>;

  private constructor(base: string, headers: Record<string, string>) {
    this.#base = base;
    this.#headers = headers;
  }

  static async open(base: string, token?: string): Promise<SessionClient> {
    const headers: Record<string, string> = {
      Accept: 'application/json, text/event-stream',
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
    };
    const clientInfo = { name: 'x', version: '1' };
    const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo };
    const initialize = { jsonrpc: '2.0', id: 1, method: 'initialize', params };
    const response = await post(base, '/mcp', initialize, headers);
    expect(response.status).toBe(200);
    const id = response.headers.get('mcp-session-id') ?? '';
    return new SessionClient(base, { ...headers, 'Mcp-Session-Id': id });
  }

  /** Opens the session's own stream. */
  listen(): Promise<Response> {
    return fetch(`${this.#base}/mcp`, { headers: this.#headers });
  }

  send(body: unknown): Promise<Response> {
    return post(this.#base, '/mcp', body, this.#headers);
  }

  async list(): Promise<number> {
    return (await this.send({ jsonrpc: '2.0', id: 2, method: 'tools/list' })).status;
  }
}

describe('MCP over HTTP', () => {
  it('serves the whole way of a trade to the SDK client', async () => {
    const { base } = await serve();
    const { client } = await mcpClient(base);
    expect((await client.listTools()).tools).toHaveLength(24);
    const card = await call(client, 'iron_condor_30_delta');
    const args = { confirm_token: card.data['confirmToken'] };
    expect((await call(client, 'confirm_trade', args)).data['status']).toBe('filled');
    expect((await call(client, 'confirm_trade', args)).data['replayed']).toBe(true);
    await client.close();
  });

  it('links a client to records, and tells it of progress on the stream of its call', async () => {
    const { base } = await serve();
    const elicit: Elicit = () => ({ action: 'accept', content: { [CONFIRM_FIELD]: true } });
    const { client } = await mcpClient(base, { elicit });
    const preview = await client.callTool({ name: 'iron_condor_30_delta', arguments: {} });
    expect(JSON.stringify(preview.content)).toContain('deltaring://audit/order/P-1');
    const { confirmToken } = preview.structuredContent as { confirmToken: string };
    const heard: unknown[] = [];
    const params = { name: 'confirm_trade', arguments: { confirm_token: confirmToken } };
    await client.callTool(params, undefined, { onprogress: (progress) => heard.push(progress) });
    expect(heard).toHaveLength(1);
    await client.close();
  });

  it('asks a client that can show a dialog on the stream of its call', async () => {
    const { base, api } = await serve();
    const elicit: Elicit = () => ({ action: 'accept', content: { [CONFIRM_FIELD]: true } });
    const { client } = await mcpClient(base, { elicit });
    const card = await call(client, 'iron_condor_30_delta');
    const args = { confirm_token: card.data['confirmToken'] };
    expect((await call(client, 'confirm_trade', args)).data['status']).toBe('filled');
    expect(api.confirmed).toHaveLength(1);
    await client.close();
  });

  it('tells a subscribed client of changes', async () => {
    const { base, api } = await serve();
    const { client } = await mcpClient(base);
    const told = new Promise<string>((resolve) => {
      client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) =>
        resolve(params.uri),
      );
    });
    await client.subscribeResource({ uri: 'deltaring://audit/head' });
    api.audit = { seq: 2, hash: 'b2', sealed: null };
    expect(await told).toBe('deltaring://audit/head');
    await client.close();
  });

  it('binds a session to who opened it: to another principal it does not exist', async () => {
    const { base } = await serve({ MCP_TOKEN: TOKEN, CHATGPT_MCP_TOKEN: OTHER_TOKEN });
    const { client, transport } = await mcpClient(base, { token: TOKEN });
    const list = { jsonrpc: '2.0', id: 9, method: 'tools/list' };
    const as = (token: string, session: string) =>
      post(base, '/mcp', list, {
        Accept: 'application/json, text/event-stream',
        Authorization: `Bearer ${token}`,
        'Mcp-Session-Id': session,
      });
    const id = transport.sessionId ?? '';
    expect((await as(TOKEN, id)).status).toBe(200);
    const foreign = await as(OTHER_TOKEN, id);
    const unknown = await as(OTHER_TOKEN, 'no-such-session');
    expect([foreign.status, unknown.status]).toEqual([404, 404]);
    expect(await foreign.text()).toBe(await unknown.text());
    await client.close();
  });

  it('holds each bearer to its own rights, and a session to those it began with', async () => {
    const { base } = await serve({
      MCP_TOKEN: TOKEN,
      CHATGPT_MCP_TOKEN: OTHER_TOKEN,
      CHATGPT_AUTHORITY: 'reduce-only',
      MCP_AUTHORITY: 'open:500',
    });
    const authorityOf = async (token: string): Promise<unknown> => {
      const headers = { Authorization: `Bearer ${token}` };
      const answer = await fetch(`${base}/mcp/capabilities`, { headers });
      return ((await answer.json()) as { authority: string }).authority;
    };
    expect(await authorityOf(TOKEN)).toBe('open:500');
    expect(await authorityOf(OTHER_TOKEN)).toBe('reduce-only');
    const { client } = await mcpClient(base, { token: OTHER_TOKEN });
    expect(client.getInstructions()).toContain('may only close, reduce and cancel');
    const card = await call(client, 'iron_condor_30_delta');
    const placed = await call(client, 'confirm_trade', {
      confirm_token: card.data['confirmToken'],
    });
    expect(placed.data['denied'].code).toBe('not_authorized');
    await client.close();
  });

  it('lets no client pass what the operator lets any do', async () => {
    const { base } = await serve({ DELTARING_AUTHORITY: 'observe', MCP_TOKEN: TOKEN });
    const { client } = await mcpClient(base, { token: TOKEN });
    const names = (await client.listTools()).tools.map(({ name }) => name);
    expect(names).toContain('kill_switch');
    for (const name of ['confirm_trade', 'flatten_all', 'close_position', 'cancel_order']) {
      expect(names).not.toContain(name);
    }
    await client.close();
  });

  it('keeps a token to the principal that previewed', async () => {
    const { base, api } = await serve({ MCP_TOKEN: TOKEN, CHATGPT_MCP_TOKEN: OTHER_TOKEN });
    const mine = await mcpClient(base, { token: TOKEN });
    const other = await mcpClient(base, { token: OTHER_TOKEN });
    const card = await call(mine.client, 'orb_long_call');
    const args = { confirm_token: card.data['confirmToken'] };
    const stolen = await call(other.client, 'confirm_trade', args);
    expect(stolen.data['denied'].code).toBe('token_invalid');
    expect(api.orders).toEqual([]);
    expect((await call(mine.client, 'confirm_trade', args)).data['status']).toBe('filled');
    await mine.client.close();
    await other.client.close();
  });

  it('ends a session on DELETE', async () => {
    const { base } = await serve();
    const { client, transport } = await mcpClient(base);
    await transport.terminateSession();
    await expect(client.listTools()).rejects.toThrow();
  });

  it('asks for initialize first', async () => {
    const { base } = await serve();
    const accept = { Accept: 'application/json, text/event-stream' };
    const list = { jsonrpc: '2.0', id: 1, method: 'tools/list' };
    const response = await post(base, '/mcp', list, accept);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      jsonrpc: '2.0',
      error: { message: expect.stringContaining('initialize') },
    });
  });

  it('takes one message a request: a batch is refused before any of it is run', async () => {
    const { base, api } = await serve();
    const session = await SessionClient.open(base);
    const kill = (id: number) => {
      const params = { name: 'kill_switch', arguments: {} };
      return { jsonrpc: '2.0', id, method: 'tools/call', params };
    };
    for (const batch of [[kill(1)], [kill(1), kill(2)], []]) {
      const refused = await session.send(batch);
      expect(refused.status).toBe(400);
      expect(await refused.json()).toMatchObject({
        jsonrpc: '2.0',
        error: { message: expect.stringContaining('one message per request') },
      });
    }
    expect(api.killed).toBe(false);
    expect((await session.send(kill(3))).status).toBe(200);
    expect(api.killed).toBe(true);
  });

  it('lets no principal keep another out: one with too many sessions loses its own that it used least', async () => {
    const { base } = await serve({
      RATE_LIMIT_REQUESTS_PER_MINUTE: '1000',
      MCP_TOKEN: TOKEN,
      MCP_AUTHORITY: 'observe',
      CHATGPT_MCP_TOKEN: OTHER_TOKEN,
    });
    const other = await mcpClient(base, { token: OTHER_TOKEN });
    const mine: SessionClient[] = [];
    for (let i = 0; i < 16; i += 1) mine.push(await SessionClient.open(base, TOKEN));
    const streams = await Promise.all(mine.map((session) => session.listen()));
    expect(await mine[0]?.list()).toBe(200);
    for (let i = 0; i < 50; i += 1) mine.push(await SessionClient.open(base, TOKEN));
    expect(await mine[1]?.list()).toBe(404);
    expect(await Promise.all(mine.slice(-16).map((session) => session.list()))).toEqual(
      Array(16).fill(200),
    );
    expect((await other.client.listTools()).tools).toHaveLength(24);
    const late = await mcpClient(base, { token: OTHER_TOKEN });
    expect((await call(late.client, 'kill_switch')).isError).toBe(false);
    await Promise.all([other.client.close(), late.client.close()]);
    for (const { body } of streams) await body?.cancel();
  });

  it('ends of too many sessions the one used least, whatever stream it holds open', async () => {
    const { base } = await serve({ RATE_LIMIT_REQUESTS_PER_MINUTE: '1000' });
    const all: SessionClient[] = [];
    for (let i = 0; i < 16; i += 1) all.push(await SessionClient.open(base));
    const streams = await Promise.all(all.map((session) => session.listen()));
    for (const session of [all[0], ...all.slice(2)]) expect(await session?.list()).toBe(200);
    await SessionClient.open(base);
    expect(await all[1]?.list()).toBe(404);
    expect(await streams[1]?.text()).toBe('');
    expect(await all[0]?.list()).toBe(200);
    for (const { body, bodyUsed } of streams) if (!bodyUsed) await body?.cancel();
  });
});

describe('who may come in', () => {
  it('is who names this machine in Host', async () => {
    const settings = { PUBLIC_URL: 'https://trade.example.com/x', MCP_TOKEN: TOKEN };
    const { http } = await serve(settings);
    const authorization = `Bearer ${TOKEN}`;
    for (const host of ['127.0.0.1', 'localhost:80', '[::1]:8080', 'trade.example.com']) {
      expect(await raw(http.port, '/mcp/tools', { host, authorization }), host).toBe(200);
    }
    for (const host of [
      'evil.example',
      'localhost.evil.example',
      '127.0.0.1.evil.example',
      '10.0.0.1',
    ]) {
      expect(await raw(http.port, '/mcp/tools', { host, authorization }), host).toBe(403);
    }
    for (const host of ['pod.internal', '10.0.0.1:8080', '[fd00::1]', 'engine:8080']) {
      expect(await raw(http.port, '/health', { host }), host).toBe(200);
    }
    expect(await raw(http.port, '/health', { host: 'evil.example' })).toBe(403);
  });

  it('is a page of this server or an allowed one by Origin', async () => {
    const { base, http } = await serve({ ALLOWED_ORIGINS: 'https://desk.example' });
    const origin = (value: string) => fetch(`${base}/mcp/tools`, { headers: { Origin: value } });
    const allowed = await origin('https://desk.example');
    expect(allowed.status).toBe(200);
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://desk.example');
    const own = await origin(`http://127.0.0.1:${http.port}`);
    expect([own.status, own.headers.get('access-control-allow-origin')]).toEqual([200, null]);
    for (const value of ['https://evil.example', 'null', 'http://127.0.0.1:1']) {
      const refused = await origin(value);
      expect(refused.status, value).toBe(403);
      expect(refused.headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  it('finds this server at the address that it gives out, also where it listens on all', async () => {
    const { http } = await serve({ HOST: '0.0.0.0', MCP_TOKEN: TOKEN });
    expect(http.base).toBe(`http://127.0.0.1:${http.port}`);
    expect((await fetch(`${http.base}/approve/browser`)).status).toBe(200);
  });

  it('is nobody from outside while no token is set', async () => {
    const settings = { PUBLIC_URL: 'https://trade.example.com', MCP_TOKEN: TOKEN };
    const { base } = await serve(settings, { bearers: [] });
    expect((await fetch(`${base}/mcp/tools`)).status).toBe(401);
    expect((await post(base, '/mcp/call', { name: 'show_pnl' })).status).toBe(401);
    const near = await serve({ PUBLIC_URL: 'http://localhost:8080' });
    expect((await fetch(`${near.base}/mcp/tools`)).status).toBe(200);
  });

  it('is nobody whom a proxy or a tunnel passes on while no token is set, whatever Host it writes', async () => {
    const initialize = { jsonrpc: '2.0', id: 1, method: 'initialize', params: {} };
    const near = { PUBLIC_URL: 'http://localhost:8080' };
    for (const { base } of [await serve(), await serve(near)]) {
      for (const [name, value] of [
        ['Forwarded', 'for=203.0.113.9'],
        ['Via', '1.1 tunnel'],
        ['X-Forwarded-For', '203.0.113.9'],
        ['X-Forwarded-Host', 'abc.tunnel.example'],
        ['X-Forwarded-Proto', 'https'],
        ['X-Real-IP', '127.0.0.1'],
        ['CF-Connecting-IP', '203.0.113.9'],
      ] as const) {
        const headers = { [name]: value };
        const data = ['/mcp', '/mcp/tools', '/mcp/capabilities', '/events', '/api/snapshot'];
        for (const path of [...data, '/metrics']) {
          const refused = await fetch(base + path, { headers });
          expect(refused.status, `${name} ${path}`).toBe(401);
          expect(await refused.text()).toContain('set MCP_TOKEN');
        }
        expect((await post(base, '/mcp/call', { name: 'show_pnl' }, headers)).status).toBe(401);
        expect((await post(base, '/mcp', initialize, headers)).status).toBe(401);
        expect((await fetch(`${base}/health`, { headers })).status, name).toBe(200);
      }
    }
  });

  it('is no picture or frame of a page elsewhere, though that sends no Origin', async () => {
    const { http } = await serve({ RATE_LIMIT_REQUESTS_PER_MINUTE: '5' });
    const look = (site: string) => raw(http.port, '/mcp/tools', { 'sec-fetch-site': site });
    for (const site of ['cross-site', 'same-site', 'cross-site', 'same-site', 'cross-site']) {
      expect(await look(site), site).toBe(403);
    }
    for (const site of ['none', 'same-origin']) expect(await look(site), site).toBe(200);
  });

  it('answers a preflight of allowed pages alone', async () => {
    const { base } = await serve({ ALLOWED_ORIGINS: 'https://desk.example', MCP_TOKEN: TOKEN });
    const preflight = (Origin: string) =>
      fetch(`${base}/mcp`, { method: 'OPTIONS', headers: { Origin } });
    const allowed = await preflight('https://desk.example');
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get('access-control-allow-headers')).toContain('Mcp-Session-Id');
    expect((await preflight('https://evil.example')).status).toBe(403);
  });

  it('needs the token where one is set, on every path with data', async () => {
    const { base } = await serve({ MCP_TOKEN: TOKEN });
    for (const path of ['/mcp/tools', '/mcp/capabilities', '/events', '/api/snapshot', '/mcp']) {
      const refused = await fetch(base + path);
      expect(refused.status, path).toBe(401);
      expect(refused.headers.get('www-authenticate')).toContain('Bearer');
    }
    const wrong = await fetch(`${base}/mcp/tools`, {
      headers: { Authorization: 'Bearer wrong-token-of-characters' },
    });
    expect(wrong.status).toBe(401);
    const inQuery = await fetch(`${base}/mcp/tools?token=${TOKEN}`);
    expect(inQuery.status).toBe(401);
    const right = await fetch(`${base}/mcp/tools`, {
      headers: { Authorization: `Bearer ${TOKEN}` },
    });
    expect(right.status).toBe(200);
  });

  it('lets probes in without a token, metrics only from this machine', async () => {
    const near = await serve({ MCP_TOKEN: TOKEN });
    expect((await fetch(`${near.base}/health`)).status).toBe(200);
    expect((await fetch(`${near.base}/metrics`)).status).toBe(200);
    const passedOn = { headers: { 'X-Forwarded-For': '127.0.0.1' } };
    expect((await fetch(`${near.base}/metrics`, passedOn)).status).toBe(401);
    const proxied = await serve({ MCP_TOKEN: TOKEN, PUBLIC_URL: 'https://trade.example.com' });
    expect((await fetch(`${proxied.base}/metrics`)).status).toBe(401);
  });
});

describe('limits', () => {
  it('count requests of an address, and say when to come back', async () => {
    const { base } = await serve({ RATE_LIMIT_REQUESTS_PER_MINUTE: '5' });
    const statuses: number[] = [];
    for (let i = 0; i < 6; i += 1) statuses.push((await fetch(`${base}/mcp/tools`)).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429]);
    const refused = await fetch(`${base}/mcp/tools`);
    const seconds = Number(refused.headers.get('retry-after'));
    expect(seconds).toBeGreaterThanOrEqual(1);
    expect(seconds).toBeLessThanOrEqual(60);
    expect((await fetch(`${base}/health`)).status).toBe(200);
  });

  it('hold for a principal whatever address it comes from', async () => {
    const { base } = await serve({ RATE_LIMIT_REQUESTS_PER_MINUTE: '5000', MCP_TOKEN: TOKEN });
    const headers = { Authorization: `Bearer ${TOKEN}` };
    const statuses = new Map<number, number>();
    for (let i = 0; i <= PRINCIPAL_REQUESTS_PER_HOUR; i += 1) {
      const { status } = await fetch(`${base}/mcp`, { headers });
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    expect([...statuses]).toEqual([
      [400, PRINCIPAL_REQUESTS_PER_HOUR],
      [429, 1],
    ]);
  });

  const spend = async (base: string, headers: Record<string, string> = {}) => {
    const body = { name: 'show_pnl', arguments: {} };
    while ((await post(base, '/mcp/call', body, headers)).status !== 429);
  };
  const callStatus = async (
    base: string,
    name: string,
    args: object = {},
    headers: Record<string, string> = {},
  ) => (await post(base, '/mcp/call', { name, arguments: args }, headers)).status;

  it('never hold up the kill switch, closes, cancels and what their tokens confirm', async () => {
    const { base } = await serve({ RATE_LIMIT_REQUESTS_PER_MINUTE: '5' });
    await spend(base);
    for (const name of ['kill_switch', 'panic_button', 'flatten_all', 'close_position']) {
      expect([name, await callStatus(base, name)]).toEqual([name, 200]);
    }
    expect(await callStatus(base, 'cancel_order', { order_id: '20261120-000001' })).toBe(200);
    const preview = await post(base, '/mcp/call', { name: 'flatten_all' });
    const { structuredContent } = (await preview.json()) as {
      structuredContent: { confirmToken: string };
    };
    const args = { confirm_token: structuredContent.confirmToken };
    expect(await callStatus(base, 'confirm_trade', args)).toBe(200);
    expect(await callStatus(base, 'show_pnl')).toBe(429);
  });

  it.each(['stop', 'x'.repeat(5_000)])('never hold up a kill in chunks: %#', async (reason) => {
    const { base, api } = await serve({ RATE_LIMIT_REQUESTS_PER_MINUTE: '5' });
    await spend(base);
    const answer = await fetch(`${base}/mcp/call`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: new Blob([JSON.stringify({ name: 'kill_switch', arguments: { reason } })]).stream(),
      duplex: 'half',
    });
    expect(answer.status).toBe(200);
    expect(api.killed).toBe(true);
  });

  it('never hold up a way out for all that a client has to say with it', async () => {
    const { base, api } = await serve({ RATE_LIMIT_REQUESTS_PER_MINUTE: '5' });
    await spend(base);
    const reason = 'x'.repeat(5_000);
    expect(await callStatus(base, 'close_position', { note: reason })).not.toBe(429);
    expect(await callStatus(base, 'kill_switch', { reason })).toBe(200);
    expect(api.killed).toBe(true);
  });

  it('are not stretched by a kill_switch that engages nothing, and keep its calls for one that does', async () => {
    const { base, api } = await serve({ RATE_LIMIT_REQUESTS_PER_MINUTE: '5' });
    await spend(base);
    for (let i = 0; i <= URGENT_CALLS_PER_MINUTE; i += 1) {
      expect(await callStatus(base, 'kill_switch', { enable: false })).toBe(429);
    }
    expect(await callStatus(base, 'kill_switch', { enable: 'on', reason: null })).toBe(200);
    expect(api.killed).toBe(true);
  });

  it('let the engine be asked about so many tokens a minute beyond them', async () => {
    const { base, api } = await serve({ RATE_LIMIT_REQUESTS_PER_MINUTE: '5' });
    await spend(base);
    const flat = await post(base, '/mcp/call', { name: 'flatten_all' });
    const { structuredContent } = (await flat.json()) as {
      structuredContent: { confirmToken: string };
    };
    const args = { confirm_token: structuredContent.confirmToken };
    expect(await callStatus(base, 'confirm_trade', args)).toBe(200);
    expect(await callStatus(base, 'confirm_trade', args)).toBe(200);
    const describeToken = api.describeToken.bind(api);
    let asked = 0;
    api.describeToken = (...question) => {
      asked += 1;
      return describeToken(...question);
    };
    for (let i = 0; i < URGENT_CALLS_PER_MINUTE; i += 1) {
      const confirm_token = String(i).padStart(43, 'x');
      expect(await callStatus(base, 'confirm_trade', { confirm_token })).toBe(429);
    }
    expect(asked).toBe(URGENT_CALLS_PER_MINUTE - 2);
  });

  it('hold up what opens: its confirm, and that of an unknown token', async () => {
    const { base, api } = await serve({ RATE_LIMIT_REQUESTS_PER_MINUTE: '5' });
    const preview = await post(base, '/mcp/call', { name: 'iron_condor_30_delta' });
    const { structuredContent } = (await preview.json()) as {
      structuredContent: { confirmToken: string };
    };
    await spend(base);
    const args = { confirm_token: structuredContent.confirmToken };
    expect(await callStatus(base, 'confirm_trade', args)).toBe(429);
    expect(await callStatus(base, 'confirm_trade', { confirm_token: 'x'.repeat(43) })).toBe(429);
    expect(api.confirmed).toEqual([]);
  });

  it('give each way out so many calls a minute beyond the common ones', async () => {
    const { base } = await serve({ RATE_LIMIT_REQUESTS_PER_MINUTE: '1' });
    await spend(base);
    const statuses: number[] = [];
    for (let i = 0; i <= URGENT_CALLS_PER_MINUTE; i += 1) {
      statuses.push(await callStatus(base, 'close_position'));
    }
    expect(statuses.filter((status) => status === 200)).toHaveLength(URGENT_CALLS_PER_MINUTE);
    expect(statuses.at(-1)).toBe(429);
    expect(await callStatus(base, 'kill_switch')).toBe(200);
  });

  it('let an MCP client in that connects anew, as far as the kill switch', async () => {
    const { base, api } = await serve({ RATE_LIMIT_REQUESTS_PER_MINUTE: '5' });
    await spend(base);
    const { client } = await mcpClient(base);
    expect((await client.listTools()).tools).toHaveLength(24);
    expect((await call(client, 'kill_switch')).isError).toBe(false);
    expect(api.killed).toBe(true);
    await expect(call(client, 'show_pnl')).rejects.toThrow('requests a minute');
    await client.close();
  });

  it('count strangers without a right token apart from who has one', async () => {
    const { base } = await serve({ RATE_LIMIT_REQUESTS_PER_MINUTE: '5', MCP_TOKEN: TOKEN });
    const statuses: number[] = [];
    for (let i = 0; i < 6; i += 1) statuses.push((await fetch(`${base}/mcp/tools`)).status);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
    expect(await callStatus(base, 'show_pnl', {}, { Authorization: `Bearer ${TOKEN}` })).toBe(200);
  });

  it('count pictures, pages that are not there and preflights apart from callers', async () => {
    const { base } = await serve({ RATE_LIMIT_REQUESTS_PER_MINUTE: '5' });
    const looks: Promise<Response>[] = [];
    for (let i = 0; i < 3; i += 1) {
      looks.push(fetch(base), fetch(`${base}/${i}.png`), fetch(base, { method: 'OPTIONS' }));
    }
    const statuses = (await Promise.all(looks)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 429)).toHaveLength(4);
    expect(await callStatus(base, 'show_pnl')).toBe(200);
    expect((await fetch(`${base}/approve/browser`)).status).toBe(200);
  });

  it('know an address behind the proxy by what the proxy itself added', async () => {
    const settings = { RATE_LIMIT_REQUESTS_PER_MINUTE: '5', MCP_TOKEN: TOKEN };
    const from = (forwarded: string) => ({
      Authorization: `Bearer ${TOKEN}`,
      'X-Forwarded-For': forwarded,
    });
    const proxied = await serve({ ...settings, PUBLIC_URL: 'https://desk.example.com' });
    await spend(proxied.base, from('198.51.100.1, 203.0.113.9'));
    expect(await callStatus(proxied.base, 'show_pnl', {}, from('203.0.113.9'))).toBe(429);
    expect(await callStatus(proxied.base, 'show_pnl', {}, from('198.51.100.1'))).toBe(200);
    expect(await callStatus(proxied.base, 'show_pnl', {}, from('no address'))).toBe(200);
    const direct = await serve(settings);
    await spend(direct.base, from('203.0.113.9'));
    expect(await callStatus(direct.base, 'show_pnl', {}, from('198.51.100.1'))).toBe(429);
  });

  it('let a principal through a thousand times an hour, once more not', () => {
    const limits = RequestLimits.perPrincipal();
    for (let i = 0; i < PRINCIPAL_REQUESTS_PER_HOUR; i += 1) {
      expect(limits.take('p')).toBeUndefined();
    }
    expect(limits.take('p')).toMatchObject({ status: 429 });
    expect(limits.take('q')).toBeUndefined();
  });

  it('take a body of 64 KB, and no byte more', async () => {
    const { base } = await serve();
    const body = (bytes: number) => {
      const empty = JSON.stringify({ name: 'x', arguments: '' });
      return JSON.stringify({ name: 'x', arguments: 'a'.repeat(bytes - empty.length) });
    };
    expect((await post(base, '/mcp/call', body(MOST_BODY_BYTES))).status).toBe(404);
    expect((await post(base, '/mcp/call', body(MOST_BODY_BYTES + 1))).status).toBe(413);
    expect((await post(base, '/mcp', body(500_000))).status).toBe(413);
  });

  it('take JSON alone', async () => {
    const { base } = await serve();
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
    expect((await post(base, '/mcp/call', 'name=x', form)).status).toBe(415);
    const sly = { 'Content-Type': 'application/json-patch+json' };
    expect((await post(base, '/mcp', '{}', sly)).status).toBe(415);
    expect((await post(base, '/mcp/call', '{"name"')).status).toBe(400);
  });
});

describe('the bridge', () => {
  it('lists, describes and calls the same tools as plain JSON', async () => {
    const { base } = await serve();
    const tools = (await (await fetch(`${base}/mcp/tools`)).json()) as { tools: unknown[] };
    expect(tools.tools).toHaveLength(24);
    const about = await (await fetch(`${base}/mcp/capabilities`)).json();
    expect(about).toMatchObject({ environment: 'paper', readOnly: false });
    const result = await post(base, '/mcp/call', { name: 'portfolio_pnl' });
    expect(await result.json()).toMatchObject({
      isError: false,
      structuredContent: { tradingState: 'active', realizedCents: 0 },
    });
  });

  it('refuses by the same rules', async () => {
    const { base, api } = await serve({ DELTARING_CONFIRM: 'elicit-required' });
    const wrong = await post(base, '/mcp/call', { name: 'orb_long_call', arguments: { x: 1 } });
    expect(await wrong.json()).toMatchObject({
      isError: true,
      structuredContent: { denied: { code: 'argument_invalid' } },
    });
    const card = (await (await post(base, '/mcp/call', { tool: 'orb_long_call' })).json()) as {
      structuredContent: { confirmToken: string };
    };
    const placed = await post(base, '/mcp/call', {
      name: 'confirm_trade',
      arguments: { confirm_token: card.structuredContent.confirmToken },
    });
    expect(await placed.json()).toMatchObject({
      structuredContent: { denied: { code: 'not_authorized' } },
    });
    expect(api.confirmed).toEqual([]);
  });

  it('says what it cannot find', async () => {
    const { base } = await serve({ DELTARING_READ_ONLY: '1' });
    const missing = await post(base, '/mcp/call', { name: 'flatten_all' });
    expect(missing.status).toBe(404);
    expect(await missing.text()).toContain('read-only');
    expect((await post(base, '/mcp/call', [])).status).toBe(400);
  });
});

describe('the rest of the site', () => {
  it('tells health by its status code', async () => {
    const { base, api } = await serve();
    const fine = await fetch(`${base}/health`);
    expect(fine.status).toBe(200);
    expect(await fine.json()).toMatchObject({ status: 'ok', feed: { ageMs: 5 } });
    api.healthStatus = 'down';
    expect((await fetch(`${base}/health`)).status).toBe(503);
  });

  it('shows the dashboard under a policy that lets nothing else in', async () => {
    const { base } = await serve();
    const page = await fetch(base);
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(page.headers.get('x-frame-options')).toBe('DENY');
    expect(await page.text()).not.toMatch(/(?:src|href)=["']https?:/);
  });

  it('sends the dashboard a picture as soon as it looks', async () => {
    const { base } = await serve();
    const response = await fetch(`${base}/events`);
    const reader = response.body?.getReader();
    const chunk = await reader?.read();
    const text = new TextDecoder().decode(chunk?.value);
    expect(text).toMatch(/^data: \{"stamp"/);
    await reader?.cancel();
    expect(await (await fetch(`${base}/api/snapshot`)).json()).toMatchObject({
      chain: { underlying: 'SPY' },
      pnl: { realizedCents: 0 },
    });
  });

  it('says where things are, and how', async () => {
    const { base } = await serve();
    const nothing = await fetch(`${base}/nope`);
    expect(nothing.status).toBe(404);
    expect(await nothing.text()).toContain('/health');
    expect((await fetch(`${base}/constructor`)).status).toBe(404);
    const wrong = await fetch(`${base}/mcp/call`);
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST']);
    expect((await fetch(`${base}/mcp`, { method: 'PUT' })).status).toBe(405);
  });

  it('hides what broke from the caller and secrets from the log', async () => {
    const { base, api, logged } = await serve({ MCP_TOKEN: TOKEN });
    api.metrics = () => Promise.reject(new Error('disk on fire'));
    const broken = await fetch(`${base}/metrics`, {
      headers: { Authorization: `Bearer ${TOKEN}` },
    });
    expect(broken.status).toBe(500);
    expect(await broken.text()).not.toContain('fire');
    expect(logged.join()).toContain('GET /metrics failed: disk on fire');
    expect(logged.join()).not.toContain(TOKEN);
  });

  it('serves metrics and health, and nothing else, on a port of their own', async () => {
    const { http } = await serve({ PROMETHEUS_PORT: '0' });
    const base = `http://127.0.0.1:${http.metricsPort}`;
    expect(await (await fetch(`${base}/metrics`)).text()).toContain('deltaring_');
    expect((await fetch(`${base}/health`)).status).toBe(200);
    expect((await fetch(`${base}/mcp/tools`)).status).toBe(404);
  });

  it('answers scrapers there by any name that no page can have, and no page', async () => {
    const { http } = await serve({ PROMETHEUS_PORT: '0', PUBLIC_URL: 'http://localhost:8080' });
    const status = (headers: Record<string, string>) =>
      raw(http.metricsPort ?? 0, '/metrics', { host: '127.0.0.1:9090', ...headers });
    for (const host of ['scraper.internal', 'deltaring:9090', '10.1.2.3:9090', '[::1]:9090']) {
      expect(await status({ host }), host).toBe(200);
    }
    for (const host of ['evil.example:9090', '127.0.0.1.evil.example', 'a b']) {
      expect(await status({ host }), host).toBe(403);
    }
    expect(await status({ 'sec-fetch-site': 'none' })).toBe(200);
    for (const site of ['cross-site', 'same-site', 'same-origin']) {
      expect(await status({ 'sec-fetch-site': site }), site).toBe(403);
    }
    expect(await status({ origin: 'http://127.0.0.1:9090' })).toBe(403);
  });

  it('says what to do about a port in use', async () => {
    const { http } = await serve();
    await expect(serve({ PORT: String(http.port) })).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringContaining('another PORT'),
    });
    const busy = String(http.port);
    await expect(serve({ PROMETHEUS_PORT: busy })).rejects.toMatchObject({
      message: expect.stringContaining('PROMETHEUS_PORT'),
    });
  });
});

describe('the parts of the door', () => {
  const config = readConfig({});

  it('are these', async () => {
    const api = new FakeEngineApi();
    const room = createFaceRoom(api, faceSettings(config));
    expect(new BearerAuth([]).isOn).toBe(false);
    expect(new BearerAuth([{ token: TOKEN, rights: { authority: 'open' } }]).isOn).toBe(true);
    expect(Object.keys(ROUTES)).toContain('/mcp/call');
    expect(Object.keys(bridgeTools(room, { principal: 'p', authority: 'open' }))).toEqual([
      'tools',
    ]);
    expect(await snapshotOf(api)).toHaveProperty('health');
    const sessions = new McpSessions(room);
    expect(sessions.size).toBe(0);
    await sessions.close();
    new LiveView(api).close();
    for (const part of [readJsonBody, pathOf, sendBody]) expect(part).toBeTypeOf('function');
  });

  it('serve a name that HOST binds, but not every name where HOST is a wildcard', () => {
    const fault = (HOST: string, host: string) =>
      new OriginGuard({ HOST, PUBLIC_URL: undefined, ALLOWED_ORIGINS: [] }).hostFault({
        headers: { host },
      } as Parameters<OriginGuard['hostFault']>[0]);
    expect(fault('10.1.2.3', '10.1.2.3:8080')).toBeUndefined();
    expect(fault('0.0.0.0', '10.1.2.3:8080')).toMatchObject({ status: 403 });
    expect(fault('0.0.0.0', '0.0.0.0')).toMatchObject({ status: 403 });
    expect(fault('127.0.0.1', '')).toMatchObject({ status: 403 });
    expect(fault('127.0.0.1', 'a b')).toMatchObject({ status: 403 });
  });
});
