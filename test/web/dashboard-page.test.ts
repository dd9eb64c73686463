import { createHash } from 'node:crypto';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { readDashboardPage } from '../../src/web/dashboard-page.ts';
import { snapshotOf } from '../../src/web/live-view.ts';
import { FakeEngineApi } from '../support/fake-engine-api.ts';
import { inner, PageNode, PageNodes } from './support/page-nodes.ts';

/** Runs the page's script on one snapshot, then the connection ends for good. */
async function shown(snapshot: object): Promise<(id: string) => PageNode> {
  const { byId } = new PageNodes();
  const done = Promise.withResolvers<void>();
  const events = [`data: ${JSON.stringify(snapshot)}\n`, '\ndata: {"half'];
  const read = async () => {
    const value = events.shift();
    if (value !== undefined) return { value, done: false };
    done.resolve();
    return new Promise(() => undefined);
  };
  const body = { pipeThrough: () => ({ getReader: () => ({ read }) }) };
  runInNewContext(inner(readDashboardPage().html, 'script'), {
    document: { getElementById: byId, createElement: () => new PageNode() },
    sessionStorage: { getItem: () => null },
    fetch: async () => ({ status: 200, body }),
    TextDecoderStream: Object,
    setTimeout,
  });
  await done.promise;
  return byId;
}

describe('the dashboard', () => {
  it('allows its own script and style by their hashes, and nothing else', () => {
    const { html, contentSecurityPolicy } = readDashboardPage();
    for (const tag of ['script', 'style']) {
      const hash = createHash('sha256').update(inner(html, tag)).digest('base64');
      expect(contentSecurityPolicy).toContain(`${tag}-src 'sha256-${hash}'`);
    }
    expect(html.match(/<script/g)).toHaveLength(1);
    expect(html).not.toMatch(/\son\w+=|innerHTML|style=/);
  });

  it('shows state, P&L, chain, positions and orders of a snapshot', async () => {
    const api = new FakeEngineApi();
    const caller = { principal: 'local', authority: 'open' } as const;
    const card = await api.previewStrategy(
      { strategy: 'straddle_scan', strike: 600, quantity: 1 },
      caller,
    );
    if ('value' in card) await api.confirm(card.value.confirmToken, caller);
    const byId = await shown(await snapshotOf(api));
    expect(byId('board').hidden).toBe(false);
    expect(byId('state').text).toContain('active');
    expect(byId('environment').text).toContain('paper');
    expect(byId('tiles').text).toContain('-$12.50');
    expect(byId('chain').text).toContain('600');
    expect(byId('chain').children).toHaveLength(21);
    expect(byId('positions').text).toContain('straddle_scan');
    expect(byId('orders').text).toContain('filled');
    expect(byId('parts').text).toContain('journal');
  });

  it('shows a killed engine without a chain', async () => {
    const api = new FakeEngineApi();
    api.killed = true;
    api.slice = undefined;
    const byId = await shown(await snapshotOf(api));
    expect(byId('state').text).toContain('KILLED');
    expect(byId('chain').text).toContain('no chain now');
    expect(byId('positions').text).toContain('flat');
  });
});
