import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { readConfig } from '../../src/config.ts';
import type { TradeCard } from '../../src/desk/engine-api.ts';
import { deny } from '../../src/engine/domain/verdict.ts';
import type { FaceRoom } from '../../src/mcp/face.ts';
import { createFaceRoom, faceSettings } from '../../src/mcp/face.ts';
import type { RunningHttp } from '../../src/web/http-server.ts';
import { startHttp } from '../../src/web/http-server.ts';
import { KnownBrowsers } from '../../src/web/known-browsers.ts';
import { PairingDesk } from '../../src/web/oauth/pairing.ts';
import { readTradeCardHtml, tradeCardPage } from '../../src/web/trade-card-page.ts';
import { FakeEngineApi } from '../support/fake-engine-api.ts';
import { letInBrowser } from '../support/let-in-browser.ts';

const CALLER = { principal: 'local', authority: 'open' } as const;
const running: RunningHttp[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((http) => http.close()));
});

async function served(settings: Record<string, string> = {}) {
  const api = new FakeEngineApi();
  const home = mkdtempSync(join(tmpdir(), 'deltaring-approve-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const config = readConfig({ PORT: '0', DELTARING_HOME: home, ...settings });
  const room: FaceRoom = createFaceRoom(api, faceSettings(config));
  const pairing = new PairingDesk();
  const http = await startHttp({ config, api, room, pairing, log: () => undefined });
  running.push(http);
  const request = {
    strategy: 'lotto_play_5_delta',
    side: 'call',
    targetDelta: 5,
    quantity: 1,
  } as const;
  const answer = await api.previewStrategy(request, CALLER);
  if ('denied' in answer) throw new Error(answer.denied.message);
  const card = answer.value;
  const url = room.approvals.put(card.confirmToken, CALLER, card) ?? '';
  const base = `http://127.0.0.1:${http.port}`;
  const decide = async (decision: string): Promise<Response> => {
    browser ??= await letInBrowser(base, pairing);
    const body = JSON.stringify({ decision });
    return fetch(url, { method: 'POST', headers: browser, body });
  };
  let browser: Record<string, string> | undefined;
  return { api, card, url, base, pairing, decide };
}

const json = { 'Content-Type': 'application/json' };
const YES = '{"decision":"yes"}';

describe('the page of a trade', () => {
  it('shows the trade without its token, and runs its own script alone', async () => {
    const { card, url } = await served();
    const page = await fetch(url);
    const html = await page.text();
    expect(html).toContain('"maxLossCents"');
    expect(html).not.toContain(card.confirmToken);
    const policy = page.headers.get('content-security-policy');
    expect(policy).toMatch(/default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-/);
    expect(page.headers.get('x-frame-options')).toBe('DENY');
  });

  it('is told how long its token still lives, and no time of day', async () => {
    const { card, url } = await served();
    const [, json = ''] = /id="given">([^<]*)</.exec(await (await fetch(url)).text()) ?? [];
    const given = JSON.parse(json) as { readonly leftMillis: number };
    expect(given.leftMillis).toBeGreaterThan(0);
    expect(given.leftMillis).toBeLessThanOrEqual(card.expiresInSeconds * 1_000);
    expect(given).not.toHaveProperty('untilMillis');
  });

  it('needs no bearer: its address is the secret', async () => {
    const { url } = await served({ MCP_TOKEN: 'a-token-of-many-characters' });
    expect((await fetch(url)).status).toBe(200);
    expect((await fetch(url.slice(0, -1))).status).toBe(410);
  });

  it('places the order with a yes, and is over then', async () => {
    const { api, url, decide } = await served();
    const reply: unknown = await (await decide('yes')).json();
    expect(reply).toMatchObject({ outcome: 'placed', text: expect.stringContaining('filled') });
    expect(api.confirmed).toHaveLength(1);
    expect((await fetch(url)).status).toBe(410);
    expect((await decide('yes')).status).toBe(410);
    expect(api.confirmed).toHaveLength(1);
  });

  it('says what is not known where the engine did not answer, and what was refused', async () => {
    const { api, decide } = await served();
    const stamp = api.stamp();
    api.confirm = async () => ({ stamp, ...deny('engine_busy', 'look at get_recent_orders') });
    expect(await (await decide('yes')).json()).toMatchObject({
      text: expect.stringContaining('Whether it was placed is not known: look at'),
    });
    const other = await served();
    other.api.killed = true;
    expect(await (await other.decide('yes')).json()).toMatchObject({
      text: expect.stringContaining('Nothing was placed: killed'),
    });
  });

  it('places nothing with a no', async () => {
    const { api, decide } = await served();
    expect(await (await decide('no')).json()).toMatchObject({ outcome: 'refused' });
    expect(api.confirmed).toEqual([]);
  });

  it('takes no other word for an answer, and no page from elsewhere', async () => {
    const { api, url, decide } = await served();
    expect((await decide('maybe')).status).toBe(400);
    const foreign = await fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Origin: 'https://elsewhere.example' },
      body: '{"decision":"yes"}',
    });
    expect(foreign.status).toBe(403);
    expect(api.confirmed).toEqual([]);
  });
});

describe('a browser', () => {
  const post = (url: string, headers: Record<string, string>, body: string) =>
    fetch(url, { method: 'POST', headers: { ...json, ...headers }, body });
  const codeOf = async (reply: Response) =>
    ((await reply.json()) as { error: { code: string } }).error.code;

  it('that was not let in, and a program with the address alone, decide on nothing', async () => {
    const { api, url, base } = await served();
    const bare = await post(url, {}, YES);
    expect([bare.status, await codeOf(bare)]).toEqual([403, 'BROWSER_NEEDED']);
    const strange = await post(url, { Origin: base }, YES);
    expect([strange.status, await codeOf(strange)]).toEqual([403, 'BROWSER_NOT_LET_IN']);
    expect(api.confirmed).toEqual([]);
    expect((await fetch(url)).status).toBe(200);
  });

  it('whose cookie another port of this machine was sent decides on nothing there', async () => {
    const { api, url, base, pairing } = await served();
    const { Cookie: cookie = '', 'X-Deltaring-Key': key = '' } = await letInBrowser(base, pairing);
    const seen = await post(url, { Origin: base, Cookie: cookie }, YES);
    expect([seen.status, await codeOf(seen)]).toEqual([403, 'BROWSER_NOT_LET_IN']);
    const other = await letInBrowser(base, pairing);
    const mixed = {
      Origin: base,
      Cookie: cookie,
      'X-Deltaring-Key': other['X-Deltaring-Key'] ?? '',
    };
    expect((await post(url, mixed, YES)).status).toBe(403);
    expect(api.confirmed).toEqual([]);
    const own = { Origin: base, Cookie: cookie, 'X-Deltaring-Key': key };
    expect((await post(url, own, YES)).status).toBe(200);
  });

  it('is let in by a code of the console, once, from the own page, for as long as its cookie', async () => {
    const { base, pairing } = await served();
    const at = `${base}/approve/browser`;
    const { code } = pairing.issue();
    const body = JSON.stringify({ code });
    expect((await post(at, {}, body)).status).toBe(403);
    expect(await codeOf(await post(at, { Origin: base }, '{"code":"guess"}'))).toBe('CODE_REFUSED');
    const reply = await post(at, { Origin: base }, body);
    const [cookie = ''] = reply.headers.getSetCookie();
    expect(cookie).toMatch(
      /^deltaring_browser=[\w-]{43}; Path=\/approve; Max-Age=7776000; HttpOnly; SameSite=Strict$/,
    );
    const { key } = (await reply.json()) as { key: string };
    expect(key).toMatch(/^[\w-]{43}$/);
    expect((await post(at, { Origin: base }, body)).status).toBe(403);
    const state = async (headers: Record<string, string>): Promise<unknown> =>
      (await fetch(at, { headers: { Accept: 'application/json', ...headers } })).json();
    const half = { Cookie: cookie.split(';')[0] ?? '' };
    expect(await state({ ...half, 'X-Deltaring-Key': key })).toEqual({ letIn: true });
    expect(await state(half)).toEqual({ letIn: false });
    expect(await state({ 'X-Deltaring-Key': key })).toEqual({ letIn: false });
    expect(await (await fetch(at)).text()).toContain('deltaring pair');
  });

  it('is still known after a restart, and its secrets stand nowhere in plain', () => {
    const home = mkdtempSync(join(tmpdir(), 'deltaring-browsers-'));
    onTestFinished(() => rmSync(home, { recursive: true, force: true }));
    const pairing = new PairingDesk();
    const path = join(home, 'browsers.json');
    let nowSeconds = 1_000;
    const log = () => undefined;
    const known = () =>
      new KnownBrowsers({ path, pairing, isSecure: true, nowSeconds: () => nowSeconds, log });
    const outcome = known().letIn(pairing.issue().code);
    if ('verdict' in outcome) throw new Error(outcome.verdict);
    expect(outcome.cookie).toContain('; Secure');
    const [cookie = ''] = outcome.cookie.split(';');
    const headers = { cookie: `other=1; ${cookie}`, 'x-deltaring-key': outcome.key };
    const request = { headers } as unknown as IncomingMessage;
    expect(known().knows(request)).toBe(true);
    for (const secret of [cookie.split('=')[1], outcome.key]) {
      expect(readFileSync(path, 'utf8')).not.toContain(secret);
    }
    nowSeconds += 90 * 86_400;
    expect(known().knows(request)).toBe(false);
  });
});

describe('a trade put into the page', () => {
  it('cannot end the block that holds it', async () => {
    const { card } = await served();
    const strategy = '</script><script>alert(1)</script>$&';
    const odd: TradeCard = { ...card, strategy };
    const given = { card: odd, payoff: null, environment: 'paper', leftMillis: 0 } as const;
    const { html } = tradeCardPage(readTradeCardHtml(), given);
    expect(html.match(/<script/g)).toHaveLength(2);
    const [, json = ''] = /id="given">([^<]*)</.exec(html) ?? [];
    expect(JSON.parse(json)).toMatchObject({ card: { strategy, confirmToken: '' } });
  });
});
