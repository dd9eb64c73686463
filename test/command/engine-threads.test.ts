import { describe, expect, it, onTestFinished } from 'vitest';
import {
  createBuffers,
  deskConfig,
  outsideSource,
  startSim,
} from '../../src/command/engine-threads.ts';
import { simulatedTimeOf } from '../../src/command/session-time.ts';
import { readConfig } from '../../src/config.ts';
import { summarizeJournal } from '../../src/desk/journal-summary.ts';
import { sessionDate } from '../../src/engine/domain/units.ts';
import { TapeWriter } from '../../src/sim/replay/market-tape.ts';

describe('the memory of an engine', () => {
  it('is shared, and its own for each engine', () => {
    const [one, other] = [createBuffers(), createBuffers()];
    for (const buffer of Object.values(one)) expect(buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(one.chain).not.toBe(other.chain);
  });
});

describe('the thread of a recorded market', () => {
  it('takes the tape over instead of a copy of it', async () => {
    const config = readConfig({ DELTARING_FEED: 'replay', REPLAY_FILE: 'session.rec' });
    const writer = new TapeWriter(1);
    writer.add({ kind: 1, row: -1, at: 0, values: [6_500_000, 6_500_100, 1, 1] });
    const events = writer.events();
    const date = sessionDate('2026-11-20');
    const tape = { underlying: 'SPY', date, contracts: [], bars: [], events } as const;
    const time = simulatedTimeOf(config, summarizeJournal([]));
    const { worker, source } = await startSim(config, time, tape);
    onTestFinished(() => void worker.terminate());
    expect(source).toMatchObject({
      kind: 'rest',
      baseUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:/),
    });
    expect(Object.values(events).map((column) => column.length)).toEqual([0, 0, 0, 0]);
  });
});

describe('an outside feed', () => {
  it('is a url and token with a range of strikes', () => {
    const config = readConfig({
      DELTARING_FEED: 'dxlink',
      DXLINK_URL: 'wss://feed.example/realtime',
      DXLINK_TOKEN: 'token',
      DXLINK_STRIKES: '560-720',
    });
    expect(outsideSource(config)).toEqual({
      kind: 'fixed',
      dxlinkUrl: 'wss://feed.example/realtime',
      token: 'token',
      strikes: [560, 720],
    });
  });

  it('is the broker’s REST service, which hands out the tokens', () => {
    const config = readConfig({
      DELTARING_FEED: 'tastytrade',
      TASTYTRADE_CLIENT_SECRET: 'secret',
      TASTYTRADE_REFRESH_TOKEN: 'refresh',
    });
    expect(outsideSource(config)).toMatchObject({
      kind: 'rest',
      baseUrl: 'https://api.tastyworks.com',
      clientSecret: 'secret',
      refreshToken: 'refresh',
      userAgent: expect.stringMatching(/^deltaring\/\d/),
    });
  });
});

describe('what the desk is told', () => {
  const mayOpen = (settings: Record<string, string>) => {
    const audit = { logSize: 0, logRoot: '', auditKey: '' };
    return deskConfig(readConfig(settings), audit).mayOpen;
  };

  it('is that nobody may open where the settings say so', () => {
    expect(mayOpen({})).toBe(true);
    expect(mayOpen({ DELTARING_AUTHORITY: 'open:500' })).toBe(true);
    expect(mayOpen({ DELTARING_AUTHORITY: 'reduce-only' })).toBe(false);
    expect(mayOpen({ DELTARING_AUTHORITY: 'observe' })).toBe(false);
    expect(mayOpen({ DELTARING_READ_ONLY: '1' })).toBe(false);
  });
});
