/**
 * Readings of tastytrade's market services: metrics and symbol search. They belong to the market and
 * to no account, so the paper account reads them too where its feed's service has them (the simulator
 * answers in the same shapes). Pure: generators of the account reader's port.
 */
import { z } from 'zod';
import type { MetricsRow, ReadSource, SymbolRow } from '../../engine/domain/account-facts.ts';
import type { HttpAnswer, Reading, ReadResult } from '../account-reader.ts';
import { failed, http, read } from '../account-reader.ts';
import { TOO_MANY_REQUESTS } from '../request-pacer.ts';

/** Metrics change slowly: one answer serves this long. */
const METRICS_CACHE_MILLIS = 30_000;
const VOLATILITY_DECIMALS = 6;
const SYMBOLS_CACHE_MILLIS = 30_000;

/** A number as this service writes it: text, number, or nothing. */
export const decimal = z
  .union([z.string(), z.number()])
  .nullish()
  .transform((value) => {
    const number =
      value === null || value === undefined || value === '' ? Number.NaN : Number(value);
    return Number.isFinite(number) ? number : null;
  });

const metricsAnswer = z.object({
  data: z.object({
    items: z.array(
      z.object({
        symbol: z.string(),
        'implied-volatility-index': decimal,
        'implied-volatility-index-rank': decimal,
        'implied-volatility-percentile': decimal,
        'implied-volatility-30-day': decimal,
        'historical-volatility-30-day': decimal,
        'historical-volatility-60-day': decimal,
        'historical-volatility-90-day': decimal,
        beta: decimal,
        'liquidity-rating': decimal,
        earnings: z.object({ 'expected-report-date': z.string().nullish() }).nullish(),
      }),
    ),
  }),
});

const symbolsAnswer = z.object({
  data: z.object({
    items: z.array(
      z.object({
        symbol: z.string(),
        description: z.string().nullish(),
        'instrument-type': z.string().nullish(),
        options: z.boolean().nullish(),
      }),
    ),
  }),
});

/** The service writes these volatilities in points: 18.2 is 18.2 %. */
function fromPoints(points: number | null): number | null {
  return points === null ? null : Number((points / 100).toFixed(VOLATILITY_DECIMALS));
}

function metricsRow(item: z.output<typeof metricsAnswer>['data']['items'][number]): MetricsRow {
  return {
    symbol: item.symbol,
    ivIndex: item['implied-volatility-index'],
    ivRank: item['implied-volatility-index-rank'],
    ivPercentile: item['implied-volatility-percentile'],
    iv30Day: fromPoints(item['implied-volatility-30-day']),
    hv30Day: fromPoints(item['historical-volatility-30-day']),
    hv60Day: fromPoints(item['historical-volatility-60-day']),
    hv90Day: fromPoints(item['historical-volatility-90-day']),
    beta: item.beta,
    liquidityRating: item['liquidity-rating'],
    earningsDate: item.earnings?.['expected-report-date'] ?? null,
  };
}

/** What a status other than success means for a reader. */
export function refusedBy(answer: HttpAnswer, what: string) {
  const { status } = answer;
  if (status === 404) return { kind: 'notFound', what } as const;
  const isTransient = status === TOO_MANY_REQUESTS || status >= 500;
  return failed(`${what} was answered with status ${status}`, isTransient);
}

function parseBody<T>(schema: z.ZodType<T>, body: string): T | undefined {
  try {
    return schema.parse(JSON.parse(body));
  } catch {
    return undefined;
  }
}

/** Reads an answer's body by its schema: the value, or why there is none. */
export function bodyOf<T>(
  answer: HttpAnswer,
  schema: z.ZodType<T>,
  what: string,
): { readonly value: T } | Exclude<ReadResult<never>, { kind: 'read' | 'unsupported' }> {
  if (answer.status < 200 || answer.status >= 300) return refusedBy(answer, what);
  const value = parseBody(schema, answer.body);
  return value === undefined
    ? failed(`${what} was answered with what cannot be read`, true)
    : { value };
}

/** Metrics of tickers. */
export function* readMetrics(
  symbols: readonly string[],
  source: ReadSource,
): Reading<{ readonly metrics: readonly MetricsRow[] }> {
  const list = symbols.map(encodeURIComponent).join(',');
  const path = `/market-metrics?symbols=${list}`;
  const answer = yield* http({ method: 'GET', path, cacheMillis: METRICS_CACHE_MILLIS });
  if (answer.kind === 'failed') return answer;
  const body = bodyOf(answer, metricsAnswer, 'the market metrics request');
  if ('kind' in body) return body;
  return read({ metrics: body.value.data.items.map(metricsRow) }, source, answer.wall);
}

/** Symbols that begin with, or are described by, a text. */
export function* readSymbols(
  { text, limit }: { readonly text: string; readonly limit: number },
  source: ReadSource,
): Reading<{ readonly symbols: readonly SymbolRow[] }> {
  const path = `/symbols/search/${encodeURIComponent(text)}`;
  const answer = yield* http({ method: 'GET', path, cacheMillis: SYMBOLS_CACHE_MILLIS });
  if (answer.kind === 'failed') return answer;
  const body = bodyOf(answer, symbolsAnswer, 'the symbol search');
  if ('kind' in body) return body;
  const symbols = body.value.data.items.slice(0, limit).map((item) => ({
    symbol: item.symbol,
    description: item.description ?? null,
    type: item['instrument-type'] ?? null,
    hasOptions: item.options ?? null,
  }));
  return read({ symbols }, source, answer.wall);
}
