/** The trade card's page: one self-contained file, shown by MCP hosts as it is and by this server
 * with a trade put into it. */
import { readFileSync } from 'node:fs';
import type { TradeCard } from '../desk/engine-api.ts';
import type { PayoffView } from '../desk/engine-api-payoff.ts';
import type { Page } from './dashboard-page.ts';
import { ownPagePolicy } from './dashboard-page.ts';

const NOTHING_GIVEN = '<script type="application/json" id="given">null</script>';

/** The file, for hosts: what it shows comes to it as a message. */
export function readTradeCardHtml(): string {
  return readFileSync(new URL('trade-card.html', import.meta.url), 'utf8');
}

export interface GivenTrade {
  readonly card: TradeCard;
  readonly payoff: PayoffView | null;
  readonly environment: 'paper' | 'live';
  /** How long the token still lives as the page goes out: the browser's time of day may be another one. */
  readonly leftMillis: number;
}

/** The page with a trade in it, its token left out: the page's own address stands for it. */
export function tradeCardPage(html: string, given: GivenTrade): Page {
  const open = { ...given, card: { ...given.card, confirmToken: '' } };
  const json = JSON.stringify(open).replaceAll('<', '\\u003c');
  const filled = html.replace(NOTHING_GIVEN, () => NOTHING_GIVEN.replace('null', () => json));
  return { html: filled, contentSecurityPolicy: ownPagePolicy(html) };
}
