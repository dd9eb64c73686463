/** Quotes, greeks, metrics and symbols. */
import { z } from 'zod';
import { viewOf } from '../../desk/engine-api-holdings.ts';
import type { MetricsRow } from '../../engine/domain/account-facts.ts';
import { wallMicros } from '../../engine/domain/clock.ts';
import { parseOccSymbol } from '../../engine/domain/instrument.ts';
import type { Denial } from '../../engine/domain/verdict.ts';
import { deny } from '../../engine/domain/verdict.ts';
import {
  metricsRow,
  originShape,
  quoteRow,
  type ShownQuote,
  symbolRow,
} from '../account-shapes.ts';
import { nameField, symbolsField } from '../argument-fields.ts';
import { chainRow } from '../chain-rows.ts';
import { figure } from '../money-words.ts';
import { brokerQuote, chainQuote } from '../quote-rows.ts';
import { resultShape } from '../result-shape.ts';
import type { ToolContext } from '../tool.ts';
import { defineTool, READS } from '../tool.ts';
import { originWords } from './account-tools.ts';
import { readChain } from './chain-tools.ts';

const READS_BROKER = { ...READS, openWorld: true };
const MOST_FOUND = 50;
const LONGEST_SEARCH = 40;
const GREEK_FIELDS = [
  'symbol',
  'bid',
  'ask',
  'iv',
  'delta',
  'gamma',
  'theta',
  'thetaNextHour',
  'vega',
  'modelled',
  'ageMs',
] as const;

const isTicker = (symbol: string): boolean => parseOccSymbol(symbol) === undefined;

/** Rows of the symbols that the live chain does not quote, or why the broker tells none. */
async function fromBroker({ api, caller }: ToolContext, symbols: readonly string[]) {
  if (symbols.length === 0) return { rows: [], why: undefined };
  const answer = await api.readAccount('quotes', { symbols }, caller);
  if ('denied' in answer) return { rows: [], why: answer.denied };
  const wall = wallMicros();
  return { rows: answer.value.quotes.map((row) => brokerQuote(row, wall)), why: undefined };
}

/** Metrics of the tickers among the symbols, or why there are none. */
async function metricsFor({ api, caller }: ToolContext, symbols: readonly string[]) {
  const tickers = symbols.filter(isTicker);
  const none = { rows: new Map<string, MetricsRow>(), why: undefined };
  if (tickers.length === 0) return none;
  const answer = await api.readAccount('metrics', { symbols: tickers }, caller);
  if ('denied' in answer) return { ...none, why: answer.denied };
  return { ...none, rows: new Map(answer.value.metrics.map((row) => [row.symbol, row])) };
}

function quoteWords({ symbol, bid, ask, from, metrics }: ShownQuote): string {
  const rank = metrics?.ivRank ?? null;
  const words = rank === null ? '' : `, IV rank ${figure(rank * 100, 0)}`;
  return `${symbol} ${figure(bid)} / ${figure(ask)}${words}${from === 'broker' ? ' (broker)' : ''}`;
}

/** The notes of a result: each reason why something is absent, once. */
function notesOf(reasons: readonly (Denial | undefined)[]): readonly string[] {
  return [...new Set(reasons.flatMap((why) => (why === undefined ? [] : [why.message])))];
}

export const getQuotes = defineTool({
  name: 'get_quotes',
  title: 'Quotes',
  description:
    'Use this when you want quotes of tickers or options, with IV rank, percentile, volatilities, beta and earnings of tickers where the broker gives them. What this engine trades comes from the live chain.',
  toolset: 'research',
  input: z.strictObject({
    symbols: symbolsField('Tickers, or options in OCC form'),
    metrics: z.boolean().default(true).describe('Adds the metrics of tickers'),
  }),
  output: resultShape({
    quotes: z.array(quoteRow),
    unknown: z.array(z.string()),
    notes: z.array(z.string()),
  }),
  hints: READS_BROKER,
  authority: 'observe',
  scope: 'market.read',
  aliases: ['get_realtime_quotes', 'stream_option_quotes', 'get_quote', 'fetch_market_data'],
  handler: async (context, { symbols, metrics: wantsMetrics }) => {
    const slice = context.api.chain();
    const wall = wallMicros();
    const live = symbols.flatMap((symbol) => {
      const row = slice === undefined ? undefined : chainQuote(slice, symbol, wall);
      return row === undefined ? [] : [row];
    });
    const others = symbols.filter((symbol) => !live.some((row) => row.symbol === symbol));
    const [told, metrics] = await Promise.all([
      fromBroker(context, others),
      metricsFor(context, wantsMetrics ? symbols : []),
    ]);
    const rows = [...live, ...told.rows];
    const quotes = rows.map((row) => ({ ...row, metrics: metrics.rows.get(row.symbol) ?? null }));
    const unknown = symbols.filter((symbol) => !rows.some((row) => row.symbol === symbol));
    const notes = notesOf([told.why, metrics.why]);
    const stamp = context.api.stamp();
    if (quotes.length === 0) {
      const why = notes.join(' ') || 'nobody here quotes them';
      const message = `no quote of ${unknown.join(', ')}: ${why}`;
      return { stamp, ...deny('not_found', message, { symbols: unknown.join(', ') }) };
    }
    const missing = unknown.length === 0 ? '' : ` No quote of ${unknown.join(', ')}.`;
    const text = `${quotes.map(quoteWords).join('; ')}.${missing}${notes.map((n) => ` ${n}.`).join('')}`;
    return { stamp, value: { quotes, unknown, notes }, text };
  },
});

export const getGreeks = defineTool({
  name: 'get_greeks',
  title: 'Greeks',
  description:
    'Use this when you want delta, gamma, theta, vega and IV of named options of the live 0DTE chain.',
  toolset: 'research',
  input: z.strictObject({ symbols: symbolsField('Options in OCC form') }),
  output: resultShape({
    greeks: z.array(z.looseObject({ strike: z.number(), right: z.string() })),
    unknown: z.array(z.string()),
  }),
  hints: READS,
  authority: 'observe',
  scope: 'market.read',
  aliases: [],
  handler: async (context, { symbols }) => {
    const stamp = context.api.stamp();
    const chain = readChain(context);
    if ('denied' in chain) return { stamp, denied: chain.denied };
    const wall = wallMicros();
    const views = symbols.map((symbol) => viewOf(chain.slice, symbol));
    const greeks = views.flatMap((v) => (v === undefined ? [] : [chainRow(v, GREEK_FIELDS, wall)]));
    const unknown = symbols.filter((_, index) => views[index] === undefined);
    if (greeks.length === 0) {
      const message = `the live chain holds none of ${unknown.join(', ')}: get_option_chain and find_options_by_delta name what it holds`;
      return { stamp, ...deny('not_found', message, { symbols: unknown.join(', ') }) };
    }
    const words = greeks.map((row) => {
      const delta = row['delta'];
      return `${row.strike} ${row.right} delta ${figure(typeof delta === 'number' ? delta : null, 3)}`;
    });
    const missing = unknown.length === 0 ? '' : ` Not in the chain: ${unknown.join(', ')}.`;
    return { stamp, value: { greeks, unknown }, text: `${words.join('; ')}.${missing}` };
  },
});

export const getMarketMetrics = defineTool({
  name: 'get_market_metrics',
  title: 'Market metrics',
  description:
    'Use this when you want IV rank, IV percentile, implied and historical volatility, beta and the earnings date of tickers.',
  toolset: 'research',
  input: z.strictObject({ symbols: symbolsField('Tickers') }),
  output: resultShape({ metrics: z.array(metricsRow), ...originShape }),
  hints: READS_BROKER,
  authority: 'observe',
  scope: 'market.read',
  aliases: [],
  handler: async ({ api, caller }, { symbols }) => {
    const answer = await api.readAccount('metrics', { symbols }, caller);
    if ('denied' in answer) return answer;
    const words = answer.value.metrics.map(
      ({ symbol, ivIndex, ivRank, ivPercentile }) =>
        `${symbol} IV ${figure(ivIndex, 3)}, rank ${figure(ivRank)}, percentile ${figure(ivPercentile)}`,
    );
    const text = words.length === 0 ? 'No metrics of these symbols' : words.join('; ');
    return { ...answer, text: `${text}.${originWords(answer.value)}` };
  },
});

export const searchSymbols = defineTool({
  name: 'search_symbols',
  title: 'Search symbols',
  description: 'Use this when you have a name or the beginning of a ticker and want the symbol.',
  toolset: 'research',
  input: z.strictObject({
    text: nameField('Beginning of a ticker, or a name', LONGEST_SEARCH),
    limit: z.int().min(1).max(MOST_FOUND).default(10).describe('Symbols'),
  }),
  output: resultShape({ symbols: z.array(symbolRow), ...originShape }),
  hints: READS_BROKER,
  authority: 'observe',
  scope: 'market.read',
  aliases: [],
  handler: async ({ api, caller }, ask) => {
    const answer = await api.readAccount('symbols', ask, caller);
    if ('denied' in answer) return answer;
    const words = answer.value.symbols.map(({ symbol, description }) =>
      description === null ? symbol : `${symbol} (${description})`,
    );
    const text = words.length === 0 ? `Nothing found for ${ask.text}` : words.join('; ');
    return { ...answer, text: `${text}.${originWords(answer.value)}` };
  },
});
