import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { call, type Joined, join } from '../support/connected-client.ts';

const METRICS = {
  symbol: 'SPY',
  'implied-volatility-index': '0.16',
  'implied-volatility-index-rank': '0.25',
};

let joined: Joined;
beforeEach(async () => {
  joined = await join();
  const items = (rows: object[]) => ({ body: { data: { items: rows } } });
  joined.api.reading.answers
    .set('GET /market-metrics?symbols=SPY', items([METRICS]))
    .set('GET /market-metrics?symbols=SPY,AAPL', items([METRICS]))
    .set('GET /symbols/search/sp', items([{ symbol: 'SPY', description: '<b>fund</b>' }]));
});
afterEach(() => joined.close());

const ask = (name: string, args: Record<string, unknown> = {}) => call(joined.client, name, args);

describe('quotes', () => {
  it('come from the live chain with the metrics of tickers', async () => {
    const { data, text } = await ask('get_quotes', { symbols: ['spy', 'SPY261120C00600000'] });
    expect(data['quotes']).toMatchObject([
      { symbol: 'SPY', from: 'liveChain', metrics: { ivRank: 0.25, ivIndex: 0.16 } },
      { symbol: 'SPY   261120C00600000', from: 'liveChain', metrics: null },
    ]);
    expect(data['unknown']).toEqual([]);
    expect(text).toContain('IV rank 25');
  });

  it('name what nobody quotes, and why', async () => {
    const { data, isError } = await ask('get_quote', { symbols: '["SPY","AAPL"]' });
    expect(isError).toBe(false);
    expect(data['unknown']).toEqual(['AAPL']);
    expect(data['notes']).toEqual([expect.stringContaining('use instead: get_quotes')]);
    const nothing = await ask('fetch_market_data', { symbols: 'AAPL', metrics: false });
    expect([nothing.isError, nothing.text.includes('no quote of AAPL')]).toEqual([true, true]);
  });

  it('take options as any platform writes them', async () => {
    const forms = ['SPY   261120P00600000', 'SPY261120P00600000', '.SPY261120P600'];
    const { data } = await ask('get_quotes', { symbols: forms });
    expect(data['quotes']).toMatchObject([{ symbol: 'SPY   261120P00600000' }]);
  });

  it('refuse what is no symbol, and too many of them', async () => {
    const wrong = await ask('get_quotes', { symbols: ['SPY', 'not a symbol; drop table'] });
    expect(wrong.text).toContain('something in the list is no symbol');
    const many = await ask('get_quotes', { symbols: Array.from({ length: 51 }, () => 'SPY') });
    expect(many.text).toContain('give a list of 1 to 50 symbols');
    expect((await ask('get_quotes', { symbols: [] })).isError).toBe(true);
  });
});

describe('greeks', () => {
  it('are told of what the chain holds', async () => {
    const { data, text } = await ask('get_greeks', {
      symbols: ['SPY261120C00600000', 'SPY261127C00600000', 'SPY'],
    });
    expect(data['greeks']).toMatchObject([{ strike: 600, right: 'call' }]);
    expect(data['unknown']).toEqual(['SPY   261127C00600000', 'SPY']);
    expect(text).toMatch(
      /^600 call delta 0\.\d+; Not in the chain|^600 call delta 0\.\d+\. Not in/,
    );
    expect((await ask('get_greeks', { symbols: 'SPY' })).text).toContain('find_options_by_delta');
  });
});

describe('metrics and symbols', () => {
  it('are the broker’s words, cleaned', async () => {
    const metrics = await ask('get_market_metrics', { symbols: 'SPY' });
    expect(metrics.text).toContain('SPY IV 0.160, rank 0.25, percentile unknown. Source simulator');
    const found = await ask('search_symbols', { text: 'sp' });
    expect(found.data['symbols']).toMatchObject([{ description: 'broker text: "fund"' }]);
    expect((await ask('search_symbols', { text: '<x>' })).isError).toBe(true);
  });
});
