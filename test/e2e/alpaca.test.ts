/**
 * The whole program against the Alpaca stub over real sockets, with secrets of both brokers that must
 * show nowhere: the stub repeats its own in refusals, and everything that was said or written is looked
 * through.
 */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { newYorkInstant } from '../../src/engine/domain/session-calendar.ts';
import { AlpacaServer } from '../support/alpaca/alpaca-server.ts';
import { isOpen } from '../support/alpaca/stub-order.ts';
import { createHome, eventually, PATIENCE } from '../support/engine-process.ts';
import { BrokerDesk } from './broker-desk.ts';
import { sessionToday } from './session-today.ts';

vi.setConfig(PATIENCE);

/** Secrets that are set and not used. */
const ELSEWHERE = {
  TASTYTRADE_CLIENT_SECRET: 'canary-client-4c9184f37cff01bcdc32',
  TASTYTRADE_REFRESH_TOKEN: 'canary-refresh-d3486ec3c16d8d20a3a',
};

describe('the program at Alpaca', () => {
  const key = 'PKCANARYd41d8cd98f';
  const secret = 'canary-secret-00b204e9800998ecf8427e';
  let stub: AlpacaServer;
  let desk: BrokerDesk;

  beforeAll(async () => {
    const home = createHome();
    const now = newYorkInstant(sessionToday, 640);
    // An account has one engine on a machine: this one is no other run's.
    const account = `PA3${home.slice(-6).toUpperCase()}`;
    stub = new AlpacaServer({ key, secret, now, account });
    stub.rateNow = () => Date.now() * 1_000;
    stub.venue.market.listsEverything = true;
    await stub.listen();
    desk = await BrokerDesk.start(home, {
      DELTARING_BROKER: 'alpaca',
      ALPACA_API_KEY: key,
      ALPACA_SECRET_KEY: secret,
      ALPACA_BASE_URL: stub.url,
      ...ELSEWHERE,
    });
  });

  afterAll(async () => {
    await desk?.remove('alpaca', stub.venue.account.number);
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
