/** The whole program at the stub of a broker, and a look through everything that it said and wrote. */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { accountLockPath } from '../../src/audit/account-lock.ts';
import type { OrderView } from '../../src/desk/engine-api.ts';
import type { Settings } from '../support/engine-process.ts';
import { EngineProcess, eventually } from '../support/engine-process.ts';
import { Trader } from './trader.ts';

/** An engine at a broker, whoever speaks with it, and all that it told anybody. */
export class BrokerDesk {
  readonly engine: EngineProcess;
  readonly trader: Trader;
  readonly heard: string[] = [];

  private constructor(engine: EngineProcess, trader: Trader) {
    this.engine = engine;
    this.trader = trader;
  }

  static async start(home: string, settings: Settings): Promise<BrokerDesk> {
    const usual = {
      DELTARING_TOOLSETS: 'default,account',
      SIM_SPEED: '4',
      SHUTDOWN_POLICY: 'leave',
      LOSS_COOLDOWN: '0',
    };
    const engine = await EngineProcess.start({ home, settings: { ...usual, ...settings } });
    return new BrokerDesk(engine, await Trader.overHttp(engine.url));
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

  async remove(broker: 'alpaca' | 'tastytrade', accountId: string): Promise<void> {
    await this.engine.remove();
    const lock = accountLockPath({ broker, environment: 'paper', accountId });
    for (const path of [lock, `${lock}.json`, `${lock}-journal`]) rmSync(path, { force: true });
  }
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
