import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { readConfig } from '../../../src/config.ts';
import { startHttp } from '../../../src/web/http-server.ts';
import { OutsideTokens } from '../../../src/web/oauth/outside-issuer.ts';
import { FakeEngineApi } from '../../support/fake-engine-api.ts';

const RESOURCE = 'https://desk.example/mcp';
const PUBLIC_URL = 'http://127.0.0.1:9';
const { privateKey, publicKey } = await generateKeyPair('ES256');
const stranger = await generateKeyPair('ES256');
let server: Server;
let issuer: string;

/** Has it listen, and gives its address. */
async function listening(on: Server): Promise<string> {
  await new Promise<void>((resolve) => on.listen(0, '127.0.0.1', resolve));
  const address = on.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}

beforeAll(async () => {
  const keys = { keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' }] };
  server = createServer(({ url }, response) => {
    const body =
      url === '/.well-known/oauth-authorization-server'
        ? { issuer, jwks_uri: `${issuer}/keys` }
        : url === '/keys'
          ? keys
          : undefined;
    response.writeHead(body === undefined ? 404 : 200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(body ?? {}));
  });
  issuer = await listening(server);
});

afterAll(() => {
  server.close();
});

interface Claims {
  readonly audience?: string;
  readonly from?: string;
  readonly expires?: string;
  readonly scope?: string;
}

function token(
  { audience = RESOURCE, from = issuer, expires = '5m', scope }: Claims,
  key = privateKey,
) {
  return new SignJWT({ scope: scope ?? 'market.read email' })
    .setProtectedHeader({ alg: 'ES256', kid: 'one' })
    .setIssuer(from)
    .setAudience(audience)
    .setSubject('somebody')
    .setExpirationTime(expires)
    .sign(key);
}

const rights = { authority: 'open', openUpToCents: 500_00 } as const;
const tokens = () => new OutsideTokens({ issuer, resource: RESOURCE, rights });

/** The address of an engine with these settings. */
async function engineWith(settings: Readonly<Record<string, string>>): Promise<string> {
  const home = mkdtempSync(join(tmpdir(), 'deltaring-outside-'));
  const config = readConfig({ DELTARING_HOME: home, PORT: '0', PUBLIC_URL, ...settings });
  const http = await startHttp({ config, api: new FakeEngineApi(), log: () => undefined });
  onTestFinished(async () => {
    await http.close();
    rmSync(home, { recursive: true });
  });
  return http.base;
}

function capabilities(base: string, bearer: string): Promise<Response> {
  return fetch(`${base}/mcp/capabilities`, { headers: { Authorization: `Bearer ${bearer}` } });
}

/** What the engine tells a client of what it may do. */
async function authorityOf(settings: Readonly<Record<string, string>>): Promise<unknown> {
  const base = await engineWith({ OAUTH_ISSUER: issuer, ...settings });
  const signed = await token({ audience: `${PUBLIC_URL}/mcp`, scope: 'trade.execute' });
  const answer = await capabilities(base, signed);
  const { authority } = (await answer.json()) as { readonly authority: unknown };
  return authority;
}

describe('a token of an authorization server elsewhere', () => {
  it('may reduce only, whatever its scopes, unless the operator lets it do more', async () => {
    expect(await authorityOf({})).toBe('reduce-only');
    expect(await authorityOf({ OAUTH_ISSUER_AUTHORITY: 'open:500' })).toBe('open:500');
    expect(await authorityOf({ OAUTH_ISSUER_AUTHORITY: 'observe' })).toBe('observe');
  });

  it('is taken with the scopes that are ours', async () => {
    const holder = await tokens().holderOf(await token({}));
    expect(holder).toEqual({
      subject: `${issuer} somebody`,
      scopes: ['market.read'],
      rights,
    });
  });

  it.each<[string, Claims]>([
    ['for another audience', { audience: 'https://elsewhere.example/mcp' }],
    ['of another issuer', { from: 'https://elsewhere.example' }],
    ['that has expired', { expires: '-1m' }],
  ])('is refused %s', async (_why, claims) => {
    expect(await tokens().holderOf(await token(claims))).toBeUndefined();
  });

  it('is refused where it says nothing of its end, or of whom it is for', async () => {
    const bare = () => new SignJWT({}).setProtectedHeader({ alg: 'ES256', kid: 'one' });
    const endless = bare().setIssuer(issuer).setAudience(RESOURCE).setSubject('somebody');
    expect(await tokens().holderOf(await endless.sign(privateKey))).toBeUndefined();
    const nobody = bare().setIssuer(issuer).setAudience(RESOURCE).setExpirationTime('5m');
    expect(await tokens().holderOf(await nobody.sign(privateKey))).toBeUndefined();
  });

  it('is refused when another key signed it, or it is no token at all', async () => {
    const forged = await token({}, stranger.privateKey);
    expect(await tokens().holderOf(forged)).toBeUndefined();
    expect(await tokens().holderOf('no.jwt.here')).toBeUndefined();
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.e30.`;
    expect(await tokens().holderOf(none)).toBeUndefined();
  });

  it('cannot be judged while the issuer does not answer', async () => {
    const silent = new OutsideTokens({ issuer: 'http://127.0.0.1:1', resource: RESOURCE, rights });
    await expect(silent.holderOf(await token({}))).rejects.toThrow(/publishes no metadata/);
  });
});

/** An issuer of which the addresses with these ends answer 503, with what was asked of it so far. */
async function failing(fails: RegExp) {
  const asked: string[] = [];
  const failed = createServer(({ url = '' }, response) => {
    asked.push(url);
    response.writeHead(fails.test(url) ? 503 : 200).end(JSON.stringify({ issuer: base, jwks_uri }));
  });
  const base = await listening(failed);
  onTestFinished(() => {
    failed.close();
  });
  const jwks_uri = `${base}/keys`;
  const outside = new OutsideTokens({ issuer: base, resource: RESOURCE, rights });
  return { asked, outside, signed: await token({ from: base }) };
}

describe('an issuer that is down', () => {
  it.each([
    ['its metadata', /./, 6],
    ['its keys', /keys$/, 4],
  ])(
    'is asked three times at most for %s, however many tokens come',
    async (_what, fails, most) => {
      const { asked, outside, signed } = await failing(fails);
      for (let tokenCount = 0; tokenCount < 20; tokenCount += 1) {
        await expect(outside.holderOf(signed)).rejects.toThrow();
      }
      expect(asked).toHaveLength(most);
    },
  );

  it('lets nobody in, and shuts none of the operator’s own tokens out', async () => {
    const settings = { OAUTH_ISSUER: 'http://127.0.0.1:1', MCP_TOKEN: 'x'.repeat(20) };
    const base = await engineWith(settings);
    const statusOf = async (bearer: string) => (await capabilities(base, bearer)).status;
    const signed = await token({});
    for (let times = 0; times < 5; times += 1) expect(await statusOf(signed)).toBe(503);
    expect(await statusOf(settings.MCP_TOKEN)).toBe(200);
  });
});
