import { afterEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import type { TradeCard } from '../../src/desk/engine-api.ts';
import type { FaceRoom } from '../../src/mcp/face.ts';
import { createFaceRoom, faceSettings } from '../../src/mcp/face.ts';
import type { RunningHttp } from '../../src/web/http-server.ts';
import { startHttp } from '../../src/web/http-server.ts';
import { readTradeCardHtml, tradeCardPage } from '../../src/web/trade-card-page.ts';
import { FakeEngineApi } from '../support/fake-engine-api.ts';

const CALLER = { principal: 'local', authority: 'open' } as const;
const running: RunningHttp[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((http) => http.close()));
});

async function served(settings: Record<string, string> = {}) {
  const api = new FakeEngineApi();
  const config = readConfig({ PORT: '0', ...settings });
  const room: FaceRoom = createFaceRoom(api, faceSettings(config));
  running.push(await startHttp({ config, api, room, log: () => undefined }));
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
  return { api, card, url };
}

function decide(url: string, decision: string): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ decision }),
  });
}

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

  it('needs no bearer: its address is the secret', async () => {
    const { url } = await served({ MCP_TOKEN: 'a-token-of-many-characters' });
    expect((await fetch(url)).status).toBe(200);
    expect((await fetch(url.slice(0, -1))).status).toBe(410);
  });

  it('places the order with a yes, and is over then', async () => {
    const { api, url } = await served();
    const reply: unknown = await (await decide(url, 'yes')).json();
    expect(reply).toMatchObject({ outcome: 'placed', text: expect.stringContaining('filled') });
    expect(api.confirmed).toHaveLength(1);
    expect((await fetch(url)).status).toBe(410);
    expect((await decide(url, 'yes')).status).toBe(410);
    expect(api.confirmed).toHaveLength(1);
  });

  it('places nothing with a no', async () => {
    const { api, url } = await served();
    expect(await (await decide(url, 'no')).json()).toMatchObject({ outcome: 'refused' });
    expect(api.confirmed).toEqual([]);
  });

  it('takes no other word for an answer, and no page from elsewhere', async () => {
    const { api, url } = await served();
    expect((await decide(url, 'maybe')).status).toBe(400);
    const foreign = await fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Origin: 'https://elsewhere.example' },
      body: '{"decision":"yes"}',
    });
    expect(foreign.status).toBe(403);
    expect(api.confirmed).toEqual([]);
  });
});

describe('a trade put into the page', () => {
  it('cannot end the block that holds it', async () => {
    const { card } = await served();
    const strategy = '</script><script>alert(1)</script>$&';
    const odd: TradeCard = { ...card, strategy };
    const given = { card: odd, payoff: null, environment: 'paper', untilMillis: 0 } as const;
    const { html } = tradeCardPage(readTradeCardHtml(), given);
    expect(html.match(/<script/g)).toHaveLength(2);
    const [, json = ''] = /id="given">([^<]*)</.exec(html) ?? [];
    expect(JSON.parse(json)).toMatchObject({ card: { strategy, confirmToken: '' } });
  });
});
