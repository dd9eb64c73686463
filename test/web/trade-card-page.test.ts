import { createHash } from 'node:crypto';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import type { TradeCard } from '../../src/desk/engine-api.ts';
import { inlineHash } from '../../src/web/dashboard-page.ts';
import { readTradeCardHtml } from '../../src/web/trade-card-page.ts';
import { FakeEngineApi } from '../support/fake-engine-api.ts';
import { inner, PageNode, PageNodes } from './support/page-nodes.ts';

const CALLER = { principal: 'local', authority: 'open' } as const;

/** What the page's browser takes for the time, in milliseconds. */
interface Times {
  readonly leftMillis: number;
  /** Since the page was asked for. */
  readonly now: number;
  readonly timeOfDay: number;
}

/** The page with a condor's card in it, as changed; `beat` is a half second of its clock. */
async function shown(change: Partial<TradeCard>, times: Partial<Times> = {}) {
  const { leftMillis = 0, now = 500, timeOfDay = 0 } = times;
  const request = { strategy: 'straddle_scan', strike: 600, quantity: 1 } as const;
  const answer = await new FakeEngineApi().previewStrategy(request, CALLER);
  if ('denied' in answer) throw new Error(answer.denied.message);
  const { byId } = new PageNodes();
  const card = { ...answer.value, ...change };
  const given = { card, payoff: null, environment: 'paper', leftMillis };
  byId('given').textContent = JSON.stringify(given);
  let beat: () => void = () => undefined;
  runInNewContext(inner(readTradeCardHtml(), 'script'), {
    document: {
      getElementById: byId,
      createElement: () => new PageNode(),
      createElementNS: () => new PageNode(),
    },
    performance: { now: () => now },
    Date: { now: () => timeOfDay },
    localStorage: { getItem: () => null },
    location: { pathname: '/approve/1' },
    fetch: async () => ({ json: async () => ({ letIn: true }) }),
    setInterval: (run: () => void) => {
      beat = run;
    },
    clearInterval: () => undefined,
  });
  return { byId, beat: () => beat() };
}

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

  it('tells best case and breakeven of what opens alone', async () => {
    const opens = (await shown({})).byId('facts').text;
    expect(opens).toContain('Best case $88.00');
    expect(opens).toContain('Breakeven 596.08');
    const closes = (await shown({ purpose: 'close', maxProfitCents: 0 })).byId('facts').text;
    expect(closes).not.toMatch(/Best case|Breakeven/);
  });

  it('tells of a dry run what the broker has told', async () => {
    const dryRun = {
      outcome: 'passed',
      neededCents: 41_200,
      feesCents: null,
      buyingPowerAfterCents: null,
      said: [],
    } as const;
    const { byId } = await shown({ dryRun });
    expect(byId('facts').text).toContain('agrees; needs $412.00');
    expect(byId('facts').text).not.toContain('unlimited');
    const { byId: whole } = await shown({ dryRun: { ...dryRun, feesCents: 226 } });
    expect(whole('facts').text).toContain('agrees; needs $412.00; fees $2.26');
  });

  it.each([-60_000, 0, 60_000])('counts its own seconds, its clock %i ms off', async (off) => {
    const timeOfDay = Date.parse('2026-11-20T15:30:00Z') + off;
    const { byId, beat } = await shown({}, { leftMillis: 30_400, now: 500, timeOfDay });
    beat();
    expect(byId('said').text).toContain('30 s left to decide');
    await expect.poll(() => byId('decide').hidden).toBe(false);
  });

  it('says when the time is over, and not that nothing was placed elsewhere', async () => {
    const { byId, beat } = await shown({});
    beat();
    expect(byId('said').text).toContain('The time to decide is over');
    expect(byId('said').text).toContain('nobody agreed in another window');
    expect(byId('decide').hidden).toBe(true);
  });

  it('allows the one script that runs by its hash', () => {
    const [, script = ''] = /<script>([\s\S]*?)<\/script>/.exec(html) ?? [];
    const hash = createHash('sha256').update(script).digest('base64');
    expect(inlineHash(html, 'script')).toBe(`'sha256-${hash}'`);
  });
});
