/**
 * The trade card as an MCP App (extension io.modelcontextprotocol/ui): hosts that show apps draw a
 * preview's payoff and offer the confirm as a button. Other hosts see nothing of it.
 */
import type { EngineApi, TradeCard } from '../desk/engine-api.ts';
import type { Tool } from './tool.ts';
import type { ToolResult } from './tool-result.ts';

/** Hosts keep a page by its address, so another page gets another number. */
export const TRADE_CARD_URI = 'ui://deltaring/trade-card-3';
export const APP_MIME_TYPE = 'text/html;profile=mcp-app';
/** What a host that shows apps says of itself. */
export const APPS_EXTENSION = 'io.modelcontextprotocol/ui';

/** True for a tool whose answer may be a trade card. */
export function answersWithCard({ output }: Tool): boolean {
  return 'confirmToken' in output.shape;
}

/** What a listed tool says of its page. */
export const CARD_TOOL_META = { ui: { resourceUri: TRADE_CARD_URI } };

/** The trade card that an answer is; undefined for any other. */
export function cardOf({ structured }: ToolResult): TradeCard | undefined {
  if (typeof structured['confirmToken'] !== 'string' || !Array.isArray(structured['legs'])) {
    return undefined;
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what has a confirm token is a card
  return structured as unknown as TradeCard;
}

/** What the page needs and a model need not read; undefined for what is no card. `redeemerOf` names the
 * tool that the page's buttons call; undefined where this client is offered none. */
export function cardMeta(
  api: EngineApi,
  result: ToolResult,
  redeemerOf: (purpose: TradeCard['purpose']) => string | undefined,
): Readonly<Record<string, unknown>> | undefined {
  const card = cardOf(result);
  if (card === undefined) return undefined;
  const payoff = api.payoff(card);
  return {
    'deltaring/redeem': redeemerOf(card.purpose) ?? null,
    ...(payoff && { 'deltaring/payoff': payoff }),
  };
}
