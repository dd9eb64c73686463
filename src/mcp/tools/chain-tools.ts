/** The live chain: by strike, and by delta. */
import { z } from 'zod';
import { wallMicros } from '../../engine/domain/clock.ts';
import type { Right } from '../../engine/domain/instrument.ts';
import type { ChainSlice, ContractView } from '../../engine/domain/market.ts';
import { dollarsFromPrice } from '../../engine/domain/units.ts';
import type { Outcome } from '../../engine/domain/verdict.ts';
import { deny } from '../../engine/domain/verdict.ts';
import { deltaField, namesField } from '../argument-fields.ts';
import type { ChainRow } from '../chain-rows.ts';
import { chainRow, ROW_FIELDS, rowsAround, USUAL_FIELDS } from '../chain-rows.ts';
import { figure } from '../money-words.ts';
import { resultShape } from '../result-shape.ts';
import type { ToolContext } from '../tool.ts';
import { defineTool, READS } from '../tool.ts';

const MOST_STRIKES = 200;
const DELTA_FIELDS = ['symbol', ...USUAL_FIELDS] as const;

const maybe = z.number().nullable();
const row = z.looseObject({ strike: z.number(), right: z.string() });
const marketShape = {
  underlying: z.string(),
  expiry: z.string(),
  spot: maybe,
  atmIv: maybe,
  expectedMove: maybe,
};

/** The chain as it stands, or the refusal that tells when to come back. */
export function readChain({
  api,
}: Pick<ToolContext, 'api'>): Outcome<{ readonly slice: ChainSlice }> {
  const slice = api.chain();
  if (slice !== undefined) return { slice };
  const message =
    'there is no chain to read now: the session is closed or the chain is being written; look at market_status and try again in a second';
  return deny('engine_busy', message);
}

function marketOf(slice: ChainSlice) {
  const { underlying, session, spot, atmVol, expectedMove } = slice;
  return {
    underlying,
    expiry: String(session.date),
    spot: spot === undefined ? null : dollarsFromPrice(spot),
    atmIv: atmVol ?? null,
    expectedMove: expectedMove ?? null,
  };
}

export const getOptionChain = defineTool({
  name: 'get_option_chain',
  title: 'Option chain',
  description:
    'Use this when you want live 0DTE quotes by strike, calls and puts: ten strikes around the money unless asked otherwise.',
  toolset: 'market',
  input: z.strictObject({
    around: z.number().positive().optional().describe('Middle, dollars; spot when left out'),
    limit: z.int().min(1).max(MOST_STRIKES).default(10).describe('Strikes'),
    fields: namesField(ROW_FIELDS, `Columns, of ${ROW_FIELDS.join(' ')}`).optional(),
  }),
  output: resultShape({ ...marketShape, rows: z.array(row) }),
  hints: READS,
  authority: 'observe',
  scope: 'market.read',
  aliases: ['get_options_chain', 'search_options'],
  handler: async (context, { around, limit, fields }) => {
    const stamp = context.api.stamp();
    const chain = readChain(context);
    if ('denied' in chain) return { stamp, denied: chain.denied };
    const market = marketOf(chain.slice);
    const middle = around ?? market.spot ?? chain.slice.forward;
    if (middle === undefined) {
      const message = 'the spot is not known yet: give around, or try again in a second';
      return { stamp, ...deny('data_stale', message) };
    }
    const wall = wallMicros();
    const views = rowsAround(chain.slice, middle, limit);
    const rows = views.map((view) => chainRow(view, fields ?? USUAL_FIELDS, wall));
    const strikes = `${rows[0]?.strike ?? '?'} to ${rows.at(-1)?.strike ?? '?'}`;
    const text = `${market.underlying} ${figure(market.spot)}, 0DTE ${market.expiry}: ${rows.length} contracts, strikes ${strikes}; expected move ${figure(market.expectedMove)}.`;
    return { stamp, value: { ...market, rows }, text };
  },
});

interface Match {
  readonly right: Right;
  readonly target: number;
  readonly nearest: ChainRow;
  readonly higherDelta: ChainRow | null;
  readonly lowerDelta: ChainRow | null;
}

/** The contract nearest to a delta, between its neighbours with a delta. */
function matchDelta(
  { api }: ToolContext,
  slice: ChainSlice,
  right: Right,
  points: number,
): Match | undefined {
  const size = Math.abs(points) / 100;
  const match = api.byDelta(slice, right, size);
  if (match === undefined) return undefined;
  const wall = wallMicros();
  const cells = (view: ContractView) => chainRow(view, DELTA_FIELDS, wall);
  const { nearest, higher, lower } = match;
  return {
    right,
    target: right === 'call' ? size : -size,
    nearest: cells(nearest),
    higherDelta: higher === undefined ? null : cells(higher),
    lowerDelta: lower === undefined ? null : cells(lower),
  };
}

function cell(value: unknown, decimals = 2): string {
  return typeof value === 'number' ? value.toFixed(decimals) : 'no';
}

function matchWords({ nearest, right, target }: Match): string {
  const { strike, delta, bid, ask } = nearest;
  return `nearest to ${target} is the ${strike} ${right} at ${cell(delta, 3)}, ${cell(bid)} bid, ${cell(ask)} ask`;
}

export const findOptionsByDelta = defineTool({
  name: 'find_options_by_delta',
  title: 'Options by delta',
  description:
    'Use this when you want the contract nearest to a delta, with its neighbours. Deltas in results are signed, -1 to 1.',
  toolset: 'market',
  input: z.strictObject({
    delta: deltaField('either', 'Delta in points, 30 = 0.30'),
    right: z.enum(['call', 'put']).optional().describe('Both when left out'),
  }),
  output: resultShape({
    underlying: z.string(),
    expiry: z.string(),
    spot: maybe,
    matches: z.array(
      z.object({
        right: z.string(),
        target: z.number(),
        nearest: row,
        higherDelta: row.nullable(),
        lowerDelta: row.nullable(),
      }),
    ),
  }),
  hints: READS,
  authority: 'observe',
  scope: 'market.read',
  aliases: [],
  handler: async (context, { delta, right }) => {
    const stamp = context.api.stamp();
    if (right === 'call' && delta < 0) {
      const message = `delta: ${delta} has a sign, which a call's delta has not: did you mean ${-delta}, or right "put"?`;
      return { stamp, ...deny('argument_invalid', message, { argument: 'delta' }) };
    }
    const chain = readChain(context);
    if ('denied' in chain) return { stamp, denied: chain.denied };
    const both: readonly Right[] = delta < 0 ? ['put'] : ['call', 'put'];
    const matches = (right === undefined ? both : [right])
      .map((side) => matchDelta(context, chain.slice, side, delta))
      .filter((match) => match !== undefined);
    if (matches.length === 0) {
      const message =
        'no contract has a delta yet; look at market_status and try again in a second';
      return { stamp, ...deny('data_stale', message) };
    }
    const { underlying, expiry, spot } = marketOf(chain.slice);
    const value = { underlying, expiry, spot, matches };
    return {
      stamp,
      value,
      text: `${underlying} ${figure(spot)}: ${matches.map(matchWords).join('; ')}.`,
    };
  },
});
