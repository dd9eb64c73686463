import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type {
  OAuthClientInformationMixed,
  OAuthTokens,
} from '@modelcontextprotocol/sdk/shared/auth.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../../src/config.ts';
import type { RunningHttp } from '../../../src/web/http-server.ts';
import { startHttp } from '../../../src/web/http-server.ts';
import { PairingDesk } from '../../../src/web/oauth/pairing.ts';
import { sdkClient } from '../../mcp/support/connected-client.ts';
import { FakeEngineApi } from '../../support/fake-engine-api.ts';
import { freePort } from '../../support/free-port.ts';

const REDIRECT = 'http://127.0.0.1:9/callback';
const running: RunningHttp[] = [];
let home: string;
let pairing: PairingDesk;
let base: string;

async function serve(settings: Record<string, string> = {}): Promise<void> {
  const port = await freePort();
  base = `http://127.0.0.1:${port}`;
  const config = readConfig({
    DELTARING_HOME: home,
    PORT: String(port),
    PUBLIC_URL: base,
    OAUTH_EMBEDDED: '1',
    ...settings,
  });
  running.push(
    await startHttp({ config, api: new FakeEngineApi(), pairing, log: () => undefined }),
  );
}

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'deltaring-oauth-'));
  pairing = new PairingDesk();
  await serve();
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((http) => http.close()));
  rmSync(home, { recursive: true });
});

/** A client that remembers what the SDK hands it, and where it was sent. */
class Remembering implements OAuthClientProvider {
  readonly redirectUrl = REDIRECT;
  readonly clientMetadata = { client_name: 'A test', redirect_uris: [REDIRECT] };
  sentTo: URL | undefined;
  held: OAuthTokens | undefined;
  #client: OAuthClientInformationMixed | undefined;
  #verifier = '';
  readonly #scope: string;

  constructor(scope: string) {
    this.#scope = scope;
  }
  clientInformation() {
    return this.#client;
  }
  saveClientInformation(client: OAuthClientInformationMixed) {
    this.#client = client;
  }
  tokens() {
    return this.held;
  }
  saveTokens(tokens: OAuthTokens) {
    this.held = tokens;
  }
  redirectToAuthorization(url: URL) {
    url.searchParams.set('scope', this.#scope);
    this.sentTo = url;
  }
  saveCodeVerifier(verifier: string) {
    this.#verifier = verifier;
  }
  codeVerifier() {
    return this.#verifier;
  }
}

function connecting(provider: OAuthClientProvider) {
  const client = sdkClient();
  const transport = new StreamableHTTPClientTransport(new URL(`${base}/mcp`), {
    authProvider: provider,
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the SDK's own transport
  const connect = () => client.connect(transport as Parameters<typeof client.connect>[0]);
  return { client, transport, connect };
}

/** What the page's hidden field says. */
function requestOf(html: string): string {
  return /name="request" value="([^"]+)"/.exec(html)?.[1] ?? '';
}

function answerForm(fields: Record<string, string | readonly string[]>): Promise<Response> {
  const body = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    for (const each of typeof value === 'string' ? [value] : value) body.append(name, each);
  }
  return fetch(`${base}/oauth/consent`, { method: 'POST', body, redirect: 'manual' });
}

/** The human's part: reads the page, types the console's code, ticks scopes. */
async function agree(
  sentTo: URL | undefined,
  scope: readonly string[],
  more: Record<string, string> = {},
): Promise<URL> {
  const page = await fetch(sentTo ?? '');
  expect(page.status).toBe(200);
  const request = requestOf(await page.text());
  const { code } = pairing.issue();
  const answer = await answerForm({ request, code, scope, decision: 'allow', ...more });
  expect(answer.status).toBe(302);
  return new URL(answer.headers.get('location') ?? '');
}

const READS = ['market.read', 'portfolio.read'];

/** The whole way of the SDK's own client, with the scopes that the operator ticked. */
async function connected(
  asked: string,
  ticked: readonly string[],
  more: Record<string, string> = {},
) {
  const provider = new Remembering(asked);
  const first = connecting(provider);
  await expect(first.connect()).rejects.toThrow(UnauthorizedError);
  const back = await agree(provider.sentTo, ticked, more);
  expect(back.searchParams.get('iss')).toBe(base);
  await first.transport.finishAuth(back.searchParams.get('code') ?? '');
  const second = connecting(provider);
  await second.connect();
  return { provider, back, ...second };
}

describe('a client that connects by OAuth', () => {
  it('finds its way, is let in by the console code, and sees the tools of its scopes', async () => {
    const { client } = await connected(READS.join(' '), READS);
    const names = (await client.listTools()).tools.map(({ name }) => name);
    expect(names).toContain('market_status');
    expect(names).toContain('show_pnl');
    expect(names).not.toContain('confirm_trade');
    expect(names).not.toContain('kill_switch');
    await expect(client.callTool({ name: 'confirm_trade', arguments: {} })).rejects.toThrow(
      /needs the scope trade\.execute/,
    );
    await client.close();
  });

  it('gets no more than the operator ticks', async () => {
    const all = 'market.read portfolio.read trade.preview trade.execute ops.kill';
    const { client, provider } = await connected(all, ['market.read', 'admin']);
    expect(provider.held?.scope).toBe('market.read');
    const { tools } = await client.listTools();
    expect(tools.every(({ annotations }) => annotations?.destructiveHint !== true)).toBe(true);
    await client.close();
  });

  it.each([
    [{}, 'reduce-only'],
    [{ rights: 'open', dollars: '500' }, 'open:500'],
    [{ rights: 'full' }, 'full'],
    [{ rights: 'observe' }, 'observe'],
  ])('may open as far as the operator chose: %o is %s', async (chosen, authority) => {
    const scopes = ['trade.preview', 'trade.execute'];
    const { provider, client } = await connected(scopes.join(' '), scopes, chosen);
    const headers = { Authorization: `Bearer ${provider.held?.access_token}` };
    const answer = await fetch(`${base}/mcp/capabilities`, { headers });
    expect(await answer.json()).toMatchObject({ authority });
    await client.close();
  });

  it('is answered 403 with the scope to ask for where a page needs another one', async () => {
    const { provider, client } = await connected('market.read', ['market.read']);
    const headers = { Authorization: `Bearer ${provider.held?.access_token}` };
    const answer = await fetch(`${base}/api/snapshot`, { headers });
    expect(answer.status).toBe(403);
    const challenge = answer.headers.get('www-authenticate');
    expect(challenge).toContain('error="insufficient_scope"');
    expect(challenge).toContain('scope="portfolio.read"');
    await client.close();
  });

  it('refreshes once with each token, and loses all when an old one comes back', async () => {
    const { provider, client } = await connected('market.read', ['market.read']);
    const client_id = provider.clientInformation()?.client_id ?? '';
    const refresh = (refresh_token: string) =>
      fetch(`${base}/token`, {
        method: 'POST',
        body: new URLSearchParams({ grant_type: 'refresh_token', client_id, refresh_token }),
      });
    const old = provider.held?.refresh_token ?? '';
    const answer = await refresh(old);
    expect(answer.status).toBe(200);
    const renewed: unknown = await answer.json();
    expect(renewed).toMatchObject({ token_type: 'Bearer', scope: 'market.read' });
    expect((await refresh(old)).status).toBe(400);
    const headers = {
      Authorization: `Bearer ${(renewed as { access_token: string }).access_token}`,
    };
    expect((await fetch(`${base}/mcp/tools`, { headers })).status).toBe(401);
    await client.close();
  });

  it('keeps its grant where it asks for scopes that it does not have', async () => {
    const { provider, client } = await connected('market.read', ['market.read']);
    const client_id = provider.clientInformation()?.client_id ?? '';
    const refresh_token = provider.held?.refresh_token ?? '';
    const refresh = (scope: string) => {
      const form = { grant_type: 'refresh_token', client_id, refresh_token, scope };
      return fetch(`${base}/token`, { method: 'POST', body: new URLSearchParams(form) });
    };
    for (const scope of ['offline_access', 'trade.execute', 'market.read trade.execute']) {
      const refused = await refresh(scope);
      expect([refused.status, await refused.json()]).toMatchObject([
        400,
        { error: 'invalid_scope' },
      ]);
    }
    expect(await (await refresh('')).json()).toMatchObject({ scope: 'market.read' });
    await client.close();
  });

  it('is let in by an engine whose files of before are broken', async () => {
    for (const name of ['oauth/clients.json', 'oauth/grants.json', 'browsers.json']) {
      mkdirSync(join(home, 'oauth'), { recursive: true });
      writeFileSync(join(home, name), '');
    }
    await serve();
    const { client } = await connected('market.read', ['market.read']);
    expect((await client.listTools()).tools).not.toEqual([]);
    await client.close();
    expect((await fetch(`${base}/approve/browser`)).status).toBe(200);
  });

  it('is still known when a hundred others have registered', async () => {
    await serve({ RATE_LIMIT_REQUESTS_PER_MINUTE: '1000' });
    const { provider, client } = await connected('market.read', ['market.read']);
    for (let more = 0; more < 100; more++) {
      const answer = await fetch(`${base}/register`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ redirect_uris: [REDIRECT] }),
      });
      expect(answer.status).toBe(201);
    }
    const client_id = provider.clientInformation()?.client_id ?? '';
    const refresh_token = provider.held?.refresh_token ?? '';
    const body = new URLSearchParams({ grant_type: 'refresh_token', client_id, refresh_token });
    expect((await fetch(`${base}/token`, { method: 'POST', body })).status).toBe(200);
    await client.close();
  });

  it('cannot use its code twice, and the second try ends what the first one brought', async () => {
    const { provider, client, back } = await connected('market.read', ['market.read']);
    const answer = await fetch(`${base}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: provider.clientInformation()?.client_id ?? '',
        code: back.searchParams.get('code') ?? '',
        code_verifier: provider.codeVerifier(),
        redirect_uri: REDIRECT,
      }),
    });
    expect(answer.status).toBe(400);
    const headers = { Authorization: `Bearer ${provider.held?.access_token}` };
    expect((await fetch(`${base}/mcp/tools`, { headers })).status).toBe(401);
    await client.close();
  });
});

describe('the way to consent', () => {
  async function registered(): Promise<string> {
    const answer = await fetch(`${base}/register`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ client_name: '<script>x</script>', redirect_uris: [REDIRECT] }),
    });
    const client = (await answer.json()) as { client_id: string; client_secret?: string };
    expect(client.client_secret).toBeUndefined();
    return client.client_id;
  }

  function asking(client_id: string, more: Record<string, string> = {}): string {
    const query = new URLSearchParams({
      client_id,
      redirect_uri: REDIRECT,
      response_type: 'code',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
      state: 'a state',
      ...more,
    });
    return `${base}/authorize?${query.toString()}`;
  }

  async function awayWith(url: string): Promise<URLSearchParams> {
    const answer = await fetch(url, { redirect: 'manual' });
    expect(answer.status).toBe(302);
    return new URL(answer.headers.get('location') ?? '').searchParams;
  }

  it('shows what a client says of itself as text, on a page that runs nothing', async () => {
    const page = await fetch(asking(await registered()));
    const html = await page.text();
    expect(html).not.toContain('<script');
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("form-action 'self' http://127.0.0.1:9");
    expect(page.headers.get('x-frame-options')).toBe('DENY');
  });

  it('offers no right to send orders to a client that names no scope', async () => {
    const html = await (await fetch(asking(await registered()))).text();
    expect(html).toContain('value="trade.preview"');
    expect(html).not.toContain('value="trade.execute"');
  });

  it('asks again after a wrong code, and says when there is no code', async () => {
    const request = requestOf(await (await fetch(asking(await registered()))).text());
    const form = { request, scope: 'market.read', decision: 'allow' };
    const none = await answerForm({ ...form, code: '00000-00000' });
    expect(none.status).toBe(403);
    expect(await none.text()).toContain('run `deltaring pair` for a new one');
    const { code } = pairing.issue();
    expect((await answerForm({ ...form, code: '00000-00000' })).status).toBe(403);
    expect((await answerForm({ ...form, code })).status).toBe(302);
    expect((await answerForm({ ...form, code })).status).toBe(410);
  });

  it('asks how much may be opened only where orders may be sent, and again where it cannot be read', async () => {
    const client = await registered();
    const reading = await (await fetch(asking(client))).text();
    expect(reading).not.toContain('name="rights"');
    const html = await (await fetch(asking(client, { scope: 'trade.execute' }))).text();
    expect(html).toContain('value="reduce-only" checked');
    const form = { request: requestOf(html), scope: 'trade.execute', decision: 'allow' };
    const { code } = pairing.issue();
    const again = await answerForm({ ...form, code, rights: 'open', dollars: 'a lot' });
    expect(again.status).toBe(403);
    expect(await again.text()).toContain('in whole dollars');
    expect((await answerForm({ ...form, code, rights: 'open', dollars: '500' })).status).toBe(302);
  });

  it('sends a refusal back with the state and the issuer', async () => {
    const request = requestOf(await (await fetch(asking(await registered()))).text());
    const answer = await answerForm({ request, decision: 'deny' });
    const { searchParams } = new URL(answer.headers.get('location') ?? '');
    expect(Object.fromEntries(searchParams)).toEqual({
      error: 'access_denied',
      state: 'a state',
      iss: base,
    });
  });

  it('sends away a request without PKCE, for another resource or with unknown scopes', async () => {
    const client = await registered();
    const plain = await awayWith(asking(client, { code_challenge_method: 'plain' }));
    expect(plain.get('error')).toBe('invalid_request');
    expect(plain.get('iss')).toBe(base);
    const elsewhere = asking(client, { resource: 'https://elsewhere.example/mcp' });
    expect((await awayWith(elsewhere)).get('error')).toBe('invalid_target');
    expect((await awayWith(asking(client, { scope: 'admin' }))).get('error')).toBe('invalid_scope');
  });

  it('never redirects for an unknown client or to an unregistered address', async () => {
    const unknown = await fetch(asking('nobody'), { redirect: 'manual' });
    expect(unknown.status).toBe(400);
    const client = await registered();
    const elsewhere = asking(client, { redirect_uri: 'https://elsewhere.example/cb' });
    expect((await fetch(elsewhere, { redirect: 'manual' })).status).toBe(400);
  });
});

describe('a client that is let in again with other rights', () => {
  /** The verifier and challenge that RFC 7636 gives as its example. */
  const code_verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
  const code_challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

  it('goes on with no session that it began with those of before', async () => {
    const asked = ['trade.preview', 'trade.execute'];
    const full = { rights: 'full' };
    const { provider, client, transport } = await connected(asked.join(' '), asked, full);
    const client_id = provider.clientInformation()?.client_id ?? '';
    const what = { client_id, redirect_uri: REDIRECT, response_type: 'code' };
    const proof = { code_challenge, code_challenge_method: 'S256', scope: asked.join(' ') };
    const query = new URLSearchParams({ ...what, ...proof });
    const page = new URL(`${base}/authorize?${query.toString()}`);
    const back = await agree(page, asked, { rights: 'observe' });
    const code = back.searchParams.get('code') ?? '';
    const redeem = { grant_type: 'authorization_code', code, code_verifier };
    const body = new URLSearchParams({ ...redeem, client_id, redirect_uri: REDIRECT });
    const answer = await fetch(`${base}/token`, { method: 'POST', body });
    const { access_token } = (await answer.json()) as OAuthTokens;
    const goOn = (token: string) =>
      fetch(`${base}/mcp`, {
        method: 'POST',
        headers: {
          Authorization: `Bearer ${token}`,
          'Content-Type': 'application/json',
          Accept: 'application/json, text/event-stream',
          'Mcp-Session-Id': transport.sessionId ?? '',
        },
        body: JSON.stringify({ jsonrpc: '2.0', id: 9, method: 'tools/list' }),
      });
    expect((await goOn(access_token)).status).toBe(404);
    expect((await goOn(provider.held?.access_token ?? '')).status).toBe(200);
    await client.close();
  });
});

describe('the metadata', () => {
  it('tells a client without a token where to go', async () => {
    const refused = await fetch(`${base}/mcp`, { method: 'POST' });
    expect(refused.status).toBe(401);
    const challenge = refused.headers.get('www-authenticate') ?? '';
    const [, at = ''] = /resource_metadata="([^"]+)"/.exec(challenge) ?? [];
    const resource = (await (await fetch(at)).json()) as Record<string, unknown>;
    expect(resource).toMatchObject({ resource: `${base}/mcp`, authorization_servers: [base] });
    const server = await fetch(`${base}/.well-known/oauth-authorization-server`);
    expect(await server.json()).toMatchObject({
      issuer: base,
      code_challenge_methods_supported: ['S256'],
      client_id_metadata_document_supported: true,
      authorization_response_iss_parameter_supported: true,
      registration_endpoint: `${base}/register`,
    });
  });

  it('offers no registration where the operator wants none', async () => {
    await serve({ OAUTH_REGISTRATION: '0' });
    const server = await fetch(`${base}/.well-known/oauth-authorization-server`);
    expect(await server.json()).not.toHaveProperty('registration_endpoint');
    const answer = await fetch(`${base}/register`, { method: 'POST' });
    expect(answer.status).toBe(404);
  });

  it('still takes the operator’s own token beside OAuth', async () => {
    const token = 'a-token-of-many-characters';
    await serve({ MCP_TOKEN: token });
    const headers = { Authorization: `Bearer ${token}` };
    expect((await fetch(`${base}/api/snapshot`, { headers })).status).toBe(200);
  });
});
