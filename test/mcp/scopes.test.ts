import { describe, expect, it } from 'vitest';
import { TOOLS, ToolShelf } from '../../src/mcp/catalog.ts';
import { isScope, SCOPE_WORDS, SCOPES } from '../../src/mcp/scopes.ts';

function namesWith(...scopes: (typeof SCOPES)[number][]): readonly string[] {
  const toolsets = [...new Set(TOOLS.map(({ toolset }) => toolset))];
  return new ToolShelf({ toolsets, authority: 'open', scopes }).tools.map(({ name }) => name);
}

describe('the scopes of tools', () => {
  it('let reading scopes reach no tool that changes anything at the broker', () => {
    const readable = namesWith('market.read', 'portfolio.read', 'trade.preview');
    const offered = TOOLS.filter(({ name }) => readable.includes(name));
    expect(offered.length).toBeGreaterThan(0);
    expect(offered.filter(({ hints }) => hints.destructive)).toEqual([]);
  });

  it('let every tool that can send an order be reached by trade.execute alone', () => {
    expect(namesWith('trade.execute')).toEqual(
      expect.arrayContaining(['confirm_trade', 'flatten_all', 'close_position', 'cancel_order']),
    );
    expect(namesWith('ops.kill')).toEqual(['kill_switch']);
  });

  it('make up all tools together, and none without any', () => {
    expect(namesWith(...SCOPES)).toHaveLength(TOOLS.length);
    expect(namesWith()).toEqual([]);
  });

  it('have words for a human, and are told from other words', () => {
    expect(Object.keys(SCOPE_WORDS)).toEqual([...SCOPES]);
    expect(isScope('market.read')).toBe(true);
    expect(isScope('admin')).toBe(false);
  });
});
