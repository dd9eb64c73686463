/**
 * The account reader of tastytrade: every reading of the port is an endpoint of its service. The
 * sandbox lacks market data, metrics, symbol search, watchlists and the value's history: there they
 * fail with its own 502 and say so. Pure; lives on the I/O worker.
 */
import type { AccountReader } from '../account-reader.ts';
import { readAccounts, readBalances, readNetLiqHistory, readPositions } from './account-reading.ts';
import type { ReadFor } from './history-reading.ts';
import { readLiveOrders, readOrderHistory, readTransactions } from './history-reading.ts';
import { deleteWatchlist, readQuotes, readWatchlists, writeWatchlist } from './list-reading.ts';
import { readMetrics, readSymbols } from './market-reading.ts';
import { readMarketRules } from './rules-reading.ts';

export function tastytradeReader(of: ReadFor): AccountReader {
  const { accountId } = of;
  return {
    accounts: () => readAccounts(accountId),
    balances: () => readBalances(accountId),
    positions: () => readPositions(accountId),
    transactions: (ask) => readTransactions(of, ask),
    netLiqHistory: (ask) => readNetLiqHistory(accountId, ask),
    orderHistory: (ask) => readOrderHistory(of, ask),
    liveOrders: () => readLiveOrders(accountId),
    quotes: readQuotes,
    metrics: ({ symbols }) => readMetrics(symbols, 'tastytrade'),
    symbols: (ask) => readSymbols(ask, 'tastytrade'),
    marketRules: (ask) => readMarketRules(ask, 'tastytrade'),
    watchlists: readWatchlists,
    writeWatchlist,
    deleteWatchlist,
  };
}
