import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { inlineHash } from '../../src/web/dashboard-page.ts';
import { readTradeCardHtml } from '../../src/web/trade-card-page.ts';

describe('the trade card’s page', () => {
  const html = readTradeCardHtml();

  it('is whole in itself: it loads nothing from anywhere', () => {
    expect(html).not.toMatch(/\b(?:src|href)=/);
    expect(html).not.toMatch(/@import|url\(/);
    expect(html.length).toBeLessThan(16_000);
  });

  it('promises a worst price for what opens alone: a close follows the market', () => {
    expect(html).toContain("purpose === 'open' ? 'Never worse than' : 'On this market, at worst'");
  });

  it('allows the one script that runs by its hash', () => {
    const [, script = ''] = /<script>([\s\S]*?)<\/script>/.exec(html) ?? [];
    const hash = createHash('sha256').update(script).digest('base64');
    expect(inlineHash(html, 'script')).toBe(`'sha256-${hash}'`);
  });
});
