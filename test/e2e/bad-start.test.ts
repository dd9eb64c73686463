import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readKillLatch } from '../../src/audit/kill-latch.ts';
import {
  createHome,
  EngineProcess,
  PATIENCE,
  removeHome,
  runDeltaring,
  type Settings,
  settingsFor,
} from '../support/engine-process.ts';

vi.setConfig(PATIENCE);

/** A line of a stack trace, which nobody should have to read. */
const STACK = /^ +at /m;
const homes: string[] = [];
/** The engine that is already there, started with settings that are misspelt. */
let running: EngineProcess;

beforeAll(async () => {
  const settings = { DELTARING_BROKER: 'tastytrad', DELTARING_ENV: 'Life' };
  running = await EngineProcess.start({ settings });
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
function refused(settings: Settings, home = newHome(), words = ['serve']) {
  return runDeltaring(words, settingsFor(home, settings));
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
    expect(stderr).not.toMatch(STACK);
    expect(stdout).toBe('');
  });

  it('is refused where its settings do not fit each other, live among them', async () => {
    const { code, stderr } = await refused({
      DELTARING_ENV: 'live',
      DELTARING_LIVE_ACCOUNT: 'X1234',
      DELTARING_BROKER: 'alpaca',
      DELTARING_FEED: 'dxlink',
      HOST: '0.0.0.0',
    });
    expect(code).toBe(1);
    for (const name of ['ALPACA_API_KEY: ', 'ALPACA_SECRET_KEY: ', 'DXLINK_URL: ', 'HOST: ']) {
      expect(stderr).toContain(name);
    }
    expect(stderr).not.toMatch(STACK);
  });

  it('is refused where files that it names are not there, before anything runs', async () => {
    const home = newHome();
    const files = { SIM_BARS: '/nowhere/bars.csv', EX_DIVIDENDS: '/nowhere/days' };
    const { code, stderr } = await refused(files, home);
    expect(code).toBe(1);
    expect(stderr).toContain('2 fault(s)');
    expect(stderr).toContain('SIM_BARS /nowhere/bars.csv: the file cannot be read');
    expect(stderr).toContain('EX_DIVIDENDS: /nowhere/days cannot be read');
    expect(stderr).not.toMatch(STACK);
    expect(existsSync(join(home, 'journal'))).toBe(false);
  });

  it('falls back to paper where the broker is misspelt, and says so', () => {
    expect(running.log).toContain('DELTARING_BROKER="tastytrad" is not known');
    expect(running.log).toContain('DELTARING_ENV="Life" is not known');
    expect(running.log).toContain('paper broker (paper money)');
  });
});

describe('a place that is taken', () => {
  it('refuses a port in use, and names the setting, before anything runs', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const address = taken.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    for (const setting of ['PORT', 'PROMETHEUS_PORT']) {
      const home = newHome();
      const { code, stderr } = await refused({ [setting]: String(port) }, home);
      expect(code).toBe(1);
      expect(stderr).toContain(`port ${port} on 127.0.0.1 is in use`);
      expect(stderr).toContain(`${setting}=0`);
      expect(existsSync(join(home, 'journal')), setting).toBe(false);
    }
    await new Promise((resolve) => taken.close(resolve));
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
  it('refuses to start, and the verifier tells it is tampered with', async () => {
    const { home } = running;
    const file = join(home, 'journal', '000001.journal');
    expect(await running.stop()).toBe(0);
    const bytes = readFileSync(file);
    const at = bytes.indexOf('engineStarted');
    expect(at).toBeGreaterThan(0);
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    writeFileSync(file, bytes);
    const again = await refused({}, home);
    expect(again.code).toBe(1);
    expect(again.stderr).toContain('the journal is not what was written');
    expect(again.stderr).toContain('deltaring audit verify');
    expect(again.stderr).not.toMatch(STACK);
    expect((await runDeltaring(['audit', 'verify'], settingsFor(home))).code).toBe(1);
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
    writeFileSync(file, bytes);
    expect((await runDeltaring(['audit', 'verify'], settingsFor(home))).code).toBe(0);
  });
});

describe.skipIf(process.getuid?.() === 0)(
  'a home that cannot be written (skipped for root)',
  () => {
    it('is refused by name', async () => {
      const home = newHome();
      mkdirSync(join(home, 'journal'));
      chmodSync(home, 0o500);
      const { code, stderr } = await refused({}, home);
      chmodSync(home, 0o700);
      expect(code).toBe(1);
      expect(stderr).toContain(home);
    });
  },
);

describe('a command that is not known', () => {
  it.each([
    [['serv'], 'no command "serv"'],
    [['audit', 'frobnicate'], 'usage: deltaring audit'],
  ])('%j gets the usage and exit code 2', async (args, text) => {
    const { code, stderr } = await runDeltaring(args, settingsFor(newHome()));
    expect(code).toBe(2);
    expect(stderr).toContain(text);
  });
});

describe('a question about a command', () => {
  it('is answered and does nothing, wherever it stands', async () => {
    for (const words of [
      ['kill', '--help'],
      ['flatten', '-h'],
      ['rearm', '--json', '--help'],
    ]) {
      const { code, stdout } = await runDeltaring(words, settingsFor(running.home, {}));
      expect(code).toBe(0);
      expect(stdout).toContain('usage: deltaring COMMAND');
    }
    expect(readKillLatch(running.home)).toBeUndefined();
  });

  it('and an unknown word are told apart: that one is wrong use', async () => {
    const { code, stderr } = await refused({}, newHome(), ['serve', '--prot=90']);
    expect(code).toBe(2);
    expect(stderr).toContain('"--prot=90" is nothing that serve takes');
  });
});
