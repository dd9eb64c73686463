import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { afterAll, describe, expect, it, vi } from 'vitest';
import type { OrderView } from '../../src/desk/engine-api.ts';
import {
  createHome,
  detachedEngine,
  eventually,
  isAlive,
  LAUNCHER,
  PATIENCE,
  removeHome,
  settingsFor,
  stopDetached,
} from '../support/engine-process.ts';
import { Trader } from './trader.ts';

vi.setConfig(PATIENCE);

const home = createHome();
const settings = settingsFor(home, { SIM_SPEED: '4' });
const traders: Trader[] = [];

afterAll(async () => {
  await Promise.all(traders.map((trader) => trader.leave()));
  await stopDetached(home);
  removeHome(home);
});

async function joinOne(): Promise<Trader> {
  const trader = await Trader.overStdio(settings);
  traders.push(trader);
  return trader;
}

function serveLog(): string {
  return readFileSync(join(home, 'serve.log'), 'utf8');
}

interface RawRun {
  readonly code: number | null;
  readonly stdout: string;
}

/** Speaks to `deltaring mcp` by hand: writes the lines, ends stdin, and collects all of stdout. */
function speak(messages: readonly object[]): Promise<RawRun> {
  const child = spawn(process.execPath, [LAUNCHER, 'mcp'], { env: settings, cwd: home });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.resume();
  child.stdin.end(messages.map((message) => `${JSON.stringify(message)}\n`).join(''));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, stdout })));
}

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'by hand', version: '1' },
  },
};

describe('MCP over stdio', () => {
  it('starts one engine where three hosts start at once, and all three join it', async () => {
    expect(await detachedEngine(home)).toBeUndefined();
    const three = await Promise.all([joinOne(), joinOne(), joinOne()]);
    const answers = await Promise.all(three.map((trader) => trader.call('market_status')));
    expect(new Set(answers.map((answer) => answer['session'])).size).toBe(1);
    expect(serveLog().match(/is running:/g)).toHaveLength(1);
    expect(await detachedEngine(home)).toBeDefined();
  });

  it('confirms on one connection what another previewed, for the same principal', async () => {
    const [here, there] = traders as [Trader, Trader];
    const card = await here.preview('iron_condor_30_delta');
    const { orderId } = await there.confirm(card.confirmToken);
    const order = await here.settled(orderId ?? '');
    const seen = await there.call<OrderView>('get_order_status', { order_id: orderId });
    expect(seen.orderId).toBe(order.orderId);
    const again = await here.confirm(card.confirmToken);
    expect(again).toMatchObject({ orderId, replayed: true });
  });

  it('confirms over HTTP what was previewed over stdio', async () => {
    const [, url = ''] = /MCP +(http:\/\/\S+)\/mcp/.exec(serveLog()) ?? [];
    const web = await Trader.overHttp(url);
    traders.push(web);
    const card = await (traders[0] as Trader).preview('iron_condor_30_delta', { width: 5 });
    const { orderId } = await web.confirm(card.confirmToken);
    const uri = `deltaring://audit/order/${orderId}`;
    const { contents } = await web.client.readResource({ uri });
    expect(JSON.stringify(contents)).toContain(`${orderId} (open) recorded for local with token`);
  });

  it('harms nothing when a host kills its shim', async () => {
    const engine = await detachedEngine(home);
    const [victim, other] = traders as [Trader, Trader];
    const pid = (victim.transport as StdioClientTransport).pid ?? 0;
    process.kill(pid, 'SIGKILL');
    await eventually('the shim is gone', () => (isAlive(pid) ? undefined : true));
    expect((await other.call('market_status'))['phase']).toBe('open');
    expect(await detachedEngine(home)).toBe(engine);
    const back = await joinOne();
    expect((await back.pnl()).killed).toBe(false);
  });

  it('answers what it was asked before the end of stdin, says nothing else, and exits 0', async () => {
    const { code, stdout } = await speak([
      INITIALIZE,
      { jsonrpc: '2.0', method: 'notifications/initialized' },
      { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'show_pnl', arguments: {} } },
    ]);
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    const messages = lines.map((line) => JSON.parse(line) as { jsonrpc: string; id?: number });
    expect(messages.every(({ jsonrpc }) => jsonrpc === '2.0')).toBe(true);
    expect(messages.map(({ id }) => id).filter((id) => id !== undefined)).toEqual([1, 2]);
  });

  it('tells an unknown line apart and keeps its connection', async () => {
    const child = spawn(process.execPath, [LAUNCHER, 'mcp'], { env: settings, cwd: home });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.resume();
    child.stdin.write('this is no JSON\n');
    child.stdin.write(`${JSON.stringify(INITIALIZE)}\n`);
    await eventually('it answers', () => (stdout.includes('"id":1') ? true : undefined));
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.stdin.end();
    expect(await ended).toBe(0);
  });

  it('ends when its engine is stopped', async () => {
    const [, other] = traders as [Trader, Trader];
    const pid = (other.transport as StdioClientTransport).pid ?? 0;
    await stopDetached(home);
    await eventually('the shim is gone', () => (isAlive(pid) ? undefined : true));
    expect(await detachedEngine(home)).toBeUndefined();
    expect(serveLog()).toContain('stopped: nothing is left unprotected');
  });
});
