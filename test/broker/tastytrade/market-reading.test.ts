import { describe, expect, it } from 'vitest';
import { readMetrics, readSymbols } from '../../../src/broker/tastytrade/market-reading.ts';
import { READ_WALL, ReadingRig } from '../../support/reading.ts';

function answering(request: string, body: unknown, status = 200): ReadingRig {
  const rig = new ReadingRig();
  rig.answers.set(request, { body, status });
  return rig;
}

const TWO = 'GET /market-metrics?symbols=SPY,BRK%2FB';
const FOUND = 'GET /symbols/search/S%26P';

describe('market metrics', () => {
  it('are read from texts, numbers and gaps alike; what is left out is null', () => {
    const spy = {
      symbol: 'SPY',
      'implied-volatility-index': '0.176',
      'implied-volatility-index-rank': 0.31,
      'implied-volatility-percentile': '',
      'implied-volatility-30-day': '17.55',
      'historical-volatility-30-day': '12.1',
      beta: '1.0',
      earnings: { 'expected-report-date': '2026-12-01', visible: true },
      'some-new-field': { a: 1 },
    };
    const rig = answering(TWO, { data: { items: [spy, { symbol: 'BRK/B', earnings: null }] } });
    const gaps = {
      ivIndex: null,
      ivRank: null,
      ivPercentile: null,
      iv30Day: null,
      hv30Day: null,
      hv60Day: null,
      hv90Day: null,
      beta: null,
      liquidityRating: null,
      earningsDate: null,
    };
    expect(rig.run(readMetrics(['SPY', 'BRK/B'], 'tastytrade'))).toEqual({
      kind: 'read',
      source: 'tastytrade',
      wall: READ_WALL,
      value: {
        metrics: [
          {
            ...gaps,
            symbol: 'SPY',
            ivIndex: 0.176,
            ivRank: 0.31,
            iv30Day: 0.1755,
            hv30Day: 0.121,
            beta: 1,
            earningsDate: '2026-12-01',
          },
          { ...gaps, symbol: 'BRK/B' },
        ],
      },
    });
  });

  it('that are refused say whether asking again may help', () => {
    const metrics = (status: number) =>
      answering('GET /market-metrics?symbols=SPY', '', status).run(
        readMetrics(['SPY'], 'simulator'),
      );
    expect(metrics(502)).toMatchObject({ kind: 'failed', retryable: true });
    expect(metrics(429)).toMatchObject({ kind: 'failed', retryable: true });
    expect(metrics(403)).toMatchObject({ kind: 'failed', retryable: false });
    expect(metrics(404)).toMatchObject({ kind: 'notFound' });
  });
});

describe('symbol search', () => {
  it('tells as many as were asked for', () => {
    const items = [
      { symbol: 'SPY', description: 'S&P 500 fund', 'instrument-type': 'Equity', options: true },
      { symbol: 'SPX' },
    ];
    const rig = answering(FOUND, { data: { items } });
    expect(rig.run(readSymbols({ text: 'S&P', limit: 1 }, 'tastytrade'))).toMatchObject({
      value: {
        symbols: [{ symbol: 'SPY', description: 'S&P 500 fund', type: 'Equity', hasOptions: true }],
      },
    });
  });
});
