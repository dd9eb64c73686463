/**
 * The account reader of Alpaca: what the trading host says of the account, quotes of the data host,
 * and what Alpaca lacks, with what to use instead. Pure: generators of the port. Lives on the I/O
 * worker.
 */
import type { BalancesRow, ValueOf } from '../../engine/domain/account-facts.ts';
import type { AccountReader } from '../account-reader.ts';
import { unsupported, withoutAsking } from '../account-reader.ts';
import { listed, one } from './account-answers.ts';
import { accountRow, balancesRow, positionRow } from './account-rows.ts';
import { readAllOrders, readHistory, readLiveOrders, readTransactions } from './history-reading.ts';
import { deleteWatchlist, readSymbols, readWatchlists, writeWatchlist } from './list-reading.ts';
import { readQuotes } from './quote-reading.ts';
import { readMarketRules } from './rules-reading.ts';
import { isFields } from './wire-order.ts';

/** Makes the reader of one account. */
export function alpacaReader(accountId: string): AccountReader {
  const noMetrics = unsupported(
    'market metrics (IV rank, percentiles, beta)',
    'market_status and get_option_chain: volatilities of the live chain are computed here',
  );
  const asBalances = (value: unknown): BalancesRow | undefined =>
    isFields(value) ? balancesRow(value) : undefined;
  const asAccounts = (value: unknown): ValueOf<'accounts'> | undefined =>
    isFields(value) ? { accounts: [accountRow(value, accountId)] } : undefined;
  return {
    accounts: () => one('/v2/account', asAccounts),
    balances: () => one('/v2/account', asBalances),
    positions: () => one('/v2/positions', listed('positions', positionRow)),
    transactions: readTransactions,
    netLiqHistory: readHistory,
    orderHistory: readAllOrders,
    liveOrders: readLiveOrders,
    quotes: readQuotes,
    metrics: () => withoutAsking(noMetrics),
    symbols: readSymbols,
    marketRules: readMarketRules,
    watchlists: readWatchlists,
    writeWatchlist,
    deleteWatchlist,
  };
}
