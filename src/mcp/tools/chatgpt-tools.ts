/** `search` and `fetch` in the shapes that ChatGPT's deep research lays down, to the letter. */
import { z } from 'zod';
import { deny } from '../../engine/domain/verdict.ts';
import { fetchFromLibrary, type Library, searchLibrary } from '../library.ts';
import type { ToolContext } from '../tool.ts';
import { defineTool, READS } from '../tool.ts';
import { straddleScan } from './straddle-scan.ts';
import { ironCondor, lottoPlay, orbLongCall, orbLongPut } from './strategy-previews.ts';
import { placeOrder } from './trading-tools.ts';

const STRATEGIES = [orbLongCall, orbLongPut, ironCondor, lottoPlay, straddleScan, placeOrder];

function libraryOf({ api, caller }: ToolContext): Library {
  return { api, caller, strategies: STRATEGIES };
}

export const search = defineTool({
  name: 'search',
  title: 'Search',
  description:
    "Use this when you look for something in this server's documents, strategies, today's orders or their audit records.",
  toolset: 'chatgpt',
  input: z.strictObject({ query: z.string().describe('Search query') }),
  output: z.object({
    results: z.array(z.object({ id: z.string(), title: z.string(), url: z.string() })),
  }),
  exact: true,
  hints: READS,
  authority: 'observe',
  scope: 'portfolio.read',
  aliases: [],
  handler: async (context, { query }) => {
    const found = await searchLibrary(libraryOf(context), query);
    const results = found.map(({ id, title, url }) => ({ id, title, url }));
    return { stamp: context.api.stamp(), value: { results }, text: '' };
  },
});

export const fetchDocument = defineTool({
  name: 'fetch',
  title: 'Fetch',
  description: 'Use this when you want the whole text of a result of search, by its id.',
  toolset: 'chatgpt',
  input: z.strictObject({ id: z.string().describe('Id of a search result') }),
  output: z.object({
    id: z.string(),
    title: z.string(),
    text: z.string(),
    url: z.string(),
    metadata: z.record(z.string(), z.string()).optional(),
  }),
  exact: true,
  hints: READS,
  authority: 'observe',
  scope: 'portfolio.read',
  aliases: [],
  handler: async (context, { id }) => {
    const entry = await fetchFromLibrary(libraryOf(context), id);
    const stamp = context.api.stamp();
    if (entry === undefined) {
      return { stamp, ...deny('not_found', 'no such id: search names what there is') };
    }
    const { asOf, environment } = stamp;
    return { stamp, value: { ...entry, metadata: { asOf, environment } }, text: '' };
  },
});
