/**
 * The whole program against the Alpaca stub over real sockets, with secrets that must show nowhere: the
 * stub repeats them in its refusals, and everything that was said or written is looked through.
 */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { accountLockPath } from '../../src/audit/account-lock.ts';
import type { OrderView, TradeCard } from '../../src/desk/engine-api.ts';
import { newYorkInstant } from '../../src/engine/domain/session-calendar.ts';
import { AlpacaServer } from '../support/alpaca/alpaca-server.ts';
import { isOpen } from '../support/alpaca/stub-order.ts';
import { createHome, EngineProcess, eventually, PATIENCE } from '../support/engine-process.ts';
import { sessionToday } from './session-today.ts';
import { Trader } from './trader.ts';

vi.setConfig(PATIENCE);

const CANARIES = {
  ALPACA_API_KEY: 'PKCANARYd41d8cd98f',
  ALPACA_SECRET_KEY: 'canary-secret-00b204e9800998ecf8427e',
  TASTYTRADE_CLIENT_SECRET: 'canary-client-4c9184f37cff01bcdc32',
  TASTYTRADE_REFRESH_TOKEN: 'canary-refresh-d3486ec3c16d8d20a3a',
};

/** Everything that the program told anybody. */
const heard: string[] = [];
let stub: AlpacaServer;
let engine: EngineProcess;
let trader: Trader;

beforeAll(async () => {
  const home = createHome();
  stub = new AlpacaServer({
    key: CANARIES.ALPACA_API_KEY,
    secret: CANARIES.ALPACA_SECRET_KEY,
    now: newYorkInstant(sessionToday, 640),
    account: `PA3${home.slice(-6).toUpperCase()}`,
  });
  stub.rateNow = () => Date.now() * 1_000;
  stub.venue.market.listsEverything = true;
  await stub.listen();
  engine = await EngineProcess.start({
    home,
    settings: {
      ...CANARIES,
      DELTARING_BROKER: 'alpaca',
      ALPACA_BASE_URL: stub.url,
      DELTARING_TOOLSETS: 'default,account',
      SIM_SPEED: '4',
      SHUTDOWN_POLICY: 'leave',
    },
  });
  trader = await Trader.overHttp(engine.url);
});

afterAll(async () => {
  const accountId = stub.venue.account.number;
  await trader?.leave();
  await engine?.remove();
  await stub?.close();
  const lock = accountLockPath({ broker: 'alpaca', environment: 'paper', accountId });
  for (const path of [lock, `${lock}.json`, `${lock}-journal`]) rmSync(path, { force: true });
});

/** Asks a tool and remembers its words. */
async function ask<T = Record<string, unknown>>(tool: string, args = {}) {
  const reply = await trader.ask<T>(tool, args);
  heard.push(JSON.stringify(reply));
  return reply;
}

async function console(...args: readonly string[]) {
  const finished = await engine.console(...args);
  heard.push(finished.stdout, finished.stderr);
  return finished;
}

/** Previews a condor and confirms it; what became of the order is asked for until it is told. */
async function openCondor(until: readonly string[]): Promise<OrderView> {
  const card = await trader.preview('iron_condor_30_delta');
  const { fields } = await ask<TradeCard & { orderId: string }>('confirm_trade', {
    confirm_token: card.confirmToken,
  });
  return eventually(`order ${fields.orderId} is ${until.join(' or ')}`, async () => {
    const order = await ask<OrderView>('get_order_status', { order_id: fields.orderId });
    return until.includes(order.fields.status) ? order.fields : undefined;
  });
}

/** The stub trades whatever is open there. */
function tradeAll(): void {
  for (const order of stub.venue.orders.filter(isOpen)) {
    if (order.status !== 'accepted') stub.venue.fill(order, order.units - order.filled);
  }
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

describe('the program at Alpaca', () => {
  it("joins the account of its keys and agrees with the broker's books", async () => {
    expect(engine.log).toContain(stub.venue.account.number);
    const { text } = await ask('reconcile_positions');
    expect(text).not.toBe('');
    const { fields } = await eventually('the books agree', async () => {
      const reply = await ask<{ clean: boolean }>('reconcile_positions');
      return reply.fields.clean ? reply : undefined;
    });
    expect(fields.clean).toBe(true);
    expect(stub.listeners).toBe(1);
  });

  it('opens a condor, reads its account and leaves nothing short', async () => {
    const trading = setInterval(tradeAll, 50);
    try {
      const order = await openCondor(['filled']);
      expect(order.fills.length).toBeGreaterThanOrEqual(4);
      const { fields } = await ask<{ positions: readonly object[] }>('get_positions');
      expect(fields.positions).toHaveLength(4);
      await ask('get_transaction_history');
      const { code } = await console('flatten');
      expect(code).toBe(0);
      // A wing that nobody bids for is left to expire: its loss is paid.
      await eventually('nothing short is held', () => {
        const held = [...stub.venue.account.held().values()];
        return held.every((quantity) => quantity > 0) ? true : undefined;
      });
    } finally {
      clearInterval(trading);
    }
  });

  it('shows no secret anywhere, however much of it the broker repeats', async () => {
    stub.faults.onRequest('POST /v2/orders', 'echo');
    const refused = await openCondor(['rejected']);
    expect(refused.reason).toContain('was refused');
    stub.faults.onRequest('GET /v2/account', 'echo', 20);
    await ask('get_balances');
    stub.breakStreams();
    await eventually('the stream is back', () => (stub.listeners === 1 ? true : undefined));
    await console('status', '--json');
    await console('doctor');
    await console('audit', 'show', refused.orderId);
    for (const path of ['/health', '/metrics']) {
      heard.push(await (await fetch(engine.url + path)).text());
    }
    await engine.stop();
    heard.push(engine.log);
    const files = filesIn(engine.home);
    expect(files.some((path) => path.includes('recording'))).toBe(true);
    const texts = [...heard, ...files.map((path) => readFileSync(path).toString('latin1'))];
    expect(texts.join('').length).toBeGreaterThan(100_000);
    for (const [name, canary] of Object.entries(CANARIES)) {
      const found = texts.filter((text) => text.includes(canary)).map((text) => text.slice(0, 300));
      expect({ name, found }).toEqual({ name, found: [] });
    }
  });
});
