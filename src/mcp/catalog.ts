/** Every tool there is, in the order of the listing, and which of them a face offers. */
import type { Toolset } from '../config.ts';
import type { Authority } from '../engine/domain/client-rights.ts';
import { suffices } from '../engine/domain/client-rights.ts';
import { nearestName } from './nearest-name.ts';
import type { Scope } from './scopes.ts';
import type { Tool } from './tool.ts';
import {
  getAccounts,
  getBalances,
  getLiveOrders,
  getNetLiquidatingValueHistory,
  getOrderHistory,
  getPositions,
  getTransactionHistory,
} from './tools/account-tools.ts';
import { findOptionsByDelta, getOptionChain } from './tools/chain-tools.ts';
import { fetchDocument, search } from './tools/chatgpt-tools.ts';
import { confirmTrade } from './tools/confirm-trade.ts';
import { flattenAll, killSwitch } from './tools/emergency.ts';
import { marketStatus } from './tools/market-status.ts';
import {
  cancelOrder,
  closePosition,
  getOrderStatus,
  getRecentOrders,
  reconcilePositions,
} from './tools/order-tools.ts';
import { clearAlert, listAlerts, planStatus, setAlert } from './tools/plan-tools.ts';
import { portfolioDelta, portfolioGreeks, showPnl } from './tools/portfolio-views.ts';
import { getGreeks, getMarketMetrics, getQuotes, searchSymbols } from './tools/research-tools.ts';
import { riskCheck, riskMetrics } from './tools/risk-views.ts';
import { straddleScan } from './tools/straddle-scan.ts';
import { ironCondor, lottoPlay, orbLongCall, orbLongPut } from './tools/strategy-previews.ts';
import {
  startOptionStreaming,
  stopOptionStreaming,
  streamingStatus,
} from './tools/stream-tools.ts';
import { placeOrder, replaceOrder } from './tools/trading-tools.ts';
import {
  deletePrivateWatchlist,
  getWatchlists,
  managePrivateWatchlist,
} from './tools/watchlist-tools.ts';

/** The whole catalogue. */
export const TOOLS: readonly Tool[] = [
  orbLongCall,
  orbLongPut,
  ironCondor,
  lottoPlay,
  straddleScan,
  confirmTrade,
  showPnl,
  portfolioDelta,
  portfolioGreeks,
  riskCheck,
  riskMetrics,
  killSwitch,
  flattenAll,
  getOrderStatus,
  getRecentOrders,
  cancelOrder,
  closePosition,
  reconcilePositions,
  startOptionStreaming,
  stopOptionStreaming,
  streamingStatus,
  getOptionChain,
  findOptionsByDelta,
  marketStatus,
  setAlert,
  listAlerts,
  clearAlert,
  planStatus,
  getAccounts,
  getBalances,
  getPositions,
  getNetLiquidatingValueHistory,
  getTransactionHistory,
  getOrderHistory,
  getLiveOrders,
  placeOrder,
  replaceOrder,
  getQuotes,
  getGreeks,
  getMarketMetrics,
  searchSymbols,
  getWatchlists,
  managePrivateWatchlist,
  deletePrivateWatchlist,
  search,
  fetchDocument,
];

/** The tool of a name or an older name, whether a face offers it or not. */
export function toolNamed(name: string): Tool | undefined {
  return TOOLS.find((tool) => tool.name === name || tool.aliases.includes(name));
}

/** What a face may offer. */
export interface ToolChoice {
  readonly toolsets: readonly Toolset[];
  readonly authority: Authority;
  /** Scopes of the caller's token; every scope where undefined. */
  readonly scopes?: readonly Scope[] | undefined;
}

/** The tools of a face, and the names they answer to. Immutable. */
export class ToolShelf {
  readonly tools: readonly Tool[];
  readonly #choice: ToolChoice;
  readonly #byName = new Map<string, Tool>();

  constructor(choice: ToolChoice) {
    this.#choice = choice;
    this.tools = TOOLS.filter(
      ({ toolset, authority, scope }) =>
        choice.toolsets.includes(toolset) &&
        suffices(choice.authority, authority) &&
        this.#holds(scope),
    );
    for (const tool of this.tools) {
      for (const name of [tool.name, ...tool.aliases]) {
        this.#byName.set(name, tool.heldTo?.[name] ?? tool);
      }
    }
  }

  /** The tool of a name or an older name. */
  find(name: string): Tool | undefined {
    return this.#byName.get(name);
  }

  #holds(scope: Scope): boolean {
    return this.#choice.scopes?.includes(scope) !== false;
  }

  /** Why a name is not on this shelf, and what to call instead. */
  explainMissing(name: string): string {
    const elsewhere = toolNamed(name);
    if (elsewhere !== undefined && !this.#holds(elsewhere.scope)) {
      return `${name} needs the scope ${elsewhere.scope}, which this token lacks: connect again and ask for it.`;
    }
    const { toolsets, authority } = this.#choice;
    if (elsewhere !== undefined && !toolsets.includes(elsewhere.toolset)) {
      return `${name} is not offered here: its tool set "${elsewhere.toolset}" is off (DELTARING_TOOLSETS=default,${elsewhere.toolset} turns it on).`;
    }
    if (elsewhere !== undefined) {
      return `${name} is not offered here: this client has the rights "${authority}" or is read-only, and it needs "${elsewhere.authority}".`;
    }
    const nearest = nearestName(name, [...this.#byName.keys()]);
    const meant = nearest === undefined ? '' : ` Did you mean ${nearest}?`;
    return `There is no tool "${name}".${meant} tools/list names them all.`;
  }
}
