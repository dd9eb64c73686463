/** The market services beside the feed, in the broker's shapes: metrics and symbol search. Pure. */
import type { UnderlyingSpec } from '../../engine/domain/underlying.ts';
import type { VolatilityFacts } from '../model/volatility-facts.ts';

const DECIMALS = 9;

function decimal(value: number): string {
  return value.toFixed(DECIMALS);
}

/** The metrics of what is simulated; other symbols have none. What the model does not know is absent. */
export function marketMetrics(
  spec: UnderlyingSpec,
  facts: VolatilityFacts | undefined,
  wanted: readonly string[],
): readonly object[] {
  if (facts === undefined || !wanted.includes(spec.symbol)) return [];
  const { annual, rank, percentile, beta } = facts;
  return [
    {
      symbol: spec.symbol,
      'implied-volatility-index': decimal(annual),
      ...(rank === undefined ? {} : { 'implied-volatility-index-rank': decimal(rank) }),
      ...(percentile === undefined ? {} : { 'implied-volatility-percentile': decimal(percentile) }),
      beta: decimal(beta),
    },
  ];
}

/** What is simulated, where its ticker begins with the text or its title holds it. */
export function foundSymbols({ symbol, title, settlement }: UnderlyingSpec, text: string) {
  const wanted = text.toUpperCase();
  const isFound = symbol.startsWith(wanted) || title.toUpperCase().includes(wanted);
  if (text === '' || !isFound) return [];
  const type = settlement === 'cash' ? 'Index' : 'Equity';
  const description = `${title} (simulated)`;
  return [{ symbol, description, 'instrument-type': type, options: true }];
}
