/**
 * What do the tools cost a model in tokens: their list, once a conversation, and each typical answer?
 *
 *     SDK client ─► face ─► desk on a fixed market: one whole trade by the tools, its answers weighed
 *
 * Bytes are exact. Tokens are estimated at four bytes each, as for English JSON; a host's own count
 * differs. Hosts hand a model the text, the structured content, or both: both are counted here.
 */
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { readConfig } from '../src/config.ts';
import { ToolShelf } from '../src/mcp/catalog.ts';
import { createFaceRoom, Face, faceSettings } from '../src/mcp/face.ts';
import { listedTool } from '../src/mcp/tool-listing.ts';
import { call, connected } from '../test/mcp/support/connected-client.ts';
import { doorOf } from '../test/mcp/support/desk-door.ts';
import { DeskRig } from '../test/support/desk-rig.ts';
import type { Bench, BenchReport, Row } from './support/bench.ts';
import { check } from './support/bench.ts';

const NAME = 'token-cost';
const BYTES_PER_TOKEN = 4;
/** Promised for the default sets. */
const MOST_TOOLS = 24;
const MOST_LIST_BYTES = 25_000;
/** Hosts cut or spill longer answers: 25,000 tokens at one of them. */
const MOST_ANSWER_BYTES = 100_000;

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

function tokens(bytes: number): number {
  return Math.round(bytes / BYTES_PER_TOKEN);
}

/** Each is a promise: so many bytes, and not more than its limit. */
function rowOf(metric: string, bytes: number, limit: number): Row {
  return {
    bench: NAME,
    metric: `${metric}, about ${tokens(bytes)} tokens`,
    unit: 'bytes',
    p50: bytes,
    p99: bytes,
    p999: bytes,
    limit,
    judged: { as: 'bytes', value: bytes },
    holds: bytes <= limit,
  };
}

function answerRow(name: string, text: number, structured: number): Row {
  const metric = `${name}: text ${text}, structured ${structured}`;
  return rowOf(metric, text + structured, MOST_ANSWER_BYTES);
}

/** The reading tools that a session asks again and again, with their defaults. */
const READS: readonly (readonly [name: string, args: Readonly<Record<string, unknown>>])[] = [
  ['market_status', {}],
  ['get_option_chain', {}],
  ['find_options_by_delta', { delta: 30 }],
  ['portfolio_delta', {}],
  ['show_pnl', {}],
  ['portfolio_greeks', {}],
  ['risk_check', {}],
  ['get_recent_orders', {}],
];

/** One trade: previewed, confirmed, looked at from all sides, flattened. */
async function weighTrade(rig: DeskRig, client: Client): Promise<Row[]> {
  const rows: Row[] = [];
  const ask = async (name: string, args: Readonly<Record<string, unknown>> = {}) => {
    const { isError, content, data } = await call(client, name, { ...args });
    check(!isError, `${name} answers`);
    rows.push(answerRow(name, bytesOf(content), bytesOf(data)));
    return data;
  };
  const card = await ask('iron_condor_30_delta', { width: 5 });
  const { orderId } = await ask('confirm_trade', { confirm_token: card['confirmToken'] });
  check(rig.ended(orderId).status === 'filled', 'the order fills');
  for (const [name, args] of READS) await ask(name, args);
  const flat = await ask('flatten_all');
  await ask('flatten_all', { confirm_token: flat['confirmToken'] });
  return rows;
}

function listing() {
  const { DELTARING_TOOLSETS: toolsets } = readConfig({});
  const tools = new ToolShelf({ toolsets, authority: 'open' }).tools.map(listedTool);
  const bytes = bytesOf({ tools });
  check(tools.length <= MOST_TOOLS, `the default sets are at most ${MOST_TOOLS} tools`);
  const each = tools.map((tool) => `${tool.name} ${bytesOf(tool)} (${tokens(bytesOf(tool))})`);
  const metric = `tools/list, ${tools.length} tools of the default sets`;
  return { row: rowOf(metric, bytes, MOST_LIST_BYTES), each };
}

async function run(): Promise<BenchReport> {
  const { row, each } = listing();
  const rig = new DeskRig();
  const settings = { ...faceSettings(readConfig({})), confirmMode: 'token' as const };
  const room = createFaceRoom(doorOf(rig), settings);
  const { client, close } = await connected(
    new Face(room, { principal: 'bench', authority: 'open' }),
  );
  try {
    const rows = [row, ...(await weighTrade(rig, client))];
    return {
      rows,
      checks: [
        `the default sets are at most ${MOST_TOOLS} tools`,
        `${rows.length - 1} answers of one whole trade, and its order filled`,
      ],
      notes: [
        `Bytes (tokens) of each tool in the list: ${each.join(', ')}.`,
        'Tokens are bytes by four, an estimate. The market is the one of the tests: the same bytes each time.',
      ],
    };
  } finally {
    await close();
    room.close();
  }
}

export const bench: Bench = {
  name: NAME,
  question: 'What do the tools cost a model in tokens: their list, and each typical answer?',
  run,
};
