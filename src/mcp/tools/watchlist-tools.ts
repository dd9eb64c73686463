/** Watchlists: the broker's, or on the paper account those kept in the home folder. */
import { z } from 'zod';
import type { WatchlistRow } from '../../engine/domain/account-facts.ts';
import { originShape, watchlistRow } from '../account-shapes.ts';
import { nameField, symbolsField } from '../argument-fields.ts';
import { resultShape } from '../result-shape.ts';
import type { ToolContext } from '../tool.ts';
import { defineTool, READS } from '../tool.ts';
import { originWords } from './account-tools.ts';

const LONGEST_NAME = 40;
const MOST_SYMBOLS = 200;
const WRITES = { readOnly: false, destructive: true, idempotent: true, openWorld: true };

const nameOf = (description: string) => nameField(description, LONGEST_NAME);

function listWords({ name, symbols }: WatchlistRow): string {
  return `${name}: ${symbols.length === 0 ? 'empty' : symbols.join(', ')}`;
}

export const getWatchlists = defineTool({
  name: 'get_watchlists',
  title: 'Watchlists',
  description: 'Use this when you want the watchlists, or one of them by its name.',
  toolset: 'research',
  input: z.strictObject({
    name: nameOf('One list; all when left out').optional(),
    kind: z.enum(['private', 'public']).default('private').describe('Whose lists'),
  }),
  output: resultShape({ watchlists: z.array(watchlistRow), ...originShape }),
  hints: { ...READS, openWorld: true },
  authority: 'observe',
  scope: 'portfolio.read',
  aliases: [],
  handler: async ({ api, caller }, { name, kind }) => {
    const answer = await api.readAccount('watchlists', { kind, name }, caller);
    if ('denied' in answer) return answer;
    const { watchlists } = answer.value;
    const text = watchlists.length === 0 ? 'No watchlists' : watchlists.map(listWords).join('; ');
    return { ...answer, text: `${text}.${originWords(answer.value)}` };
  },
});

/** The symbols of a list now; none where there is no such list. */
async function symbolsNow({ api, caller }: ToolContext, name: string) {
  const answer = await api.readAccount('watchlists', { kind: 'private', name }, caller);
  if (!('denied' in answer)) return { symbols: answer.value.watchlists[0]?.symbols ?? [] };
  return answer.denied.code === 'not_found' ? { symbols: [] } : answer;
}

const CHANGES = {
  add: (now: readonly string[], given: readonly string[]) => [...new Set([...now, ...given])],
  remove: (now: readonly string[], given: readonly string[]) =>
    now.filter((symbol) => !given.includes(symbol)),
  replace: (_now: readonly string[], given: readonly string[]) => given,
} as const;

export const managePrivateWatchlist = defineTool({
  name: 'manage_private_watchlist',
  title: 'Change a private watchlist',
  description:
    'Use this when symbols should be added to a private watchlist, taken out of it, or replace it; a list that does not exist is made.',
  toolset: 'research',
  input: z.strictObject({
    name: nameOf('The list'),
    action: z.enum(['add', 'remove', 'replace']).default('add').describe('What to do'),
    symbols: symbolsField('Tickers, or options in OCC form', MOST_SYMBOLS),
  }),
  output: resultShape({ watchlist: watchlistRow, ...originShape }),
  hints: WRITES,
  authority: 'reduce',
  scope: 'trade.execute',
  aliases: [],
  handler: async (context, { name, action, symbols }) => {
    const now = action === 'replace' ? { symbols: [] } : await symbolsNow(context, name);
    if ('denied' in now) return now;
    const ask = { name, symbols: CHANGES[action](now.symbols, symbols) };
    const answer = await context.api.readAccount('writeWatchlist', ask, context.caller);
    if ('denied' in answer) return answer;
    const text = `Kept. ${listWords(answer.value.watchlist)}.${originWords(answer.value)}`;
    return { ...answer, text };
  },
});

export const deletePrivateWatchlist = defineTool({
  name: 'delete_private_watchlist',
  title: 'Delete a private watchlist',
  description: 'Use this when a whole private watchlist should go.',
  toolset: 'research',
  input: z.strictObject({ name: nameOf('The list') }),
  output: resultShape({ deleted: z.string(), ...originShape }),
  hints: WRITES,
  authority: 'reduce',
  scope: 'trade.execute',
  aliases: [],
  handler: async ({ api, caller }, { name }) => {
    const answer = await api.readAccount('deleteWatchlist', { name }, caller);
    if ('denied' in answer) return answer;
    return { ...answer, text: `Deleted: ${answer.value.deleted}.${originWords(answer.value)}` };
  },
});
