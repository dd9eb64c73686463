import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { TOOLS, ToolShelf } from '../../src/mcp/catalog.ts';
import { deniedShape } from '../../src/mcp/output-shapes.ts';
import { resultShape } from '../../src/mcp/result-shape.ts';
import { TOOL_CONTRACT_VERSION } from '../../src/mcp/tool.ts';
import { listedTool } from '../../src/mcp/tool-listing.ts';

const MOST_TOOLS = 24;
/** The promise is 25 KB; this leaves room for a tool to grow. */
const MOST_BYTES = 23_000;
/** Hosts cut descriptions and names that are longer. */
const LONGEST_DESCRIPTION = 400;

describe('the listing of tools', () => {
  it('is written for version 1 of the contract', () => {
    expect(TOOL_CONTRACT_VERSION).toBe(1);
  });

  it.each(TOOLS.map((tool) => [tool.name, tool] as const))(
    'shows %s as its snapshot',
    async (name, tool) => {
      const text = `${JSON.stringify(listedTool(tool), null, 2)}\n`;
      await expect(text).toMatchFileSnapshot(`snapshots/${name}.snap`);
    },
  );

  it('of the default sets stays within 24 tools and 23 KB', () => {
    const { tools } = new ToolShelf({
      toolsets: readConfig({}).DELTARING_TOOLSETS,
      authority: 'open',
    });
    expect(tools.length).toBeLessThanOrEqual(MOST_TOOLS);
    const bytes = Buffer.byteLength(JSON.stringify({ tools: tools.map(listedTool) }));
    expect(bytes).toBeLessThanOrEqual(MOST_BYTES);
  });

  it('tells hosts what they may assume of every tool', () => {
    for (const tool of TOOLS) {
      const { annotations, title, description, name } = listedTool(tool);
      expect(Object.values(annotations).every((hint) => typeof hint === 'boolean')).toBe(true);
      expect(Object.keys(annotations)).toHaveLength(4);
      expect(annotations.readOnlyHint && annotations.destructiveHint).toBe(false);
      expect(title.length).toBeGreaterThan(2);
      expect(description).toMatch(/^Use this when /);
      expect(description.length).toBeLessThan(LONGEST_DESCRIPTION);
      expect(name).toMatch(/^[a-z0-9_]{3,40}$/);
    }
  });

  it('marks exactly the tools that can send, cancel, kill or overwrite as destructive', () => {
    const destructive = TOOLS.filter(({ hints }) => hints.destructive).map(({ name }) => name);
    expect(destructive).toEqual([
      'confirm_trade',
      'kill_switch',
      'flatten_all',
      'cancel_order',
      'close_position',
      'manage_private_watchlist',
      'delete_private_watchlist',
    ]);
  });

  it('has no combinator at the top of a schema, which makes some hosts drop the whole list', () => {
    for (const { inputSchema, outputSchema } of TOOLS.map(listedTool)) {
      for (const schema of [inputSchema, outputSchema]) {
        expect(schema.type).toBe('object');
        for (const word of ['anyOf', 'oneOf', 'allOf', 'not', '$ref', '$defs']) {
          expect(schema).not.toHaveProperty(word);
        }
      }
      expect(inputSchema).toHaveProperty('additionalProperties', false);
    }
  });

  it('describes every argument', () => {
    for (const { name, inputSchema } of TOOLS.map(listedTool)) {
      const properties = inputSchema['properties'] as Record<string, { description?: string }>;
      for (const [argument, property] of Object.entries(properties)) {
        expect(property.description, `${name}.${argument}`).toBeTruthy();
      }
    }
  });

  it('does not show the older way to call a strategy', () => {
    const shown = JSON.stringify(
      TOOLS.filter(({ name }) => name.startsWith('orb')).map(listedTool),
    );
    expect(shown).not.toContain('preview":');
    expect(shown).not.toContain('confirm_token');
  });

  it('keeps every older name, each for one tool', () => {
    const aliases = TOOLS.flatMap(({ name, aliases }) => aliases.map((alias) => [alias, name]));
    expect(Object.fromEntries(aliases)).toEqual({
      confirm_order: 'confirm_trade',
      portfolio_pnl: 'show_pnl',
      panic_button: 'kill_switch',
      emergency_stop_all: 'kill_switch',
      emergency_exit: 'flatten_all',
      close_all_positions: 'flatten_all',
      delete_order: 'cancel_order',
      get_options_chain: 'get_option_chain',
      search_options: 'get_option_chain',
      get_current_time_nyc: 'market_status',
      fetch_accounts: 'get_accounts',
      fetch_balances: 'get_balances',
      get_positions_with_greeks: 'get_positions',
      fetch_positions: 'get_positions',
      list_orders: 'get_live_orders',
      create_options_order: 'place_order',
      create_equity_order: 'place_order',
      get_realtime_quotes: 'get_quotes',
      stream_option_quotes: 'get_quotes',
      get_quote: 'get_quotes',
      fetch_market_data: 'get_quotes',
    });
    const names = [...TOOLS.map(({ name }) => name), ...aliases.map(([alias]) => alias)];
    expect(new Set(names).size).toBe(names.length);
  });

  it('lets a refusal pass the schema of a result, and a result without a stamp not', () => {
    const shape = resultShape({ status: deniedShape });
    const stamp = {
      asOf: '',
      dataAgeMs: null,
      environment: 'paper',
      broker: 'paper',
      tradingState: 'active',
      killed: false,
    };
    expect(shape.safeParse({ ...stamp, denied: { code: 'x', message: 'y' } }).success).toBe(true);
    expect(shape.safeParse({ status: { code: 'x', message: 'y' } }).success).toBe(false);
  });
});
