/** The option stream: a cursor of one's own on the engine's updates. */
import { z } from 'zod';
import { wallMicros } from '../../engine/domain/clock.ts';
import { dollarsFromPrice } from '../../engine/domain/units.ts';
import type { ChainRow } from '../chain-rows.ts';
import { chainRow } from '../chain-rows.ts';
import { resultShape } from '../result-shape.ts';
import type { StreamView } from '../stream-desk.ts';
import type { ToolContext } from '../tool.ts';
import { defineTool, READS } from '../tool.ts';

const NEWEST_FIELDS = ['bid', 'ask', 'mid', 'delta', 'ageMs'] as const;
const MOST_NEWEST = 10;
const nothing = z.strictObject({});

const streamShape = resultShape({
  streaming: z.boolean(),
  contracts: z.number(),
  updates: z.number(),
  newUpdates: z.number(),
  lostUpdates: z.number(),
  movedContracts: z.number(),
  newest: z.array(z.looseObject({ strike: z.number(), right: z.string() })),
});

const LISTED = ['streaming', 'updates', 'newUpdates', 'lostUpdates', 'newest'];

const NOTHING_SEEN: StreamView = { updates: 0, newUpdates: 0, lost: 0, movedRows: new Set() };

/** Of the contracts that moved, those nearest the money. */
function newestOf({ api }: ToolContext, { movedRows }: StreamView): ChainRow[] {
  const slice = api.chain();
  if (slice === undefined) return [];
  const spot = slice.spot === undefined ? (slice.forward ?? 0) : dollarsFromPrice(slice.spot);
  const wall = wallMicros();
  return [...slice.calls, ...slice.puts]
    .filter(({ index }) => movedRows.has(index))
    .map((view) => chainRow(view, NEWEST_FIELDS, wall))
    .sort((a, b) => Math.abs(a.strike - spot) - Math.abs(b.strike - spot))
    .slice(0, MOST_NEWEST);
}

function answerOf(context: ToolContext, streaming: boolean, view: StreamView) {
  const { api } = context;
  const slice = api.chain();
  const contracts = slice === undefined ? 0 : slice.calls.length + slice.puts.length;
  const { updates, newUpdates, lost: lostUpdates, movedRows } = view;
  const counts = { contracts, updates, newUpdates, lostUpdates, movedContracts: movedRows.size };
  const value = { streaming, ...counts, newest: newestOf(context, view) };
  const state = streaming ? 'Streaming' : 'Not streaming';
  const text = `${state}: ${contracts} contracts, ${newUpdates} updates since the last look (${updates} in all, ${lostUpdates} missed), ${movedRows.size} contracts moved.`;
  return { stamp: api.stamp(), value, text };
}

export const startOptionStreaming = defineTool({
  name: 'start_option_streaming',
  title: 'Start streaming',
  description:
    'Use this when you want to follow the chain: counts updates for you from now on; read them with streaming_status.',
  toolset: 'stream',
  input: nothing,
  output: streamShape,
  listedOutput: LISTED,
  hints: READS,
  authority: 'observe',
  scope: 'market.read',
  aliases: [],
  handler: async (context) => {
    context.streams.start(context.caller.principal);
    const view = context.streams.look(context.caller.principal) ?? NOTHING_SEEN;
    return answerOf(context, true, view);
  },
});

export const stopOptionStreaming = defineTool({
  name: 'stop_option_streaming',
  title: 'Stop streaming',
  description: 'Use this when you no longer follow the chain: closes your stream and sums it up.',
  toolset: 'stream',
  input: nothing,
  output: streamShape,
  listedOutput: LISTED,
  hints: READS,
  authority: 'observe',
  scope: 'market.read',
  aliases: [],
  handler: async (context) => {
    const view = context.streams.stop(context.caller.principal) ?? NOTHING_SEEN;
    return answerOf(context, false, view);
  },
});

export const streamingStatus = defineTool({
  name: 'streaming_status',
  title: 'Streaming status',
  description:
    'Use this when you want what moved since your last look: counts, missed updates, and quotes near the money.',
  toolset: 'stream',
  input: nothing,
  output: streamShape,
  listedOutput: LISTED,
  hints: { ...READS, idempotent: false },
  authority: 'observe',
  scope: 'market.read',
  aliases: [],
  handler: async (context) => {
    const view = context.streams.look(context.caller.principal);
    return answerOf(context, view !== undefined, view ?? NOTHING_SEEN);
  },
});
