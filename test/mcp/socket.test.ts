import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Toolset } from '../../src/config.ts';
import { readConfig } from '../../src/config.ts';
import type { Caller } from '../../src/desk/engine-api.ts';
import { askedSettings, stricterConfirm } from '../../src/mcp/asked-settings.ts';
import { askEngine } from '../../src/mcp/console-client.ts';
import { joinConsole } from '../../src/mcp/console-join.ts';
import {
  CONSOLE_METHODS,
  readConsoleReply,
  readConsoleRequest,
} from '../../src/mcp/console-protocol.ts';
import { connectToEngine } from '../../src/mcp/engine-connection.ts';
import type { Hello } from '../../src/mcp/hello.ts';
import {
  answerHello,
  HELLO_PROTOCOL,
  helloTo,
  readHello,
  readHelloReply,
} from '../../src/mcp/hello.ts';
import { readLine } from '../../src/mcp/line-reader.ts';
import type { ListeningSocket } from '../../src/mcp/socket-server.ts';
import { listenOnSocket } from '../../src/mcp/socket-server.ts';
import { joinMcp, LOCAL_PRINCIPAL } from '../../src/mcp/stdio-join.ts';
import { joinEngine } from '../../src/mcp/stdio-shim.ts';
import { FAKE_IDENTITY, FakeEngineApi } from '../support/fake-engine-api.ts';
import { call, StreamTransport, sdkClient } from './support/connected-client.ts';

const CONFIG = {
  DELTARING_TOOLSETS: ['strategies', 'risk', 'orders', 'stream', 'market'] as Toolset[],
  DELTARING_READ_ONLY: false,
  DELTARING_CONFIRM: 'elicit-preferred',
  DELTARING_AUTHORITY: { authority: 'open' },
} as const;
const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'raw', version: '1' },
  },
};

let folder: string;
let path: string;
let api: FakeEngineApi;
let engine: ListeningSocket;
let stopped = 0;

function listen(
  config: Parameters<typeof listenOnSocket>[0]['config'] = CONFIG,
): Promise<ListeningSocket> {
  const shutdown = (): void => {
    stopped += 1;
  };
  return listenOnSocket({
    config,
    api,
    identity: api.identity,
    path,
    shutdown,
    log: () => undefined,
  });
}

beforeEach(async () => {
  folder = mkdtempSync(joinPath(tmpdir(), 'dr-sock-'));
  path = joinPath(folder, 'e.sock');
  api = new FakeEngineApi();
  stopped = 0;
  engine = await listen();
});

afterEach(async () => {
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

function hello(change: Partial<Hello> = {}): Hello {
  return { ...helloTo(FAKE_IDENTITY, 'mcp'), ...change };
}

describe('a hello', () => {
  it('is answered with who the engine is', () => {
    expect(answerHello(hello(), FAKE_IDENTITY)).toEqual({
      protocol: HELLO_PROTOCOL,
      ok: true,
      build: FAKE_IDENTITY.build,
      broker: 'paper',
      environment: 'paper',
      account: 'PAPER-TEST',
    });
  });

  it.each([
    ['protocol', { protocol: 2 }, 'hello protocol 1'],
    ['broker', { broker: 'tastytrade' }, 'DELTARING_BROKER'],
    ['environment', { environment: 'live' }, 'DELTARING_ENV'],
    ['account', { account: 'other' }, 'DELTARING_HOME'],
    ['build', { build: '9.9.9' }, 'build 9.9.9'],
  ])('with another %s is refused in words that help', (_what, change, words) => {
    const reply = answerHello(hello(change), FAKE_IDENTITY);
    expect(reply).toMatchObject({ ok: false, error: { code: 'HELLO_MISMATCH' } });
    expect(JSON.stringify(reply)).toContain(words);
  });

  it('of a console is welcome from another build and other settings: its operator must be able to stop', () => {
    const change = { build: '9.9.9', broker: 'alpaca', environment: 'live', account: 'other' };
    expect(answerHello(hello({ kind: 'console', ...change }), FAKE_IDENTITY).ok).toBe(true);
  });

  it('that is none is read as none', () => {
    for (const line of ['', '{}', 'GET / HTTP/1.1', '{"protocol":1,"kind":"root"}']) {
      expect(readHello(line)).toBeUndefined();
      expect(readHelloReply(line)).toBeUndefined();
    }
    expect(answerHello(undefined, FAKE_IDENTITY).ok).toBe(false);
  });
});

describe('the socket', () => {
  it('lies where only its owner can enter', () => {
    expect(statSync(path).mode & 0o077).toBe(0);
    expect(statSync(folder).mode & 0o077).toBe(0);
  });

  it('serves MCP after a hello, sent in one piece with the first request', async () => {
    const socket = connect(path);
    socket.write(`${JSON.stringify(hello())}\n${JSON.stringify(INITIALIZE)}\n`);
    const limits = { longestBytes: 65_536, timeoutMillis: 5_000 };
    expect(readHelloReply(await readLine(socket, limits))?.ok).toBe(true);
    expect(JSON.parse(await readLine(socket, limits))).toMatchObject({
      id: 1,
      result: { serverInfo: { name: 'deltaring' } },
    });
    socket.destroy();
  });

  it('serves the SDK client, which may narrow its rights', async () => {
    const socket = await connectToEngine(path, hello({ readOnly: true, toolsets: ['risk'] }));
    const client = sdkClient();
    const transport = new StreamTransport(socket);
    const connected = client.connect(transport);
    socket.resume();
    await connected;
    const names = (await client.listTools()).tools.map(({ name }) => name);
    expect(names).toContain('kill_switch');
    expect(names).not.toContain('flatten_all');
    await client.close();
  });

  it('holds a client to the rights that it asked for, and tells it so', async () => {
    const callers: Caller[] = [];
    const preview = api.previewStrategy.bind(api);
    api.previewStrategy = (request, caller) => {
      callers.push(caller);
      return preview(request, caller);
    };
    const asked = { authority: 'open', openUpToCents: 500_00 } as const;
    const socket = await connectToEngine(path, hello(asked));
    const client = sdkClient();
    const connected = client.connect(new StreamTransport(socket));
    socket.resume();
    await connected;
    await call(client, 'iron_condor_30_delta');
    expect(callers).toEqual([{ principal: LOCAL_PRINCIPAL, ...asked }]);
    expect(client.getInstructions()).toContain('may lose at most $500.00 together');
    await client.close();
  });

  it('holds a client to the stricter confirm that it was told, and never to a laxer one', async () => {
    const placing = async (confirm: Hello['confirm']) => {
      const socket = await connectToEngine(path, hello({ confirm }));
      const client = sdkClient();
      const connected = client.connect(new StreamTransport(socket));
      socket.resume();
      await connected;
      const names = (await client.listTools()).tools.map(({ name }) => name);
      const card = await call(client, 'iron_condor_30_delta');
      const confirm_token = card.data['confirmToken'];
      const { data } = await call(client, 'confirm_trade', { confirm_token });
      await client.close();
      return { isOffered: names.includes('confirm_trade'), data };
    };
    const strict = await placing('elicit-required');
    expect(strict.isOffered).toBe(false);
    expect(JSON.stringify(strict.data)).toContain('cannot show a confirm dialog');
    for (const usual of [undefined, 'token'] as const) {
      const { isOffered, data } = await placing(usual);
      expect([isOffered, data['status']]).toEqual([true, 'filled']);
    }
    expect(stricterConfirm('elicit-required', 'token')).toBe('elicit-required');
    expect(stricterConfirm('elicit-required', 'browser')).toBe('browser');
  });

  it('names to a client, and on its stderr, the limits that it was told and the engine does not hold', async () => {
    await engine.close();
    engine = await listen(readConfig({ MAX_DAILY_LOSS: '500', FLATTEN_START: '15:30' }));
    const told = { MAX_DAILY_LOSS: '200', OPENING_CUTOFF: '14:00', FLATTEN_START: '15:30' };
    const asked = askedSettings(readConfig({ ...told, DELTARING_CONFIRM: 'token', PORT: '1' }));
    expect(asked.confirm).toBe('token');
    expect(askedSettings(readConfig({}))).toEqual({ settings: {} });
    const notices: string[] = [];
    const socket = await connectToEngine(path, hello(asked), (line) => notices.push(line));
    const client = sdkClient();
    const connected = client.connect(new StreamTransport(socket));
    socket.resume();
    await connected;
    expect(notices).toEqual([expect.stringContaining('values of OPENING_CUTOFF, MAX_DAILY_LOSS ')]);
    expect(client.getInstructions()).toContain(notices[0]);
    await client.close();
    const same = hello(askedSettings(readConfig({ MAX_DAILY_LOSS: '500' })));
    (await connectToEngine(path, same, (line) => notices.push(line))).destroy();
    expect(notices).toHaveLength(1);
  });

  it('shares one identity between connections: a token of one is confirmed on another', async () => {
    const open = async () => {
      const socket = await connectToEngine(path, hello());
      const client = sdkClient();
      const connected = client.connect(new StreamTransport(socket));
      socket.resume();
      await connected;
      return client;
    };
    const [first, second] = [await open(), await open()];
    const card = await call(first, 'iron_condor_30_delta');
    await first.close();
    const confirm_token = card.data['confirmToken'];
    const placed = await call(second, 'confirm_trade', { confirm_token });
    expect(placed.data['status']).toBe('filled');
    await second.close();
    expect(LOCAL_PRINCIPAL).toBe('local');
    expect(joinMcp).toBeTypeOf('function');
    expect(joinConsole).toBeTypeOf('function');
  });

  it('refuses a mismatch with the engine in its own words, and a path where nothing is', async () => {
    const broker = hello({ broker: 'alpaca' });
    await expect(connectToEngine(path, broker)).rejects.toMatchObject({ code: 'HELLO_MISMATCH' });
    const nowhere = joinPath(folder, 'no.sock');
    await expect(connectToEngine(nowhere, hello())).rejects.toMatchObject({
      code: 'ENGINE_UNREACHABLE',
    });
  });

  it('refuses a first line that is too long', async () => {
    const socket = connect(path);
    socket.write('x'.repeat(10_000));
    await new Promise((resolve) => socket.once('close', resolve));
    expect(socket.destroyed).toBe(true);
  });

  it('takes over what a dead engine left, and leaves a living one alone', async () => {
    await expect(listen()).rejects.toMatchObject({ code: 'ENGINE_ALREADY_RUNNING' });
    await engine.close();
    const dead = createServer();
    await new Promise<void>((resolve) => dead.listen(path, resolve));
    dead.close();
    writeFileSync(path, '');
    engine = await listen();
    expect(await askEngine(path, FAKE_IDENTITY, 'health')).toMatchObject({ status: 'ok' });
  });

  it('refuses a folder that others can enter', async () => {
    chmodSync(folder, 0o755);
    await engine.close();
    await expect(listen()).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    chmodSync(folder, 0o700);
    engine = await listen();
  });
});

describe('the console', () => {
  it('kills and re-arms', async () => {
    const killed = await askEngine(path, FAKE_IDENTITY, 'kill', { reason: 'test' });
    expect(killed).toMatchObject({ value: { killed: true, reason: 'test' } });
    expect(api.killed).toBe(true);
    const armed = await askEngine(path, FAKE_IDENTITY, 'rearm');
    expect(armed).toMatchObject({ value: { killed: false } });
    expect(api.killed).toBe(false);
  });

  it('kills however many words are given for it', async () => {
    await askEngine(path, FAKE_IDENTITY, 'kill', { reason: 'word '.repeat(1_000) });
    expect(api.killed).toBe(true);
  });

  it('tells how the engine stands, flattens, and asks it to stop', async () => {
    expect(await askEngine(path, FAKE_IDENTITY, 'status')).toMatchObject({
      identity: { accountId: 'PAPER-TEST' },
      health: { status: 'ok' },
      pnl: { value: { positions: [] } },
    });
    expect(await askEngine(path, FAKE_IDENTITY, 'flatten')).toMatchObject({
      value: { status: 'done' },
    });
    expect(await askEngine(path, FAKE_IDENTITY, 'shutdown')).toEqual({ stopping: true });
    expect(stopped).toBe(1);
  });

  it('answers nonsense with what can be asked, and goes on', async () => {
    const socket = await connectToEngine(path, helloTo(FAKE_IDENTITY, 'console'));
    const limits = { longestBytes: 65_536, timeoutMillis: 5_000 };
    socket.write('nonsense\n');
    const reply = readConsoleReply(await readLine(socket, limits));
    expect(reply?.error?.message).toContain(CONSOLE_METHODS.join(', '));
    socket.write('{"id":7,"method":"health"}\n');
    expect(readConsoleReply(await readLine(socket, limits))?.id).toBe(7);
    socket.destroy();
    expect(readConsoleRequest('{"id":1,"method":"rm"}')).toBeUndefined();
  });
});

describe('the shim', () => {
  function shim(options: Partial<Parameters<typeof joinEngine>[0]> = {}) {
    const stdin = new PassThrough();
    const stdout = new PassThrough();
    const stderr = new PassThrough();
    const exit = joinEngine({
      config: CONFIG,
      rights: { authority: 'open', openUpToCents: 500_00 },
      identity: FAKE_IDENTITY,
      ensureEngine: async () => path,
      stdin,
      stdout,
      stderr,
      ...options,
    });
    return { stdin, stdout, stderr, exit };
  }

  it('pipes bytes both ways, answers what was asked before stdin ended, and exits 0', async () => {
    const { stdin, stdout, stderr, exit } = shim();
    const status = api.marketStatus.bind(api);
    api.marketStatus = async () => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      return status();
    };
    const calls = Array.from({ length: 20 }, (_, i) => ({
      jsonrpc: '2.0',
      id: 2 + i,
      method: 'tools/call',
      params: { name: 'market_status' },
    }));
    const ready = { jsonrpc: '2.0', method: 'notifications/initialized' };
    const messages = [INITIALIZE, ready, ...calls];
    stdin.end(messages.map((message) => `${JSON.stringify(message)}\n`).join(''));
    expect(await exit).toBe(0);
    const lines = (await text(stdout.end())).trim().split('\n');
    const ids = lines.map((line) => JSON.parse(line).id as number);
    expect(ids.sort((a, b) => a - b)).toEqual(Array.from({ length: 21 }, (_, i) => i + 1));
    expect(stderr.read()).toBeNull();
  });

  it('says so on stderr when the engine goes away, and writes nothing to stdout', async () => {
    const { stdout, stderr, exit } = shim();
    await new Promise((resolve) => setTimeout(resolve, 100));
    await engine.close();
    expect(await exit).toBe(4);
    expect(String(stderr.read())).toContain('the engine went away');
    expect(stdout.read()).toBeNull();
    engine = await listen();
  });

  it('says on stderr which of its settings the engine does not hold', async () => {
    await engine.close();
    engine = await listen(readConfig({}));
    const { stdin, stderr, exit } = shim({ asked: { settings: { MAX_TRADE_LOSS: 100 } } });
    stdin.end();
    expect(await exit).toBe(0);
    expect(String(stderr.read())).toContain('deltaring mcp: The running engine was started with');
  });

  it('says why it could not join', async () => {
    const { stdout, stderr, exit } = shim({ identity: { ...FAKE_IDENTITY, build: 'old' } });
    expect(await exit).toBe(2);
    expect(String(stderr.read())).toContain('this command is build old');
    expect(stdout.read()).toBeNull();
  });

  it('ends cleanly on SIGTERM', async () => {
    const { exit } = shim();
    await new Promise((resolve) => setTimeout(resolve, 100));
    process.emit('SIGTERM');
    expect(await exit).toBe(0);
  });
});
