/**
 * The whole program against the Alpaca stub over real sockets, with secrets of both brokers that must
 * show nowhere: the stub repeats its own in refusals, and everything that was said or written is looked
 * through. What tastytrade repeats is looked at in test/desk/threads/tastytrade-wires.test.ts.
 */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { accountLockPath } from '../../src/audit/account-lock.ts';
import type { OrderView } from '../../src/desk/engine-api.ts';
import { newYorkInstant } from '../../src/engine/domain/session-calendar.ts';
import { AlpacaServer } from '../support/alpaca/alpaca-server.ts';
import { isOpen } from '../support/alpaca/stub-order.ts';
import type { Settings } from '../support/engine-process.ts';
import { createHome, EngineProcess, eventually, PATIENCE } from '../support/engine-process.ts';
import { sessionToday } from './session-today.ts';
import { Trader } from './trader.ts';

vi.setConfig(PATIENCE);

/** Secrets that are set and not used. */
const ELSEWHERE = {
  TASTYTRADE_CLIENT_SECRET: 'canary-client-4c9184f37cff01bcdc32',
  TASTYTRADE_REFRESH_TOKEN: 'canary-refresh-d3486ec3c16d8d20a3a',
};

/** An engine at a broker, whoever speaks with it, and all that it told anybody. */
class Desk {
  readonly engine: EngineProcess;
  readonly trader: Trader;
  readonly heard: string[] = [];

  private constructor(engine: EngineProcess, trader: Trader) {
    this.engine = engine;
    this.trader = trader;
  }

  static async start(home: string, settings: Settings): Promise<Desk> {
    const usual = {
      DELTARING_TOOLSETS: 'default,account',
      SIM_SPEED: '4',
      SHUTDOWN_POLICY: 'leave',
      LOSS_COOLDOWN: '0',
    };
    const engine = await EngineProcess.start({ home, settings: { ...usual, ...settings } });
    return new Desk(engine, await Trader.overHttp(engine.url));
  }

  async ask<T = Record<string, unknown>>(tool: string, args = {}) {
    const reply = await this.trader.ask<T>(tool, args);
    this.heard.push(JSON.stringify(reply));
    return reply;
  }

  async console(...args: readonly string[]) {
    const finished = await this.engine.console(...args);
    this.heard.push(finished.stdout, finished.stderr);
    return finished;
  }

  async booksAgree(): Promise<void> {
    await eventually('the books agree', async () => {
      const reply = await this.ask<{ clean: boolean }>('reconcile_positions');
      return reply.fields.clean ? true : undefined;
    });
  }

  /** Previews a condor of a width, for the same order is not sent twice, and confirms it; what became of the order is asked for until it is told. */
  async openCondor(until: OrderView['status'], width: number): Promise<OrderView> {
    const card = await this.trader.preview('iron_condor_30_delta', { width });
    const { fields } = await this.ask<{ orderId: string }>('confirm_trade', {
      confirm_token: card.confirmToken,
    });
    return eventually(`order ${fields.orderId} is ${until}`, async () => {
      const order = await this.ask<OrderView>('get_order_status', { order_id: fields.orderId });
      return order.fields.status === until ? order.fields : undefined;
    });
  }

  /** Stops the engine and looks through all that it said, told and wrote. */
  async showsNone(secrets: readonly string[]): Promise<void> {
    for (const path of ['/health', '/metrics']) {
      this.heard.push(await (await fetch(this.engine.url + path)).text());
    }
    await this.trader.leave();
    await this.engine.stop();
    const { home, log } = this.engine;
    const files = filesIn(home);
    expect(files.some((path) => path.includes('recording'))).toBe(true);
    const written = files.map((path) => readFileSync(path).toString('latin1'));
    const texts = [log, ...this.heard, ...written];
    expect(texts.join('').length).toBeGreaterThan(100_000);
    for (const secret of secrets) {
      const found = texts.filter((text) => text.includes(secret)).map((text) => text.slice(0, 300));
      expect({ secret, found }).toEqual({ secret, found: [] });
    }
  }

  async remove(accountId: string): Promise<void> {
    await this.engine.remove();
    const lock = accountLockPath({ broker: 'alpaca', environment: 'paper', accountId });
    for (const path of [lock, `${lock}.json`, `${lock}-journal`]) rmSync(path, { force: true });
  }
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

describe('the program at Alpaca', () => {
  const key = 'PKCANARYd41d8cd98f';
  const secret = 'canary-secret-00b204e9800998ecf8427e';
  let stub: AlpacaServer;
  let desk: Desk;

  beforeAll(async () => {
    const home = createHome();
    const now = newYorkInstant(sessionToday, 640);
    // An account has one engine on a machine: this one is no other run's.
    const account = `PA3${home.slice(-6).toUpperCase()}`;
    stub = new AlpacaServer({ key, secret, now, account });
    stub.rateNow = () => Date.now() * 1_000;
    stub.venue.market.listsEverything = true;
    await stub.listen();
    desk = await Desk.start(home, {
      DELTARING_BROKER: 'alpaca',
      ALPACA_API_KEY: key,
      ALPACA_SECRET_KEY: secret,
      ALPACA_BASE_URL: stub.url,
      ...ELSEWHERE,
    });
  });

  afterAll(async () => {
    await desk?.remove(stub.venue.account.number);
    await stub?.close();
  });

  /** The stub trades whatever is open there. */
  function tradeAll(): void {
    for (const order of stub.venue.orders.filter(isOpen)) {
      if (order.status !== 'accepted') stub.venue.fill(order, order.units - order.filled);
    }
  }

  it("joins the account of its keys and agrees with the broker's books", async () => {
    expect(desk.engine.log).toContain(stub.venue.account.number);
    await desk.booksAgree();
    expect(stub.listeners).toBe(1);
  });

  it("tells an order that was refused with the broker's reason", async () => {
    stub.faults.onRequest('POST /v2/orders', 'echo');
    expect((await desk.openCondor('rejected', 4)).reason).toContain('was refused');
  });

  it('opens a condor, reads its account and leaves nothing short', async () => {
    const trading = setInterval(tradeAll, 50);
    try {
      const order = await desk.openCondor('filled', 5);
      expect(order.fills.length).toBeGreaterThanOrEqual(4);
      const { fields } = await desk.ask<{ positions: readonly object[] }>('get_positions');
      expect(fields.positions).toHaveLength(4);
      await desk.ask('get_transaction_history');
      expect((await desk.console('flatten')).code).toBe(0);
      // A wing that nobody bids for is left to expire: its loss is paid.
      await eventually('nothing short is held', () => {
        const held = [...stub.venue.account.held().values()];
        return held.every((quantity) => quantity > 0) ? true : undefined;
      });
    } finally {
      clearInterval(trading);
    }
  });

  it('shows no key anywhere, however much of it the broker repeats', async () => {
    stub.faults.onRequest('GET /v2/account', 'echo', 20);
    await desk.ask('get_balances');
    stub.breakStreams();
    await eventually('the stream is back', () => (stub.listeners === 1 ? true : undefined));
    await desk.showsNone([key, secret, ...Object.values(ELSEWHERE)]);
  });
});
