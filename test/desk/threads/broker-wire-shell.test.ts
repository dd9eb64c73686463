import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { WebSocketServer } from 'ws';
import type { WireInput } from '../../../src/broker/order-gateway.ts';
import { SECRET_MARKS } from '../../../src/broker/order-gateway.ts';
import type { WireEffect } from '../../../src/desk/threads/broker-wire-shell.ts';
import { BrokerWireShell } from '../../../src/desk/threads/broker-wire-shell.ts';
import type { ToIo } from '../../../src/desk/threads/core-protocol.ts';
import { newAccountPace } from '../../../src/desk/threads/request-turns-shell.ts';
import { OAuthSecrets } from '../../../src/desk/threads/wire-secrets-shell.ts';

/** Twelve requests in a while that no test outlives: ten for reads, eleven for what opens. */
const PLAN = [
  { limit: 12, windowMicros: 600_000_000, covers: /^/, shares: { read: 10, entry: 11 } },
];

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A shell before a server on loopback; the login is answered by the test. */
class WireRig {
  readonly inputs: WireInput[] = [];
  readonly asked: ToIo[] = [];
  readonly seen: string[] = [];
  isKilled = false;
  readonly login = new OAuthSecrets(
    (message) => {
      this.asked.push(message);
      this.#wake();
    },
    () => performance.now(),
  );
  handler: Handler = (_request, response) => response.end('{}');
  #heard = Promise.withResolvers<void>();

  readonly shell: BrokerWireShell;
  readonly sockets: WebSocketServer;

  private constructor(shell: BrokerWireShell, sockets: WebSocketServer) {
    this.shell = shell;
    this.sockets = sockets;
  }

  static async start(): Promise<WireRig> {
    const server = createServer((request, response) => {
      rig.seen.push(`${request.method} ${request.url} ${request.headers.authorization}`);
      request.resume();
      rig.handler(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const sockets = new WebSocketServer({ server });
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const shell = new BrokerWireShell({
      wire: {
        restUrl: `http://${address}`,
        socketUrl: `ws://${address}`,
        headers: { 'user-agent': 'deltaring/test' },
        login: { kind: 'oauth' },
        pace: newAccountPace(PLAN),
      },
      secrets: {
        now: () => rig.login.now(),
        fetch: () => rig.login.fetch(),
        refused: (secrets) => rig.login.refused(secrets),
        doubted: () => rig.login.doubted(),
      },
      onInput: (input) => rig.#onInput(input),
      jitter: () => 1,
      isKilled: () => rig.isKilled,
    });
    const rig = new WireRig(shell, sockets);
    closers.push(() => {
      shell.stop();
      for (const client of sockets.clients) client.terminate();
      server.closeAllConnections();
      server.close();
    });
    return rig;
  }

  token(token: string): void {
    const [millisLeft, millisToRenewal] = [600_000, 540_000];
    this.login.onAnswer({ kind: 'access', token, millisLeft, millisToRenewal });
  }

  send(requestId: string, rest: Partial<Extract<WireEffect, { kind: 'httpSend' }>> = {}): void {
    const fixed = {
      kind: 'httpSend',
      turn: 'read',
      method: 'GET',
      path: '/x',
      headers: {},
    } as const;
    this.shell.perform({ ...fixed, requestId, body: undefined, timeoutMillis: 5_000, ...rest });
  }

  async until(count: number): Promise<readonly WireInput[]> {
    while (this.inputs.length < count) await this.#heard.promise;
    return this.inputs;
  }

  async asks(count: number): Promise<void> {
    while (this.asked.length < count) await this.#heard.promise;
  }

  #onInput(input: WireInput): void {
    this.inputs.push(input);
    this.#wake();
  }

  #wake(): void {
    this.#heard.resolve();
    this.#heard = Promise.withResolvers();
  }
}

describe("the shell of a broker's wires", () => {
  it('adds the login to each request and takes it out of every answer', async () => {
    const rig = await WireRig.start();
    rig.handler = (request, response) => response.end(`you said ${request.headers.authorization}`);
    rig.send('1');
    rig.token('secret-one');
    const body = `you said Bearer ${SECRET_MARKS.accessToken}`;
    expect(await rig.until(1)).toEqual([
      { kind: 'httpResponse', requestId: '1', status: 200, body },
    ]);
    expect(rig.seen).toEqual(['GET /x Bearer secret-one']);
  });

  it('asks for another login where the adapter doubts the one at hand, which serves until it is there', async () => {
    const rig = await WireRig.start();
    rig.token('one');
    rig.shell.perform({ kind: 'loginDoubted' });
    expect(rig.asked).toEqual([{ kind: 'access', doubted: 'one' }]);
    rig.login.onAnswer({ kind: 'accessFailed', reason: '/oauth/token answered 503' });
    const close = { turn: 'exit', method: 'POST' } as const;
    rig.send('while the login is away', close);
    await rig.until(1);
    rig.token('two');
    rig.send('once it is back', close);
    await rig.until(2);
    expect(rig.seen).toEqual(['POST /x Bearer one', 'POST /x Bearer two']);
  });

  it('holds what opens against the kill word once the connection stands, new or kept', async () => {
    const rig = await WireRig.start();
    rig.token('good');
    const open = { turn: 'entry', method: 'POST', path: '/orders', body: '{}' } as const;
    rig.send('new', open);
    rig.isKilled = true;
    const blocked = { kind: 'httpFailed', reason: 'not sent: the kill switch is engaged' };
    expect(await rig.until(1)).toEqual([{ ...blocked, requestId: 'new', neverSent: true }]);
    rig.send('exit', { ...open, turn: 'exit', path: '/exits' });
    expect((await rig.until(2))[1]).toMatchObject({ requestId: 'exit', status: 200 });
    rig.send('kept', open);
    expect((await rig.until(3))[2]).toEqual({ ...blocked, requestId: 'kept', neverSent: true });
    rig.isKilled = false;
    rig.send('re-armed', open);
    expect((await rig.until(4))[3]).toMatchObject({ requestId: 're-armed', status: 200 });
    expect(rig.seen).toEqual(['POST /exits Bearer good', 'POST /orders Bearer good']);
  });

  it('repeats a read and a cancel once under a fresh login, and a submit never', async () => {
    const rig = await WireRig.start();
    rig.handler = (request, response) => {
      const isOld = request.headers.authorization?.endsWith('old') === true;
      response.writeHead(isOld ? 401 : 200).end('{}');
    };
    const refresh = async (request: () => void): Promise<void> => {
      rig.token('old');
      const before = rig.asked.length;
      request();
      await rig.asks(before + 1);
      rig.token('new');
    };
    await refresh(() => rig.send('read'));
    expect((await rig.until(1))[0]).toMatchObject({ requestId: 'read', status: 200 });
    expect(rig.seen).toEqual(['GET /x Bearer old', 'GET /x Bearer new']);
    await refresh(() => rig.send('cancel', { turn: 'exit', method: 'DELETE' }));
    expect((await rig.until(2))[1]).toMatchObject({ requestId: 'cancel', status: 200 });
    rig.handler = (_request, response) => response.writeHead(401).end('{}');
    rig.send('order', { turn: 'entry', method: 'POST', body: '{}' });
    expect((await rig.until(3))[2]).toMatchObject({ requestId: 'order', status: 401 });
    expect(rig.seen.filter((line) => line.startsWith('POST'))).toHaveLength(1);
  });

  it('lets nothing that opens wait for a login, and everything else', async () => {
    const rig = await WireRig.start();
    rig.send('open', { method: 'POST', turn: 'entry' });
    expect(await rig.until(1)).toMatchObject([{ requestId: 'open', neverSent: true }]);
    expect(rig.seen).toEqual([]);
    rig.send('close', { turn: 'exit', method: 'POST' });
    rig.token('t');
    expect((await rig.until(2))[1]).toMatchObject({ requestId: 'close', status: 200 });
    expect(rig.seen).toEqual(['POST /x Bearer t']);
  });

  it('lets reads rest after failures in a row, and orders pass all the same', async () => {
    const rig = await WireRig.start();
    void rig.login.fetch();
    rig.token('t');
    rig.handler = (_request, response) => response.writeHead(502).end('<html>');
    for (let read = 1; read <= 5; read += 1) {
      rig.send(`read ${read}`);
      await rig.until(read);
    }
    rig.send('read 6');
    expect((await rig.until(6))[5]).toMatchObject({ requestId: 'read 6', neverSent: true });
    rig.send('order', { turn: 'entry', method: 'POST' });
    expect((await rig.until(7))[6]).toMatchObject({ requestId: 'order', status: 502 });
    rig.send('what a way out waits for', { turn: 'exit' });
    expect((await rig.until(8))[7]).toMatchObject({ status: 502 });
    expect(rig.seen).toHaveLength(7);
  });

  it('lets reads rest hardly longer where the time of day is set back meanwhile', async () => {
    onTestFinished(() => void vi.useRealTimers());
    const rig = await WireRig.start();
    void rig.login.fetch();
    rig.token('t');
    rig.handler = (_request, response) => response.writeHead(502).end('<html>');
    vi.useFakeTimers({ toFake: ['Date', 'performance'] });
    for (let read = 1; read <= 5; read += 1) {
      rig.send(`read ${read}`);
      await rig.until(read);
    }
    vi.setSystemTime(Date.now() - 3_600_000);
    rig.send('read 6');
    expect((await rig.until(6))[5]).toMatchObject({ neverSent: true });
    vi.advanceTimersByTime(11_500);
    rig.send('read 7');
    expect((await rig.until(7))[6]).toMatchObject({ requestId: 'read 7', status: 502 });
  });

  it('tells what opens that there is no turn, lets reads wait and lets cancels pass', async () => {
    const rig = await WireRig.start();
    void rig.login.fetch();
    rig.token('t');
    for (let read = 1; read <= 11; read += 1) rig.send(`read ${read}`);
    await rig.until(10);
    rig.send('open', { turn: 'entry', method: 'POST' });
    rig.send('open 2', { turn: 'entry', method: 'POST' });
    rig.send('cancel', { turn: 'exit', method: 'DELETE' });
    const inputs = await rig.until(13);
    const answered = inputs.flatMap((each) => (each.kind === 'httpResponse' ? each.requestId : []));
    expect(answered).toContain('cancel');
    expect(rig.seen).toHaveLength(12);
    const refused = inputs.filter((each) => each.kind === 'httpFailed');
    expect(refused).toMatchObject([{ requestId: 'open 2', neverSent: true }]);
  });

  it('keeps the order of socket messages while they wait for a login, and fills their marks', async () => {
    const rig = await WireRig.start();
    const heard = Promise.withResolvers<void>();
    const messages: string[] = [];
    rig.sockets.on('connection', (client) => {
      client.on('message', (data) => {
        messages.push(String(data as Buffer));
        client.send(`ack ${messages.length} for t`);
        if (messages.length === 2) heard.resolve();
      });
    });
    rig.shell.start();
    expect(await rig.until(1)).toEqual([{ kind: 'socketOpen' }]);
    rig.shell.perform({ kind: 'socketSend', text: `hello ${SECRET_MARKS.accessToken}` });
    rig.shell.perform({ kind: 'socketSend', text: 'beat' });
    rig.token('token-7');
    await heard.promise;
    expect(messages).toEqual(['hello token-7', 'beat']);
    await rig.until(3);
    rig.shell.perform({ kind: 'socketReset', reason: 'no answer to a heartbeat' });
    const all = await rig.until(5);
    expect(all.slice(3)).toEqual([
      { kind: 'socketClosed', reason: 'no answer to a heartbeat' },
      { kind: 'socketOpen' },
    ]);
  });
});
