import { afterEach, describe, expect, it } from 'vitest';
import type { TestSim } from '../sim-under-test.ts';
import { bearer, startTestSim } from '../sim-under-test.ts';

const running: TestSim[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((sim) => sim.stop()));
});

async function start(): Promise<TestSim> {
  const sim = await startTestSim();
  running.push(sim);
  return sim;
}

const AGENT = { 'user-agent': 'test/1' };

async function token(sim: TestSim, change: Record<string, string>, form = false) {
  const grant = {
    grant_type: 'refresh_token',
    refresh_token: sim.credentials.refreshToken,
    client_secret: sim.credentials.clientSecret,
    ...change,
  };
  const response = await fetch(`${sim.baseUrl}/oauth/token`, {
    method: 'POST',
    headers: {
      ...AGENT,
      'content-type': form ? 'application/x-www-form-urlencoded' : 'application/json',
    },
    body: form ? new URLSearchParams(grant).toString() : JSON.stringify(grant),
  });
  const body = (await response.json()) as Record<string, unknown>;
  return { status: response.status, body };
}

describe('POST /oauth/token', () => {
  it('answers a flat token of 900 seconds to JSON and to a form', async () => {
    const sim = await start();
    for (const form of [false, true]) {
      expect(await token(sim, {}, form)).toEqual({
        status: 200,
        body: { access_token: expect.any(String), token_type: 'Bearer', expires_in: 900 },
      });
    }
  });

  it('refuses wrong credentials with the errors of OAuth', async () => {
    const sim = await start();
    const refused = async (change: Record<string, string>) => {
      const { status, body } = await token(sim, change);
      return [status, body['error']];
    };
    expect(await refused({ refresh_token: 'x' })).toEqual([400, 'invalid_grant']);
    expect(await refused({ client_secret: 'x' })).toEqual([400, 'invalid_client']);
    expect(await refused({ grant_type: 'x' })).toEqual([400, 'unsupported_grant_type']);
  });

  it('gives each start its own secrets', async () => {
    const [one, two] = [await start(), await start()];
    expect(one.credentials.refreshToken).not.toBe(two.credentials.refreshToken);
    expect((await token(two, one.credentials as never)).status).toBe(200);
    expect((await token(two, { refresh_token: one.credentials.refreshToken })).status).toBe(400);
  });
});

describe('the services behind a token', () => {
  const get = (sim: TestSim, path: string, headers: Record<string, string>) =>
    fetch(`${sim.baseUrl}${path}`, { headers });

  it('answer HTML 401 without a User-Agent and JSON 401 without a bearer', async () => {
    const sim = await start();
    const bare = await get(sim, '/api-quote-tokens', { 'user-agent': '' });
    expect([bare.status, bare.headers.get('content-type')]).toEqual([401, 'text/html']);
    const anonymous = await get(sim, '/api-quote-tokens', AGENT);
    expect(anonymous.status).toBe(401);
    expect(await anonymous.json()).toMatchObject({ error: { code: 'unauthorized' } });
  });

  it('forget an access token after 900 seconds, not before', async () => {
    const sim = await start();
    const headers = await bearer(sim);
    sim.pass(899);
    expect((await get(sim, '/api-quote-tokens', headers)).status).toBe(200);
    sim.pass(1);
    expect((await get(sim, '/api-quote-tokens', headers)).status).toBe(401);
  });

  it('hand out a quote token and the address of this very simulator', async () => {
    const sim = await start();
    const response = await get(sim, '/api-quote-tokens', await bearer(sim));
    expect(await response.json()).toEqual({
      data: {
        token: expect.any(String),
        'dxlink-url': sim.dxlinkUrl,
        level: 'api',
        'issued-at': expect.stringMatching(/Z$/),
        'expires-at': expect.stringMatching(/Z$/),
      },
      context: '/api-quote-tokens',
    });
  });

  it("list today's expiration of SPY with both forms of each symbol", async () => {
    const sim = await start();
    const response = await get(sim, '/option-chains/SPY/nested', await bearer(sim));
    const { data, context } = (await response.json()) as {
      data: { items: { expirations: { strikes: object[] }[] }[] };
      context: string;
    };
    expect(context).toBe('/option-chains/SPY/nested');
    const [item] = data.items;
    expect(item).toMatchObject({
      'underlying-symbol': 'SPY',
      'option-chain-type': 'Standard',
      'shares-per-contract': 100,
    });
    expect(item?.expirations).toHaveLength(1);
    expect(item?.expirations[0]).toMatchObject({
      'expiration-date': '2026-11-20',
      'days-to-expiration': 0,
    });
    const strikes = item?.expirations[0]?.strikes ?? [];
    expect(strikes.length).toBeGreaterThanOrEqual(150);
    expect(strikes).toContainEqual({
      'strike-price': '550.0',
      call: 'SPY   261120C00550000',
      'call-streamer-symbol': '.SPY261120C550',
      put: 'SPY   261120P00550000',
      'put-streamer-symbol': '.SPY261120P550',
    });
  });

  it('answer 404 for other symbols and paths', async () => {
    const sim = await start();
    const headers = await bearer(sim);
    expect((await get(sim, '/option-chains/QQQ/nested', headers)).status).toBe(404);
    expect((await get(sim, '/accounts', headers)).status).toBe(404);
  });
});

describe('the market services', () => {
  const items = async (sim: TestSim, path: string) => {
    const response = await fetch(`${sim.baseUrl}${path}`, { headers: await bearer(sim) });
    const { data } = (await response.json()) as { data: { items: Record<string, string>[] } };
    return data.items;
  };

  it('know the volatility of what is simulated, and of nothing else', async () => {
    const sim = await start();
    const [spy, ...others] = await items(sim, '/market-metrics?symbols=AAPL,SPY');
    expect(others).toEqual([]);
    expect(Object.keys(spy ?? {})).toEqual([
      'symbol',
      'implied-volatility-index',
      'implied-volatility-index-rank',
      'implied-volatility-percentile',
      'beta',
    ]);
    const within = (name: string) => Number(spy?.[`implied-volatility-${name}`]);
    expect(within('index')).toBeGreaterThan(0.05);
    expect(within('index')).toBeLessThan(0.6);
    for (const name of ['index-rank', 'percentile']) {
      expect(within(name)).toBeGreaterThanOrEqual(0);
      expect(within(name)).toBeLessThanOrEqual(1);
    }
    expect(await items(sim, '/market-metrics')).toEqual([]);
  });

  it('find what is simulated by its ticker and by its title', async () => {
    const sim = await start();
    const found = { symbol: 'SPY', options: true, 'instrument-type': 'Equity' };
    expect(await items(sim, '/symbols/search/sp')).toMatchObject([found]);
    expect(await items(sim, '/symbols/search/s%26p%20500')).toMatchObject([found]);
    expect(await items(sim, '/symbols/search/AAPL')).toEqual([]);
    const broken = await fetch(`${sim.baseUrl}/symbols/search/%E0`, { headers: await bearer(sim) });
    expect(broken.status).toBe(400);
  });
});
