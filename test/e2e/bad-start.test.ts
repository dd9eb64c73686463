import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createHome,
  EngineProcess,
  removeHome,
  runDeltaring,
  type Settings,
  settingsFor,
} from '../support/engine-process.ts';

const homes: string[] = [];
/** The engine that is already there: it runs from the first test to the last. */
let running: EngineProcess;

beforeAll(async () => {
  running = await EngineProcess.start();
});

afterAll(async () => {
  await running?.remove();
  for (const home of homes) removeHome(home);
});

function newHome(): string {
  const home = createHome();
  homes.push(home);
  return home;
}

/** Starts an engine that should refuse to run: how it ended, with all that it said. */
function refused(settings: Settings, home = newHome()) {
  return runDeltaring(['serve'], settingsFor(home, settings));
}

describe('a configuration that cannot be meant', () => {
  it('is refused with all of its faults in one message', async () => {
    const { code, stderr, stdout } = await refused({
      PORT: 'eighty',
      MAX_DAILY_LOSS: '-5',
      SIM_START: '25:00',
      SHUTDOWN_POLICY: 'hope',
      DELTARING_TOOLSETS: 'strategies,risc',
      MCP_TOKEN: 'short',
    });
    expect(code).toBe(1);
    expect(stderr).toContain('6 fault(s)');
    for (const name of ['PORT', 'MAX_DAILY_LOSS', 'SIM_START', 'SHUTDOWN_POLICY', 'MCP_TOKEN']) {
      expect(stderr).toContain(`- ${name}: `);
    }
    expect(stderr).toContain('unknown tool set "risc"');
    expect(stderr).not.toContain('short,');
    expect(stdout).toBe('');
    expect(stderr).not.toMatch(/^ +at /m);
  });

  it.each([
    ['live', { DELTARING_ENV: 'live' }, 'DELTARING_ENV: live needs'],
    ['live with an account', { DELTARING_ENV: 'live', DELTARING_LIVE_ACCOUNT: 'X1' }, 'paper'],
    ['another broker', { DELTARING_BROKER: 'alpaca' }, 'DELTARING_BROKER: '],
    ['an open host without a token', { HOST: '0.0.0.0' }, 'MCP_TOKEN is required'],
    ['a feed without its url', { DELTARING_FEED: 'dxlink' }, 'DXLINK_URL'],
    ['a bars file that is not there', { SIM_BARS: '/nowhere/bars.csv' }, 'SIM_BARS'],
  ])('is refused: %s', async (_name, settings, text) => {
    const { code, stderr } = await refused(settings);
    expect(code).toBe(1);
    expect(stderr).toContain(text);
    expect(stderr).not.toMatch(/^ +at /m);
  });

  it('falls back to paper where the broker is misspelt, and says so', async () => {
    const settings = { DELTARING_BROKER: 'tastytrad', DELTARING_ENV: 'Life' };
    const engine = await EngineProcess.start({ home: newHome(), settings });
    expect(engine.log).toContain('DELTARING_BROKER="tastytrad" is not known');
    expect(engine.log).toContain('DELTARING_ENV="Life" is not known');
    expect(engine.log).toContain('paper broker (paper money)');
    expect(await engine.stop()).toBe(0);
  });
});

describe('a place that is taken', () => {
  it('refuses a port in use and names the setting', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const address = taken.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { code, stderr } = await refused({ PORT: String(port) });
    await new Promise((resolve) => taken.close(resolve));
    expect(code).toBe(1);
    expect(stderr).toContain(`port ${port} on 127.0.0.1 is in use`);
    expect(stderr).toContain('PORT=0');
  });

  it('refuses a second engine on the same home and names the first', async () => {
    const { code, stderr } = await refused({}, running.home);
    expect(code).toBe(1);
    expect(stderr).toContain('an engine already runs on this home folder');
    expect(stderr).toContain('deltaring status');
    expect((await fetch(`${running.url}/health`)).status).toBe(200);
  });

  it('says that no engine runs where a command finds none', async () => {
    const { code, stderr } = await runDeltaring(['status'], settingsFor(newHome()));
    expect(code).toBe(1);
    expect(stderr).toContain('start one with `deltaring serve`');
  });
});

describe('a journal that was touched', () => {
  const home = createHome();
  const file = join(home, 'journal', '000001.journal');
  homes.push(home);

  it('refuses to start, and the verifier tells it is tampered with', async () => {
    const engine = await EngineProcess.start({ home });
    expect(await engine.stop()).toBe(0);
    const bytes = readFileSync(file);
    const at = bytes.indexOf('engineStarted');
    expect(at).toBeGreaterThan(0);
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    writeFileSync(file, bytes);
    const again = await refused({}, home);
    expect(again.code).toBe(1);
    expect(again.stderr).toContain('journal');
    expect(again.stderr).toContain('deltaring audit verify');
    expect(again.stderr).not.toMatch(/^ +at /m);
    const verified = await runDeltaring(['audit', 'verify'], settingsFor(home));
    expect(verified.code).toBe(1);
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    writeFileSync(file, bytes);
    expect((await runDeltaring(['audit', 'verify'], settingsFor(home))).code).toBe(0);
  });
});

describe.skipIf(process.getuid?.() === 0)('a home that cannot be written (skipped for root)', () => {
  it('is refused by name', async () => {
    const home = newHome();
    mkdirSync(join(home, 'journal'));
    chmodSync(home, 0o500);
    const { code, stderr } = await refused({}, home);
    chmodSync(home, 0o700);
    expect(code).toBe(1);
    expect(stderr).toContain(home);
  });
});

describe('a command that is not known', () => {
  it.each([
    [['serv'], 'no command "serv"'],
    [['audit', 'frobnicate'], 'usage: deltaring audit'],
  ])('%j gets the usage and exit code 2', async (args, text) => {
    const { code, stderr } = await runDeltaring(args, settingsFor(newHome()));
    expect(code).toBe(2);
    expect(stderr).toContain(text);
  });

  it('does not know a FILE to replay that is not there', async () => {
    const { code, stderr } = await runDeltaring(['replay', 'none.rec'], settingsFor(newHome()));
    expect(code).not.toBe(0);
    expect(stderr).toContain('none.rec');
  });
});
