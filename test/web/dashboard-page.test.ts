import { createHash } from 'node:crypto';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { deny } from '../../src/engine/domain/verdict.ts';
import { readDashboardPage } from '../../src/web/dashboard-page.ts';
import { snapshotOf } from '../../src/web/live-view.ts';
import { FakeEngineApi } from '../support/fake-engine-api.ts';
import { inner, PageNode, PageNodes } from './support/page-nodes.ts';

/** Runs the page's script on one snapshot, after which nothing more is heard; `pass` lets its clock run. */
async function shown(snapshot: object) {
  const done = Promise.withResolvers<void>();
  const events = [`data: ${JSON.stringify(snapshot)}\n`, '\ndata: {"half'];
  const read = async () => {
    const value = events.shift();
    if (value !== undefined) return { value, done: false };
    done.resolve();
    return new Promise(() => undefined);
  };
  const body = { pipeThrough: () => ({ getReader: () => ({ read }) }) };
  const page = run(async () => ({ status: 200, ok: true, body }));
  await done.promise;
  return page;
}

/** Runs the page's script at an engine that answers so. */
function run(fetch: (path: string, init: { readonly signal: AbortSignal }) => Promise<object>) {
  const { byId } = new PageNodes();
  let now = 1_000_000;
  let beat: () => void = () => undefined;
  runInNewContext(inner(readDashboardPage().html, 'script'), {
    document: { getElementById: byId, createElement: () => new PageNode() },
    sessionStorage: { getItem: () => null },
    fetch,
    AbortController,
    Date: { now: () => now },
    TextDecoderStream: Object,
    setTimeout: () => undefined,
    setInterval: (run: () => void) => {
      beat = run;
    },
  });
  const pass = (millis: number): void => {
    now += millis;
    beat();
  };
  return { byId, pass };
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
    const { byId } = await shown(await snapshotOf(api));
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

  it('shows an alert that fired with its level, the value now and when it was', async () => {
    const api = new FakeEngineApi();
    const request = { on: 'spot', direction: 'above', level: 601.25 } as const;
    await api.setAlert(request);
    expect((await shown(await snapshotOf(api))).byId('alerts').text).toContain('armed');
    const firedAt = '2026-11-20T10:31:07-05:00';
    const [set] = api.alertList;
    api.alertList.splice(0, 1, { ...set!, state: 'fired', value: 601.5, firedAt });
    const { text } = (await shown(await snapshotOf(api))).byId('alerts');
    for (const told of ['spot above', '601.25', '601.50', 'fired', '10:31:07']) {
      expect(text).toContain(told);
    }
  });

  it('shows a killed engine without a chain', async () => {
    const api = new FakeEngineApi();
    api.killed = true;
    api.slice = undefined;
    const { byId } = await shown(await snapshotOf(api));
    expect(byId('state').text).toContain('KILLED');
    expect(byId('chain').text).toContain('no chain now');
    expect(byId('positions').text).toContain('flat');
  });

  it('says of what the engine does not answer that it is not known', async () => {
    const api = new FakeEngineApi();
    api.healthStatus = 'down';
    const busy = async () => ({ stamp: api.stamp(), ...deny('engine_busy', 'no answer in time') });
    Object.assign(api, { pnl: busy, recentOrders: busy, alerts: busy });
    const { byId } = await shown(await snapshotOf(api));
    for (const id of ['positions', 'orders', 'alerts']) {
      expect(byId(id).text.trim()).toBe('not known: the engine does not answer');
    }
    expect(byId('tiles').text).toContain('Day P&L not known');
    expect(byId('state')).toMatchObject({ text: expect.stringContaining('does not answer') });
    expect(byId('state').className).toContain('bad');
  });

  it('tells how long it has heard nothing, and how old what it shows has become', async () => {
    const api = new FakeEngineApi();
    const { byId, pass } = await shown(await snapshotOf(api));
    const { dataAgeMs } = api.stamp();
    pass(4_000);
    expect(byId('state').text).toContain('active');
    pass(3_000);
    expect([byId('state').text.trim(), byId('state').className]).toEqual([
      'no news for 7 s',
      'badge bad',
    ]);
    expect(byId('board').className).toBe('stale');
    expect(byId('age').text).toContain(`data ${(((dataAgeMs ?? 0) + 7_000) / 1_000).toFixed(1)} s`);
  });

  it.each([429, 503])('says that it is not connected where it is answered %s', async (status) => {
    const { byId } = run(async () => ({ status, ok: false }));
    await expect.poll(() => byId('state').text.trim()).toBe('not connected');
  });

  it('gives up a connection on which nothing has come for long', () => {
    let signal: AbortSignal | undefined;
    const { pass } = run((_path, init) => {
      signal = init.signal;
      return new Promise(() => undefined);
    });
    pass(15_000);
    expect(signal?.aborted).toBe(false);
    pass(1);
    expect(signal?.aborted).toBe(true);
  });
});
