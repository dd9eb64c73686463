import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { deltaField, namesField, quantityField } from '../../src/mcp/argument-fields.ts';
import { nearestName } from '../../src/mcp/nearest-name.ts';
import { defineTool, READS } from '../../src/mcp/tool.ts';
import { readArguments } from '../../src/mcp/tool-arguments.ts';
import type { Joined } from './support/connected-client.ts';
import { call, join } from './support/connected-client.ts';

const CASES: readonly (readonly [string, string, Record<string, unknown>, readonly string[]])[] = [
  [
    'an unknown argument',
    'orb_long_call',
    { strike_dleta: 30 },
    ['strike_dleta', 'Did you mean strike_delta?', 'quantity'],
  ],
  [
    'a text for a number',
    'orb_long_call',
    { quantity: 'two' },
    ['quantity', '"two"', 'a whole number from 1 to 1000', 'leave it out for 1'],
  ],
  [
    'a fraction of a contract',
    'orb_long_call',
    { quantity: 1.5 },
    ['quantity', '1.5', 'whole number'],
  ],
  ['no contract', 'orb_long_call', { quantity: 0 }, ['quantity', 'from 1']],
  [
    'a delta as a fraction',
    'orb_long_call',
    { strike_delta: 0.3 },
    ['strike_delta', 'did you mean 30?'],
  ],
  [
    'a signed delta for a call',
    'orb_long_call',
    { strike_delta: -30 },
    ['strike_delta', 'did you mean 30?'],
  ],
  ['a delta of zero', 'orb_long_call', { strike_delta: 0 }, ['strike_delta', '1 to 99']],
  [
    'a delta of a hundred',
    'iron_condor_30_delta',
    { short_delta: 100 },
    ['short_delta', '1 to 99'],
  ],
  [
    'a range nobody draws',
    'orb_long_put',
    { range_minutes: 7 },
    ['range_minutes', '5 or 10 or 15'],
  ],
  [
    'an unknown choice',
    'iron_condor_30_delta',
    { select: 'cheap' },
    ['select', '"delta" or "credit" or "balanced"'],
  ],
  ['a negative width', 'iron_condor_30_delta', { width: -5 }, ['width', '-5']],
  [
    'a signed delta for a lotto call',
    'lotto_play_5_delta',
    { target_delta: -5 },
    ['target_delta', 'did you mean 5'],
  ],
  ['an IV in percent', 'straddle_scan', { max_iv: 80 }, ['max_iv', 'did you mean 0.8?']],
  ['a missing token', 'confirm_trade', {}, ['confirm_trade needs confirm_token', 'a text']],
  ['an argument where none is taken', 'show_pnl', { symbol: 'SPY' }, ['symbol', 'it takes none']],
  [
    'an unknown column',
    'get_option_chain',
    { fields: ['bid', 'dleta'] },
    ['fields', '"dleta"', 'did you mean delta?'],
  ],
  ['a broken list', 'get_option_chain', { fields: '["bid"' }, ['fields', 'list of names']],
  ['a missing delta', 'find_options_by_delta', {}, ['needs delta', 'a number']],
  ['nothing to cancel', 'cancel_order', {}, ['order_id', 'get_recent_orders']],
  ['nothing to close', 'close_position', {}, ['order_or_position_id', 'show_pnl']],
];

describe('arguments that cannot be read', () => {
  let joined: Joined;
  beforeAll(async () => {
    joined = await join();
  });
  afterAll(() => joined.close());

  it.each(CASES)('%s is refused and explained', async (_what, tool, args, words) => {
    const result = await call(joined.client, tool, args);
    expect(result.isError).toBe(true);
    expect(result.data['denied'].code).toBe('argument_invalid');
    for (const word of words) expect(result.text).toContain(word);
  });

  it('explains every fault of a call at once', async () => {
    const result = await call(joined.client, 'orb_long_call', { quantity: 'two', colour: 'red' });
    expect(result.text).toContain('quantity');
    expect(result.text).toContain('colour');
    expect(result.data['denied'].faults).toBe(2);
  });
});

describe('a kill', () => {
  it.each([
    ['a long reason', { reason: `SPY fell. ${'x'.repeat(5_000)}` }],
    ['a reason that is no text', { reason: { why: 'SPY fell' } }],
    ['an argument that it does not know', { confirm: true, message: 'stop' }],
    ['an enable in quotes', { enable: 'true' }],
    ['an enable that is a number', { enable: 1 }],
  ])('is refused by no word beside it: %s', async (_what, args) => {
    const { client, api, close } = await join();
    expect((await call(client, 'kill_switch', args)).isError).toBe(false);
    expect(api.killed).toBe(true);
    await close();
  });
});

describe('arguments that can be read', () => {
  it('takes null for left out, a sign on a put, lists as lists and as JSON text', async () => {
    const { client, close } = await join();
    const put = await call(client, 'orb_long_put', { strike_delta: -30, quantity: null });
    expect(put.isError).toBe(false);
    for (const fields of [['bid', 'delta'], '["bid","delta"]', 'bid, delta']) {
      const chain = await call(client, 'get_option_chain', { limit: 1, fields });
      expect(Object.keys(chain.data['rows'][0])).toEqual(['strike', 'right', 'bid', 'delta']);
    }
    await close();
  });

  it('shows ten strikes around the money unless asked otherwise', async () => {
    const { client, close } = await join();
    const usual = await call(client, 'get_option_chain');
    const strikes = usual.data['rows'].map((row: { strike: number }) => row.strike);
    expect(new Set(strikes).size).toBe(10);
    expect([strikes[0], strikes.at(-1)]).toEqual([595, 604]);
    const asked = await call(client, 'get_options_chain', { around: 580, limit: 1 });
    expect(asked.data['rows']).toMatchObject([
      { strike: 580, right: 'call' },
      { strike: 580, right: 'put' },
    ]);
    await close();
  });

  it('finds the contract nearest to a delta between its neighbours, deltas signed', async () => {
    const { client, close } = await join();
    const both = await call(client, 'find_options_by_delta', { delta: 30 });
    expect(both.data['matches'].map((m: { right: string }) => m.right)).toEqual(['call', 'put']);
    const put = await call(client, 'find_options_by_delta', { delta: -30 });
    const [{ nearest, higherDelta, lowerDelta, target }] = put.data['matches'];
    expect(target).toBe(-0.3);
    expect(higherDelta.delta).toBeLessThan(nearest.delta);
    expect(lowerDelta.delta).toBeGreaterThan(nearest.delta);
    expect(higherDelta.strike).toBe(nearest.strike + 1);
    await close();
  });

  it('says when there is no chain to read', async () => {
    const { client, api, close } = await join();
    api.slice = undefined;
    for (const [tool, args] of [
      ['get_option_chain', {}],
      ['find_options_by_delta', { delta: 30 }],
    ] as const) {
      const result = await call(client, tool, args);
      expect(result.data['denied'].code).toBe('engine_busy');
      expect(result.text).toContain('market_status');
    }
    await close();
  });
});

describe('the parts that read arguments', () => {
  const tool = defineTool({
    name: 'sample',
    title: 'Sample',
    description: 'Use this when testing.',
    toolset: 'market',
    input: z.strictObject({
      delta: deltaField('call', 'Delta').default(30),
      names: namesField(['bid', 'ask'], 'Names').optional(),
      quantity: quantityField(),
    }),
    output: z.object({}),
    hints: READS,
    authority: 'observe',
    scope: 'market.read',
    aliases: [],
    handler: async ({ api }, args) => ({ stamp: api.stamp(), value: args, text: '' }),
  });

  it('gives defaults to what is left out', () => {
    expect(readArguments(tool, undefined)).toEqual({ value: { delta: 30, quantity: 1 } });
  });

  it('refuses arguments that are no object', () => {
    expect(readArguments(tool, [1])).toHaveProperty('denied.code', 'argument_invalid');
    expect(readArguments(tool, 'x')).toHaveProperty('denied.code', 'argument_invalid');
  });

  it('takes 1 and 99 points of delta, and nothing beyond', () => {
    for (const delta of [1, 99]) expect(readArguments(tool, { delta })).toHaveProperty('value');
    for (const delta of [0.99, 99.01]) {
      expect(readArguments(tool, { delta })).toHaveProperty('denied');
    }
  });

  it('finds the nearest name, and none where none is near', () => {
    const names = ['strike_delta', 'quantity', 'range_minutes'];
    expect(nearestName('strikeDelta', names)).toBe('strike_delta');
    expect(nearestName('qty', names)).toBe('quantity');
    expect(nearestName('minutes', names)).toBe('range_minutes');
    expect(nearestName('zzzz', names)).toBeUndefined();
  });
});
