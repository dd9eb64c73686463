import { describe, expect, it } from 'vitest';
import { TOOLS, ToolShelf } from '../../src/mcp/catalog.ts';
import { createFaceRoom, Face, faceSettings } from '../../src/mcp/face.ts';
import { instructionsOf, SELF_CONTAINED_CHARACTERS } from '../../src/mcp/instructions.ts';
import { dollars, figure, signedPrice } from '../../src/mcp/money-words.ts';
import { PROMPTS } from '../../src/mcp/prompts.ts';
import { toolResult } from '../../src/mcp/tool-result.ts';
import { Counters, createCountersBuffer } from '../../src/ops/counters.ts';
import { FAKE_IDENTITY, FakeEngineApi } from '../support/fake-engine-api.ts';
import { ALL_SETTINGS, call, join } from './support/connected-client.ts';

const OWNER = { principal: 'local', authority: 'open' } as const;
const TRADING = [
  'confirm_trade',
  'flatten_all',
  'cancel_order',
  'close_position',
  'manage_private_watchlist',
  'delete_private_watchlist',
];

function namesOf(face: Face): string[] {
  return face.list(true).map(({ name }) => name);
}

describe('a face', () => {
  it('offers the tool sets that are on, and older names with them', () => {
    const room = createFaceRoom(new FakeEngineApi(), { ...ALL_SETTINGS, toolsets: ['risk'] });
    const face = new Face(room, OWNER);
    expect(namesOf(face)).toEqual(TOOLS.filter((t) => t.toolset === 'risk').map((t) => t.name));
    expect(face.shelf.find('portfolio_pnl')?.name).toBe('show_pnl');
    expect(face.shelf.find('confirm_order')).toBeUndefined();
    expect(face.shelf.explainMissing('confirm_order')).toContain('"strategies" is off');
  });

  it('offers nothing that can trade or write when it is read-only, and keeps the kill switch', () => {
    const room = createFaceRoom(new FakeEngineApi(), { ...ALL_SETTINGS, readOnly: true });
    const face = new Face(room, OWNER);
    for (const name of TRADING) expect(namesOf(face)).not.toContain(name);
    expect(namesOf(face)).toHaveLength(TOOLS.length - TRADING.length);
    expect(face.caller.authority).toBe('observe');
    expect(namesOf(face)).toContain('kill_switch');
  });

  it('lets no client widen what its token or the operator gives it', () => {
    const room = createFaceRoom(new FakeEngineApi(), ALL_SETTINGS);
    const wish = { rights: { authority: 'open', openUpToCents: 90_000 } } as const;
    const few = { principal: 'a', authority: 'observe' } as const;
    expect(new Face(room, few, wish).caller.authority).toBe('observe');
    const some = { principal: 'b', authority: 'open', openUpToCents: 50_000 } as const;
    expect(new Face(room, some, wish).caller).toEqual(some);
    const rights = { authority: 'reduce' } as const;
    const reducing = createFaceRoom(new FakeEngineApi(), { ...ALL_SETTINGS, rights });
    expect(new Face(reducing, OWNER, wish).caller.authority).toBe('reduce');
  });

  it('lets a client narrow its rights', () => {
    const room = createFaceRoom(new FakeEngineApi(), ALL_SETTINGS);
    const watching = new Face(room, OWNER, {
      rights: { authority: 'observe' },
      toolsets: ['orders'],
    });
    expect(namesOf(watching)).toEqual([
      'get_order_status',
      'get_recent_orders',
      'reconcile_positions',
    ]);
    expect(new Face(room, OWNER, { readOnly: true }).caller.authority).toBe('observe');
    const reducing = new Face(room, OWNER, { rights: { authority: 'reduce' } });
    expect(reducing.caller.authority).toBe('reduce');
    expect(namesOf(reducing)).toContain('flatten_all');
  });

  it('never lets a client widen them', () => {
    const room = createFaceRoom(new FakeEngineApi(), {
      ...ALL_SETTINGS,
      toolsets: ['market'],
      readOnly: true,
    });
    const face = new Face(
      room,
      { principal: 'p', authority: 'console' },
      { rights: { authority: 'open' }, toolsets: ['strategies', 'market'], readOnly: false },
    );
    expect(face.caller.authority).toBe('observe');
    expect(namesOf(face)).toEqual(['get_option_chain', 'find_options_by_delta', 'market_status']);
    const plain = createFaceRoom(new FakeEngineApi(), ALL_SETTINGS);
    const console = new Face(plain, { principal: 'p', authority: 'console' });
    expect(console.caller.authority).toBe('open');
  });

  it('hides confirm_trade under elicit-required from who cannot ask, and nothing else', () => {
    const room = createFaceRoom(new FakeEngineApi(), {
      ...ALL_SETTINGS,
      confirmMode: 'elicit-required',
    });
    const face = new Face(room, OWNER);
    expect(face.list(true)).toHaveLength(TOOLS.length);
    expect(face.list(false)).toHaveLength(TOOLS.length - 1);
  });

  it('counts its calls and their time', async () => {
    const counters = new Counters(createCountersBuffer());
    const room = createFaceRoom(new FakeEngineApi(), ALL_SETTINGS, counters);
    const { client, close } = await join({ room });
    await call(client, 'market_status');
    await call(client, 'market_status', { wrong: 1 });
    expect(counters.get('tool_calls')).toBe(2);
    expect(counters.histogram('tool_micros').count).toBe(2);
    await close();
  });

  it('takes its settings from the configuration', () => {
    expect(
      faceSettings({
        DELTARING_TOOLSETS: ['market'],
        DELTARING_READ_ONLY: true,
        DELTARING_CONFIRM: 'token',
        DELTARING_AUTHORITY: { authority: 'reduce' },
      }),
    ).toEqual({
      toolsets: ['market'],
      readOnly: true,
      confirmMode: 'token',
      rights: { authority: 'reduce' },
    });
  });
});

describe('rights', () => {
  it('are needed by tools as the engine needs them', () => {
    const shelf = new ToolShelf({ toolsets: ['risk', 'orders'], authority: 'reduce' });
    expect(shelf.tools.map(({ name }) => name)).toContain('flatten_all');
  });
});

describe('what is said', () => {
  it('writes money as a trader reads it', () => {
    expect([dollars(41_200), dollars(-310), dollars(0), dollars(null)]).toEqual([
      '$412.00',
      '-$3.10',
      '$0.00',
      'unknown',
    ]);
    expect([signedPrice(0.92), signedPrice(-1.1)]).toEqual(['0.92 credit', '1.10 debit']);
    expect([figure(1.234), figure(null)]).toEqual(['1.23', 'unknown']);
  });

  it('puts numbers of a refusal beside its code, which they cannot overwrite', () => {
    const stamp = new FakeEngineApi().stamp();
    const denied = { code: 'order_size', message: 'no', numbers: { code: 'x', limit: 3 } } as const;
    expect(toolResult({ stamp, denied }).structured['denied']).toEqual({
      code: 'order_size',
      message: 'no',
      limit: 3,
    });
  });

  it('leaves out the words of checks that passed, and no others', () => {
    const stamp = new FakeEngineApi().stamp();
    const check = { code: 'order_size', message: 'small enough', numbers: { contracts: 1 } };
    const checks = [
      { ...check, outcome: 'passed' },
      { ...check, outcome: 'failed' },
      { ...check, outcome: 'notRun' },
    ];
    const { structured } = toolResult({ stamp, value: { checks }, text: '' });
    const { message: _message, ...wordless } = checks[0]!;
    expect(structured['checks']).toEqual([wordless, checks[1], checks[2]]);
    const plain = toolResult({ stamp, value: { checks: 'none' }, text: '' });
    expect(plain.structured['checks']).toBe('none');
  });

  it('puts the stamp last, so that no field of a tool can hide it', () => {
    const stamp = new FakeEngineApi().stamp();
    const result = toolResult({ stamp, value: { tradingState: 'fine', x: 1 }, text: 'Text.' });
    expect(result.structured).toMatchObject({ tradingState: 'active', x: 1 });
    expect(result.text).toBe('Text. [paper, active, 10:30:00, data 120 ms old]');
  });

  it('begins the instructions with what a client must know', () => {
    const text = instructionsOf({ ...FAKE_IDENTITY, environment: 'live' }, OWNER);
    expect(text.indexOf('\n')).toBeLessThanOrEqual(SELF_CONTAINED_CHARACTERS);
    expect(text).toContain('LIVE money');
  });

  it('names in prompts only tools that exist', () => {
    const names = TOOLS.map(({ name }) => name);
    for (const { text } of PROMPTS) {
      for (const [word] of text({}).matchAll(/\b[a-z]+_[a-z_]+\b/g)) expect(names).toContain(word);
    }
  });
});
