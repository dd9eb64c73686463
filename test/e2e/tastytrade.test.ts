/**
 * The whole program against the tastytrade stub over real sockets, with secrets of both brokers that
 * must show nowhere: the stub repeats login and tokens in refusals, and everything that was said or
 * written is looked through.
 */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { newYorkInstant } from '../../src/engine/domain/session-calendar.ts';
import { createHome, eventually, PATIENCE } from '../support/engine-process.ts';
import { TastytradeServer } from '../support/tastytrade/tastytrade-server.ts';
import { TastytradeVenue } from '../support/tastytrade/tastytrade-venue.ts';
import { BrokerDesk } from './broker-desk.ts';
import { sessionToday } from './session-today.ts';

vi.setConfig(PATIENCE);

/** Secrets that are set and not used. */
const ELSEWHERE = {
  ALPACA_API_KEY: 'PKCANARY27ae41e4649b',
  ALPACA_SECRET_KEY: 'canary-secret-934ca495991b7852b855e3b0',
};

describe('the program at tastytrade', () => {
  let stub: TastytradeServer;
  let desk: BrokerDesk;
  /** Every access token that the stub ever gave. */
  const tokens: string[] = [];

  beforeAll(async () => {
    const home = createHome();
    // An account has one engine on a machine: this one is no other run's.
    const account = `5W${home.slice(-6).toUpperCase()}`;
    const venue = new TastytradeVenue(newYorkInstant(sessionToday, 640) / 1_000, account);
    const give = venue.login.token.bind(venue.login);
    venue.login.token = (body, type) => {
      const reply = give(body, type);
      const { access_token: token } = reply.body as { access_token?: string };
      if (token !== undefined) tokens.push(token);
      return reply;
    };
    stub = await TastytradeServer.start(venue);
    stub.run();
    desk = await BrokerDesk.start(home, {
      DELTARING_BROKER: 'tastytrade',
      TASTYTRADE_CLIENT_SECRET: venue.login.clientSecret,
      TASTYTRADE_REFRESH_TOKEN: venue.login.refreshToken,
      TASTYTRADE_BASE_URL: stub.restUrl,
      ...ELSEWHERE,
    });
  });

  afterAll(async () => {
    await desk?.remove('tastytrade', stub.venue.account.number);
    await stub?.stop();
  });

  /** The stub trades whatever works there. */
  function tradeAll(): void {
    for (const order of stub.venue.orders.all.values()) {
      if (order.status === 'Live') stub.venue.orders.fill(order.id, 1);
    }
  }

  it("joins the account of its login and agrees with the broker's books", async () => {
    expect(desk.engine.log).toContain(stub.venue.account.number);
    await desk.booksAgree();
  });

  it('tells an order that was refused in words that repeat the token', async () => {
    stub.venue.faults.add(/^POST .*orders$/, 'echo');
    expect((await desk.openCondor('rejected', 4)).reason).toContain('refused');
  });

  it('tells what the broker says against a dry run, though its words repeat the token', async () => {
    stub.venue.faults.add(/^POST .*dry-run$/, 'echo');
    const { posts } = stub.venue.orders;
    const { text } = await desk.ask('iron_condor_30_delta', { width: 3 });
    expect(text).toContain('the broker would not take it: broker text:');
    expect(stub.venue.orders.posts).toBe(posts);
  });

  it('opens a condor, reads its account and leaves nothing short', async () => {
    const trading = setInterval(tradeAll, 50);
    try {
      const order = await desk.openCondor('filled', 5);
      expect(order.fills.length).toBeGreaterThanOrEqual(4);
      expect(stub.venue.orders.dryRuns).toBeGreaterThan(0);
      const { fields } = await desk.ask<{ positions: readonly object[] }>('get_positions');
      expect(fields.positions).toHaveLength(4);
      await desk.ask('get_transaction_history');
      expect((await desk.console('flatten')).code).toBe(0);
      // A wing that nobody bids for is left to expire: its loss is paid.
      await eventually('nothing short is held', () => {
        const held = [...stub.venue.account.lots.values()];
        return held.every(({ quantity }) => quantity >= 0) ? true : undefined;
      });
    } finally {
      clearInterval(trading);
    }
  });

  it('shows no secret anywhere, however much of it the broker repeats', async () => {
    const { venue } = stub;
    venue.faults.add(/^GET .*balances/, 'echo', 3);
    await desk.ask('get_balances');
    venue.stream.dropAll();
    await eventually('the stream is back', () => (venue.stream.connected === 1 ? true : undefined));
    expect(tokens.length).toBeGreaterThan(0);
    const login = [venue.login.clientSecret, venue.login.refreshToken];
    await desk.showsNone([...login, ...tokens, ...Object.values(ELSEWHERE)]);
  });
});
