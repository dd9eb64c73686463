import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { acquireHomeLock } from '../../src/audit/account-lock.ts';
import { engageKillLatch } from '../../src/audit/kill-latch.ts';
import { doctor } from '../../src/command/doctor.ts';
import { socketPath } from '../../src/command/engine-paths.ts';
import { epochMicros } from '../../src/engine/domain/units.ts';
import { homeWith } from '../audit/support/home-files.ts';
import { alerts, START_MICROS } from '../audit/support/sample-records.ts';
import { AlpacaServer } from '../support/alpaca/alpaca-server.ts';
import { TinyDxLinkServer } from '../support/feed/tiny-dxlink-server.ts';
import { S3TestServer } from '../support/s3-server.ts';
import { TastytradeServer } from '../support/tastytrade/tastytrade-server.ts';
import { TastytradeVenue } from '../support/tastytrade/tastytrade-venue.ts';
import { captureTerminal, settings, tempFolder } from './support/terminal.ts';

interface Finding {
  readonly check: string;
  readonly outcome: 'ok' | 'warning' | 'failed';
  readonly text: string;
}

/** The findings by the name of their check, and the exit code. */
async function examine(home: string, more: Record<string, string> = {}) {
  settings(home, more);
  const terminal = captureTerminal();
  const code = await doctor(['--json']);
  const findings: Finding[] = JSON.parse(terminal.stdout);
  return { code, found: Object.fromEntries(findings.map((each) => [each.check, each])) };
}

/** Listens as the engine of a home does. */
async function listenOn(path: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const server = createServer().listen(path);
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
}

/** Alpaca's stand-in, and the settings that lead to it. */
async function alpacaStub() {
  const server = new AlpacaServer({ key: 'PKTEST0001', now: START_MICROS });
  await server.listen();
  onTestFinished(() => server.close());
  const alpaca = {
    DELTARING_BROKER: 'alpaca',
    ALPACA_API_KEY: 'PKTEST0001',
    ALPACA_SECRET_KEY: server.secret,
    ALPACA_BASE_URL: server.url,
  };
  return { server, alpaca };
}

/** The same of tastytrade, for what is to log in there. */
async function tastytradeStub() {
  const venue = new TastytradeVenue(START_MICROS / 1_000);
  const server = await TastytradeServer.start(venue);
  onTestFinished(() => server.stop());
  const login = {
    TASTYTRADE_BASE_URL: server.restUrl,
    TASTYTRADE_CLIENT_SECRET: venue.login.clientSecret,
    TASTYTRADE_REFRESH_TOKEN: venue.login.refreshToken,
  };
  return { venue, server, login };
}

describe('the doctor', () => {
  it('finds nothing wrong with a new home, and says one line a check', async () => {
    settings(tempFolder());
    const terminal = captureTerminal();
    expect(await doctor([])).toBe(0);
    const lines = terminal.stdout.trim().split('\n');
    expect(lines.map((line) => line.slice(9).split(':')[0])).toEqual([
      'configuration',
      'clock',
      'calendar',
      'disk',
      'journal',
      'kill switch',
      'engine',
      'feed',
      'broker',
      'audit',
    ]);
    expect(lines.every((line) => line.startsWith('ok '))).toBe(true);
    expect(lines[1]).toContain("not compared with anybody's");
  });

  it('looks for the file of a feed that plays one', async () => {
    const missing = { DELTARING_FEED: 'replay', REPLAY_FILE: '/nowhere/session.rec' };
    const { code, found } = await examine(tempFolder(), missing);
    expect(code).toBe(1);
    for (const check of ['configuration', 'feed']) {
      expect(found[check]).toMatchObject({ outcome: 'failed' });
      expect(found[check]?.text).toContain('REPLAY_FILE: /nowhere/session.rec cannot be read');
    }
  });

  it('refuses words that it does not know', async () => {
    await expect(doctor(['--jsn'])).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  });

  it('reads the files that settings name as a start does', async () => {
    const folder = tempFolder();
    const path = join(folder, 'broken');
    writeFileSync(path, 'no JSON and no day');
    const sheet = join(folder, 'plan.json');
    const entry = { name: 'c', at: '10:05', strategy: 'iron_condor_30_delta' };
    writeFileSync(sheet, JSON.stringify({ version: 1, entries: [entry] }));
    expect((await examine(tempFolder(), { PLAN_SHEET: sheet })).code).toBe(0);
    const broken = { PLAN_SHEET: path, EX_DIVIDENDS: path };
    for (const more of [broken, { PLAN_SHEET: sheet, EVENT_FILE: path }, { EX_DIVIDENDS: path }]) {
      const { code, found } = await examine(tempFolder(), more);
      expect([code, found['configuration']?.outcome]).toEqual([1, 'failed']);
      const names = Object.entries(more).filter(([, file]) => file === path);
      for (const [name] of names) expect(found['configuration']?.text).toContain(name);
    }
  });

  it('counts an invalid configuration as a failed check, and goes on with what needs none', async () => {
    const { code, found } = await examine(tempFolder(), { PORT: 'none', SIM_BARS: '/nowhere' });
    expect(code).toBe(1);
    expect(found['configuration']).toMatchObject({ outcome: 'failed' });
    expect(found['configuration']?.text).toContain('2 fault(s)');
    expect(Object.keys(found)).toEqual(['configuration', 'clock', 'calendar']);
  });

  it('logs in at tastytrade once, and tells the account and what stands in its way', async () => {
    const { venue, server, login } = await tastytradeStub();
    const tastytrade = {
      DELTARING_BROKER: 'tastytrade',
      DELTARING_FEED: 'tastytrade',
      ...login,
    };
    const ok = await examine(tempFolder(), tastytrade);
    expect(ok.found['broker']).toMatchObject({ outcome: 'ok' });
    expect(ok.found['broker']?.text).toContain('account 5WT00001 (Individual), options level');
    expect(venue.login.logins).toBe(1);
    expect(ok.found['calendar']).toMatchObject({ outcome: 'ok' });
    expect(ok.found['calendar']?.text).toContain('day, as the broker says');
    expect(ok.found['clock']).toMatchObject({ outcome: 'ok' });
    expect(ok.found['feed']).toMatchObject({ outcome: 'ok' });
    expect(ok.found['feed']?.text).toContain('it gives quote tokens');
    venue.clock.advance(2_000);
    server.dateAheadMillis = 600_000;
    venue.market.otherwise.ticks = [{ value: '0.05' }];
    const differs = await examine(tempFolder(), tastytrade);
    expect(differs.found['clock']).toMatchObject({ outcome: 'failed' });
    expect(differs.found['calendar']).toMatchObject({ outcome: 'warning' });
    expect(differs.found['calendar']?.text).toContain(
      'the broker says: options trade in steps of 0.05, the engine 0.01',
    );
    venue.clock.advance(2_000);
    venue.knobs.isClosingOnly = true;
    const blocked = await examine(tempFolder(), tastytrade);
    expect(blocked.found['broker']).toMatchObject({ outcome: 'failed' });
    expect(blocked.found['broker']?.text).toContain('closing only');
    const wrong = await examine(tempFolder(), {
      ...tastytrade,
      TASTYTRADE_CLIENT_SECRET: 'not-this',
    });
    expect(wrong.code).toBe(1);
    expect(wrong.found['broker']?.text).toContain('/oauth/token answered 400');
    expect(JSON.stringify([ok, blocked, wrong])).not.toMatch(/not-this|stub-refresh|stub-client/);
  });

  it("asks Alpaca whose keys these are, and what stands in the account's way", async () => {
    const { server, alpaca } = await alpacaStub();
    const ok = await examine(tempFolder(), alpaca);
    expect(ok.found['broker']).toMatchObject({ outcome: 'ok' });
    expect(ok.found['broker']?.text).toContain('account PA3TESTSTUB1: ACTIVE, options level 3');
    expect(ok.found['calendar']?.text).toContain('day, as the broker says');
    server.venue.account.optionsLevel = 2;
    expect((await examine(tempFolder(), alpaca)).found['broker']?.outcome).toBe('warning');
    server.venue.account.isSuspended = true;
    const blocked = await examine(tempFolder(), alpaca);
    expect(blocked.code).toBe(1);
    expect(blocked.found['broker']?.text).toContain('trade suspended by user');
    const wrong = await examine(tempFolder(), { ...alpaca, ALPACA_SECRET_KEY: 'not-this' });
    expect(wrong.found['broker']).toMatchObject({ outcome: 'failed' });
    expect(JSON.stringify(wrong.found)).not.toMatch(/not-this|PKTEST0001/);
  });

  it('compares the clock with the answers of a broker, and warns where none came', async () => {
    const { server, alpaca } = await alpacaStub();
    const clock = async (aheadMillis: number, more = alpaca) => {
      server.dateAheadMillis = aheadMillis;
      const { code, found } = await examine(tempFolder(), more);
      return [code, found['clock']?.outcome, found['clock']?.text.replace(/^[^,]+, /, '')];
    };
    expect(await clock(0)).toEqual([0, 'ok', "as the answers' own"]);
    expect(await clock(20_000)).toEqual([
      0,
      'warning',
      expect.stringMatching(/^[12]\d\.\d s behind/),
    ]);
    expect(await clock(590_000)).toEqual([
      1,
      'failed',
      expect.stringMatching(/^5\d\d\.\d s behind/),
    ]);
    expect(await clock(-590_000)).toEqual([1, 'failed', expect.stringMatching(/s ahead of what/)]);
    expect(await clock(0, { ...alpaca, ALPACA_BASE_URL: 'http://127.0.0.1:1' })).toEqual([
      1,
      'warning',
      expect.stringContaining('not compared'),
    ]);
  });

  it('warns of settings that fell back or mean nothing', async () => {
    const { code, found } = await examine(tempFolder(), { DELTARING_FEED: 'simulator' });
    expect(code).toBe(0);
    expect(found['configuration']).toMatchObject({ outcome: 'warning' });
    expect(found['configuration']?.text).toContain('DELTARING_FEED="simulator" is not known');
  });

  it('reads the journal, and warns of or fails what is wrong with it', async () => {
    const clean = homeWith(alerts(1, 4));
    expect((await examine(clean)).found['journal']).toMatchObject({
      outcome: 'ok',
      text: '4 records, last 4',
    });
    const tailless = homeWith(alerts(1, 4));
    rmSync(join(tailless, 'audit', 'checkpoint'));
    expect((await examine(tailless)).found['journal']).toMatchObject({ outcome: 'warning' });
    const forged = homeWith(alerts(1, 4));
    writeFileSync(join(forged, 'journal', '000001.journal'), 'something else');
    const { code, found } = await examine(forged);
    expect(code).toBe(1);
    expect(found['journal']).toMatchObject({ outcome: 'failed' });
    expect(found['journal']?.text).toContain('deltaring audit verify');
  });

  it('warns of an engaged kill switch and says who releases it', async () => {
    const home = tempFolder();
    engageKillLatch(home, {
      principal: 'alice',
      reason: 'enough',
      wallMicros: epochMicros(START_MICROS),
    });
    const { found } = await examine(home);
    expect(found['kill switch']).toEqual({
      check: 'kill switch',
      outcome: 'warning',
      text: 'engaged (enough); release it with `deltaring rearm`',
    });
  });

  it('sees an engine that listens on the socket of this home', async () => {
    const home = tempFolder();
    expect((await examine(home)).found['engine']?.text).toContain('not running');
    await listenOn(socketPath(home));
    expect((await examine(home)).found['engine']?.text).toContain('running: `deltaring status`');
  });

  it('warns of a process that has the home and whose socket cannot be reached', async () => {
    const home = tempFolder();
    const lock = acquireHomeLock({ pid: process.pid, socketPath: `${home}/e.sock`, home });
    onTestFinished(() => lock.release());
    const { engine } = (await examine(home)).found;
    expect(engine?.outcome).toBe('warning');
    expect(engine?.text).toContain(`process ${process.pid} has this home, but its socket ${home}`);
    await listenOn(`${home}/e.sock`);
    expect((await examine(home)).found['engine']?.text).toContain('running: `deltaring status`');
  });

  it('fails a home that is a file', async () => {
    const file = join(tempFolder(), 'file');
    writeFileSync(file, '');
    const { code, found } = await examine(file);
    expect(code).toBe(1);
    expect(found['disk']).toMatchObject({ outcome: 'failed' });
    expect(found['disk']?.text).toContain('set DELTARING_HOME');
  });

  it('asks the bucket whether it can hold an audit log', async () => {
    const server = new S3TestServer();
    const S3_ENDPOINT = await server.listen();
    onTestFinished(() => server.close());
    server.createBucket('fit');
    server.createBucket('loose', { objectLock: false });
    const aws = { S3_ENDPOINT, AWS_ACCESS_KEY_ID: 'any', AWS_SECRET_ACCESS_KEY: 'any' };
    const fit = await examine(tempFolder(), { ...aws, S3_AUDIT_BUCKET: 'fit' });
    expect(fit.found['audit']).toMatchObject({ outcome: 'ok' });
    const loose = await examine(tempFolder(), { ...aws, S3_AUDIT_BUCKET: 'loose' });
    expect(loose.code).toBe(1);
    expect(loose.found['audit']?.text).toBe(
      'Object Lock is not enabled; check the bucket, the AWS variables and S3_ENDPOINT',
    );
    const absent = await examine(tempFolder(), { ...aws, S3_AUDIT_BUCKET: 'absent' });
    expect(absent.found['audit']).toMatchObject({ outcome: 'failed' });
  });

  it('tries an outside feed with its token, but not beside the engine that may hold its connection', async () => {
    const server = await TinyDxLinkServer.listen('very-secret-token');
    onTestFinished(() => server.close());
    const more = {
      DELTARING_FEED: 'dxlink',
      DXLINK_URL: server.url,
      DXLINK_TOKEN: 'very-secret-token',
      DXLINK_STRIKES: '560-720',
    };
    const ok = await examine(tempFolder(), more);
    expect(ok.code).toBe(0);
    expect(ok.found['feed']).toMatchObject({
      outcome: 'ok',
      text: `dxlink at ${server.url}: it takes the token`,
    });
    expect(ok.found['clock']).toMatchObject({ outcome: 'warning' });
    const wrong = await examine(tempFolder(), { ...more, DXLINK_TOKEN: 'not-this' });
    expect([wrong.code, wrong.found['feed']?.outcome]).toEqual([1, 'failed']);
    expect(wrong.found['feed']?.text).toContain('the token was refused; check DXLINK_URL');
    const home = tempFolder();
    await listenOn(socketPath(home));
    const seen = server.received.length;
    const beside = (await examine(home, more)).found['feed'];
    expect([beside?.outcome, beside?.text]).toEqual([
      'warning',
      expect.stringContaining('not tried'),
    ]);
    expect(server.received).toHaveLength(seen);
    expect(JSON.stringify([ok, wrong, beside])).not.toMatch(/very-secret-token|not-this/);
  });

  it('asks for a quote token where the feed alone is tastytrade’s', async () => {
    const { login } = await tastytradeStub();
    const feed = { DELTARING_FEED: 'tastytrade', ...login };
    const ok = await examine(tempFolder(), feed);
    expect([ok.code, ok.found['feed']?.outcome, ok.found['clock']?.outcome]).toEqual([
      0,
      'ok',
      'ok',
    ]);
    const wrong = await examine(tempFolder(), { ...feed, TASTYTRADE_CLIENT_SECRET: 'not-this' });
    expect([wrong.code, wrong.found['broker']?.outcome]).toEqual([1, 'ok']);
    expect(wrong.found['feed']).toMatchObject({ outcome: 'failed' });
    expect(wrong.found['feed']?.text).toContain('/oauth/token answered 400');
  });
});
