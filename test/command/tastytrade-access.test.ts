import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { reachBroker } from '../../src/command/broker-access.ts';
import {
  readTastytradeAccount,
  tastytradeGrant,
  tastytradeUrl,
  tastytradeWire,
} from '../../src/command/tastytrade-access.ts';
import { readConfig } from '../../src/config.ts';
import { TastytradeServer } from '../support/tastytrade/tastytrade-server.ts';
import { TastytradeVenue } from '../support/tastytrade/tastytrade-venue.ts';

const SECRETS = {
  DELTARING_BROKER: 'tastytrade',
  DELTARING_FEED: 'tastytrade',
  TASTYTRADE_CLIENT_SECRET: 'stub-client-secret',
  TASTYTRADE_REFRESH_TOKEN: 'stub-refresh-token',
};
const LIVE = { ...SECRETS, DELTARING_ENV: 'live', DELTARING_LIVE_ACCOUNT: '5WT00001' };

async function stub(more: Readonly<Record<string, string>> = {}) {
  const server = await TastytradeServer.start(new TastytradeVenue(Date.UTC(2026, 10, 20, 15)));
  onTestFinished(() => server.stop());
  const home = mkdtempSync(join(tmpdir(), 'deltaring-access-'));
  onTestFinished(() => rmSync(home, { recursive: true }));
  const config = readConfig({
    ...SECRETS,
    TASTYTRADE_BASE_URL: server.restUrl,
    DELTARING_HOME: home,
    ...more,
  });
  return { server, config };
}

describe('access to tastytrade', () => {
  it('is the sandbox for paper money and the real service for live, where a version is named', () => {
    const sandbox = tastytradeWire(readConfig(SECRETS));
    expect(sandbox).toMatchObject({
      restUrl: 'https://api.cert.tastyworks.com',
      socketUrl: 'wss://streamer.cert.tastyworks.com',
    });
    expect(sandbox.headers).not.toHaveProperty('accept-version');
    expect(tastytradeWire(readConfig(LIVE))).toMatchObject({
      restUrl: 'https://api.tastyworks.com',
      socketUrl: 'wss://streamer.tastyworks.com',
      headers: { 'accept-version': '20261012' },
    });
    expect(JSON.stringify(sandbox)).not.toContain('stub-');
  });

  it('of a feed alone is the real service, whatever the orders are', () => {
    const config = readConfig({ ...SECRETS, DELTARING_BROKER: 'paper' });
    expect(tastytradeUrl(config)).toBe('https://api.tastyworks.com');
    expect(tastytradeGrant(config).environment).toBeUndefined();
  });

  it('finds the one account of a login', async () => {
    const { server, config } = await stub();
    const { accountId, wire } = await reachBroker(config);
    expect(accountId).toBe('5WT00001');
    expect(wire).toMatchObject({ restUrl: server.restUrl, socketUrl: server.socketUrl });
    expect(server.venue.login.logins).toBe(1);
  });

  it('names what blocks the account', async () => {
    const { server, config } = await stub();
    server.venue.knobs.isClosingOnly = true;
    expect(await readTastytradeAccount(config)).toMatchObject({
      optionsLevel: 'No Restrictions',
      blocks: ['closing only'],
    });
  });

  it('is refused with what to do, and without a secret', async () => {
    const other = await stub({ TASTYTRADE_ACCOUNT_ID: '5WT99999' });
    await expect(reachBroker(other.config)).rejects.toThrow('this login owns 5WT00001');
    const wrong = await stub({ TASTYTRADE_CLIENT_SECRET: 'a-wrong-secret' });
    const refused = reachBroker(wrong.config);
    await expect(refused).rejects.toThrow('/oauth/token answered 400');
    await expect(refused).rejects.not.toThrow('a-wrong-secret');
    const live = await stub({ ...LIVE, DELTARING_LIVE_ACCOUNT: '5WT00002' });
    await expect(reachBroker(live.config)).rejects.toThrow('account 5WT00001: nothing was started');
  });
});
