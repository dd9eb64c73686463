import { describe, expect, it, onTestFinished } from 'vitest';
import { alpacaReading, alpacaWire } from '../../src/command/alpaca-access.ts';
import { assertSameAccount, reachBroker } from '../../src/command/broker-access.ts';
import { readConfig } from '../../src/config.ts';
import type { Started } from '../../src/desk/journal-summary.ts';
import { newYorkInstant } from '../../src/engine/domain/session-calendar.ts';
import { sessionDate } from '../../src/engine/domain/units.ts';
import { AlpacaServer } from '../support/alpaca/alpaca-server.ts';

const FEED = {
  DELTARING_FEED: 'dxlink',
  DXLINK_URL: 'ws://127.0.0.1:1/realtime',
  DXLINK_TOKEN: 'token',
  DXLINK_STRIKES: '560-720',
};

async function alpaca(more: Readonly<Record<string, string>> = {}) {
  const key = more['DELTARING_ENV'] === 'live' ? 'AKTEST0001' : 'PKTEST0001';
  const server = new AlpacaServer({ key, now: newYorkInstant(sessionDate('2026-08-04'), 600) });
  await server.listen();
  onTestFinished(() => server.close());
  const config = readConfig({
    ...FEED,
    DELTARING_BROKER: 'alpaca',
    ALPACA_API_KEY: key,
    ALPACA_SECRET_KEY: server.secret,
    ALPACA_BASE_URL: server.url,
    DELTARING_HOME: '/nowhere',
    ...more,
  });
  return { server, config };
}

function started(broker: string, accountId: string): Started {
  return {
    kind: 'engineStarted',
    build: 'b',
    configFingerprint: 'c',
    broker,
    environment: 'paper',
    accountId,
    recoveredRecords: 0,
  };
}

describe("a broker's account", () => {
  it('is the home itself at the embedded broker, which has no wire', async () => {
    const { accountId, wire } = await reachBroker(readConfig({ DELTARING_HOME: '/nowhere' }));
    expect(accountId).toMatch(/^PAPER-/);
    expect(wire).toBeUndefined();
  });

  it("is told by Alpaca's keys", async () => {
    const { server, config } = await alpaca();
    const { accountId, wire } = await reachBroker(config);
    expect(accountId).toBe('PA3TESTSTUB1');
    expect(wire).toMatchObject({ restUrl: server.url, socketUrl: server.streamUrl });
    expect(alpacaReading(config).dataUrl).toBe(server.url);
  });

  it('is refused where live money was typed for another account', async () => {
    const { config } = await alpaca({ DELTARING_ENV: 'live', DELTARING_LIVE_ACCOUNT: '111' });
    await expect(reachBroker(config)).rejects.toThrow('the keys are of account PA3TESTSTUB1');
  });

  it('is refused with what to do, and without a key, where Alpaca does not take them', async () => {
    const { config } = await alpaca({ ALPACA_SECRET_KEY: 'wrong-secret' });
    const error = await reachBroker(config).catch(String);
    expect(error).toContain('make a new pair in its dashboard');
    expect(error).not.toMatch(/wrong-secret|PKTEST0001/);
  });

  it('is asked for again after a fault, and given up with the address', async () => {
    const { server, config } = await alpaca();
    server.faults.onRequest('GET /v2/account', 'error500', 2);
    expect((await reachBroker(config)).accountId).toBe('PA3TESTSTUB1');
    const { url } = server;
    server.faults.onRequest('GET /v2/account', 'dropRequest', 9);
    await expect(reachBroker(config)).rejects.toThrow(`${url} does not answer`);
  });

  it("must be the journal's own", async () => {
    const { config } = await alpaca();
    expect(() => assertSameAccount(undefined, config, 'PA3')).not.toThrow();
    expect(() => assertSameAccount(started('alpaca', 'PA3'), config, 'PA3')).not.toThrow();
    for (const other of [started('alpaca', 'PA4'), started('paper', 'PAPER-1')]) {
      expect(() => assertSameAccount(other, config, 'PA3')).toThrow('set another DELTARING_HOME');
    }
    const paper = readConfig({ DELTARING_HOME: '/moved' });
    expect(() => assertSameAccount(started('paper', 'PAPER-1'), paper, 'PAPER-2')).not.toThrow();
  });

  it('is reached at the host of its environment where no other is set', () => {
    const settings = { DELTARING_BROKER: 'alpaca', ALPACA_API_KEY: 'PK', ALPACA_SECRET_KEY: 's' };
    const config = readConfig({ ...FEED, ...settings });
    expect(alpacaWire(config)).toMatchObject({
      restUrl: 'https://paper-api.alpaca.markets',
      socketUrl: 'wss://paper-api.alpaca.markets/stream',
    });
    expect(alpacaReading(config).dataUrl).toBe('https://data.alpaca.markets');
  });
});
