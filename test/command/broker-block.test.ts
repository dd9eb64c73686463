import { describe, expect, it, onTestFinished } from 'vitest';
import { brokerBlock } from '../../src/command/broker-block.ts';
import { newYorkInstant } from '../../src/engine/domain/session-calendar.ts';
import { sessionDate } from '../../src/engine/domain/units.ts';
import { AlpacaServer } from '../support/alpaca/alpaca-server.ts';
import { captureTerminal, settings, tempFolder } from './support/terminal.ts';

async function alpaca() {
  const server = new AlpacaServer({ now: newYorkInstant(sessionDate('2026-08-04'), 600) });
  await server.listen();
  onTestFinished(() => server.close());
  settings(tempFolder(), {
    DELTARING_BROKER: 'alpaca',
    ALPACA_API_KEY: server.key,
    ALPACA_SECRET_KEY: server.secret,
    ALPACA_BASE_URL: server.url,
  });
  return { server, account: server.venue.account, terminal: captureTerminal() };
}

describe("the broker's own switch against new orders", () => {
  it('goes on where the account is flat, and off again', async () => {
    const { account, terminal } = await alpaca();
    expect(await brokerBlock(['on'])).toBe(0);
    expect(account.isSuspended).toBe(true);
    expect(terminal.stdout).toContain('refuses every new order, closes included');
    expect(await brokerBlock(['off'])).toBe(0);
    expect(account.isSuspended).toBe(false);
  });

  it('stays off where something is open, unless its risk is stated and taken', async () => {
    const { account, terminal } = await alpaca();
    account.apply({ executionId: 'x', symbol: 'SPY260804C00660000', quantity: -1, price: 125 });
    expect(await brokerBlock(['on'])).toBe(1);
    expect(account.isSuspended).toBe(false);
    expect(terminal.stdout).toContain('position SPY260804C00660000: -1, now worth $-125.00');
    expect(await brokerBlock(['on', '--with-open-risk'])).toBe(0);
    expect(account.isSuspended).toBe(true);
  });

  it('stays as it is beside a word that it does not know', async () => {
    const { account } = await alpaca();
    for (const args of [
      ['on', '--dry-run'],
      ['on', 'off'],
    ]) {
      await expect(brokerBlock(args)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    }
    expect(account.isSuspended).toBe(false);
    expect(await brokerBlock(['on'])).toBe(0);
    for (const word of ['--dry-run', '--with-open-risk']) {
      await expect(brokerBlock(['off', word])).rejects.toThrow('nothing was done');
    }
    expect(account.isSuspended).toBe(true);
  });

  it('changes nothing where the account cannot be read', async () => {
    const { server, account } = await alpaca();
    server.faults.onRequest('GET /v2/positions', 'error500');
    await expect(brokerBlock(['on'])).rejects.toThrow('nothing was changed');
    expect(account.isSuspended).toBe(false);
  });

  it('is asked for by name, at Alpaca only', async () => {
    settings(tempFolder());
    await expect(brokerBlock([])).rejects.toThrow('usage: deltaring broker-block');
    await expect(brokerBlock(['on'])).rejects.toThrow('only Alpaca has such a switch');
  });
});
