import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import type { FeedSocket, OpenFeedSocket } from '../../../src/desk/threads/feed-socket.ts';
import { openOwnSocket } from '../../../src/desk/threads/own-socket-shell.ts';
import { openWsSocket } from '../../../src/desk/threads/ws-socket-shell.ts';
import { LOOPBACK_CERTIFICATE, LOOPBACK_KEY } from '../../support/feed/loopback-certificate.ts';

const PATIENCE_MILLIS = 10_000;
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A socket and what it told. */
class Told {
  readonly lines: string[] = [];
  /** How many lines there were at the end of each read. */
  readonly reads: number[] = [];
  readonly socket: FeedSocket;

  constructor(open: OpenFeedSocket, url: string) {
    this.socket = open(url, {
      opened: () => this.lines.push('opened'),
      frame: ({ bytes, start, end }) => {
        this.lines.push(`frame ${Buffer.from(bytes.subarray(start, end)).toString()}`);
      },
      readEnd: () => this.reads.push(this.lines.length),
      gone: (reason) => this.lines.push(`gone ${reason}`),
    });
    closers.push(() => this.socket.close());
  }

  async until(isSo: (lines: readonly string[]) => boolean): Promise<void> {
    const deadline = performance.now() + PATIENCE_MILLIS;
    while (!isSo(this.lines)) {
      if (performance.now() > deadline) throw new Error(`heard only ${this.lines.join(', ')}`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
}

const last = (text: string) => (lines: readonly string[]) => lines.at(-1) === text;

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => new Promise((resolve) => server.close(resolve)));
  return (server.address() as AddressInfo).port;
}

/** A websocket server of `ws` and its first client. */
async function websocketServer() {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await new Promise((resolve) => server.once('listening', resolve));
  closers.push(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  const client = new Promise<WebSocket>((resolve) => server.once('connection', resolve));
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/feed?x=1`, client };
}

/** A TCP server that answers with these bytes, and its first client. */
async function rawServer(answer: string) {
  const client = Promise.withResolvers<Socket>();
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.write(answer, 'latin1');
      client.resolve(socket);
    });
    closers.push(() => socket.destroy());
  });
  return { url: `ws://127.0.0.1:${await listen(server)}/`, client: client.promise };
}

describe.each([
  ['own framing', openOwnSocket],
  ['ws', openWsSocket],
] as const)('the socket of the feed on %s', (_name, open) => {
  it('opens, sends and receives texts of every size', async () => {
    const { url, client } = await websocketServer();
    const told = new Told(open, url);
    told.socket.send('too early');
    const server = await client;
    await told.until(last('opened'));
    const sizes = [0, 5, 125, 126, 70_000, 300_000];
    const received: string[] = [];
    server.on('message', (data) => {
      const text = (data as Buffer).toString();
      received.push(text);
      server.send(text);
    });
    for (const size of sizes) told.socket.send('é'.repeat(size));
    await told.until((lines) => lines.length === 1 + sizes.length);
    expect(told.reads.at(-1)).toBe(told.lines.length);
    expect(received.map(({ length }) => length)).toEqual(sizes);
    expect(told.lines.slice(1)).toEqual(sizes.map((size) => `frame ${'é'.repeat(size)}`));
  });

  it('answers a ping and puts fragments together', async () => {
    const { url, client } = await websocketServer();
    const told = new Told(open, url);
    const server = await client;
    const pong = new Promise((resolve) => server.once('pong', (data) => resolve(String(data))));
    await told.until(last('opened'));
    server.send('one ', { fin: false });
    server.ping('are you there');
    server.send('two', { fin: true });
    expect(await pong).toBe('are you there');
    await told.until(last('frame one two'));
  });

  it('tells the code and the reason of a farewell', async () => {
    const { url, client } = await websocketServer();
    const told = new Told(open, url);
    (await client).close(1000, 'Bye');
    await told.until(last('gone 1000 Bye'));
    told.socket.send('nobody hears');
    expect(told.lines).toEqual(['opened', 'gone 1000 Bye']);
  });

  it('tells of a connection that breaks without a farewell', async () => {
    const { url, client } = await websocketServer();
    const told = new Told(open, url);
    await told.until(last('opened'));
    (await client).terminate();
    await told.until(last('gone 1006'));
  });

  it('says farewell when it is closed, and nothing more is told', async () => {
    const { url, client } = await websocketServer();
    const told = new Told(open, url);
    const server = await client;
    await told.until(last('opened'));
    const code = new Promise((resolve) => server.once('close', resolve));
    told.socket.close();
    server.send('too late');
    expect(await code).not.toBe(1006);
    expect(told.lines).toEqual(['opened']);
  });

  it('names the status of a refused upgrade', async () => {
    const { url } = await rawServer(
      'HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
    );
    const told = new Told(open, url);
    await told.until((lines) => lines.length > 0);
    expect(told.lines.join()).toMatch(/^gone .*\b502\b/);
  });

  it('tells where nobody listens', async () => {
    const { url } = await rawServer('');
    for (const close of closers.splice(0)) await close();
    const told = new Told(open, url);
    await told.until((lines) => lines.length > 0);
    expect(told.lines.join()).toContain('ECONNREFUSED');
  });

  it('ends on an answer with a wrong key', async () => {
    const { url } = await rawServer(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: no\r\n\r\n',
    );
    const told = new Told(open, url);
    await told.until((lines) => lines.length > 0);
    expect(told.lines).toHaveLength(1);
    expect(told.lines[0]).toMatch(/^gone /);
  });
});

describe('own framing', () => {
  it('ends on a server that breaks the protocol, and says why in the farewell', async () => {
    const { url, client } = await websocketServer();
    const told = new Told(openOwnSocket, url);
    const server = await client;
    await told.until(last('opened'));
    const code = new Promise((resolve) => server.once('close', resolve));
    const { _socket: wire } = server as unknown as { _socket: Socket };
    wire.write(Buffer.from([0xc1, 0x00]));
    await told.until(last('gone 1002 reserved bits are set'));
    expect(await code).toBe(1002);
  });

  it('takes frames that come with the answer to the upgrade, and an answer in pieces', async () => {
    const { url, client } = await websocketServer();
    const told = new Told(openOwnSocket, url);
    (await client).send('at once');
    await told.until(last('frame at once'));
    const slow = await rawServer('HTTP/1.1 5');
    const other = new Told(openOwnSocket, slow.url);
    (await slow.client).write('03 Service Unavailable\r\n\r\n');
    await other.until(last('gone HTTP 503'));
  });

  it('gives up on an answer without an end', async () => {
    const { url } = await rawServer(`HTTP/1.1 101 ${'x'.repeat(20_000)}`);
    const told = new Told(openOwnSocket, url);
    await told.until(last('gone the answer to the upgrade has no end'));
  });
});

describe.each([
  ['own framing', openOwnSocket],
  ['ws', openWsSocket],
] as const)('TLS on %s', (_name, open) => {
  const trusted = getCACertificates();
  beforeAll(() => setDefaultCACertificates([...trusted, LOOPBACK_CERTIFICATE]));
  afterAll(() => setDefaultCACertificates([...trusted]));

  async function secureServer(): Promise<string> {
    const https = createHttpsServer({ key: LOOPBACK_KEY, cert: LOOPBACK_CERTIFICATE });
    const server = new WebSocketServer({ server: https });
    closers.push(() => {
      for (const client of server.clients) client.terminate();
    });
    server.on('connection', (socket) => {
      socket.on('message', (data) => socket.send(`heard ${(data as Buffer).toString()}`));
    });
    return `wss://127.0.0.1:${await listen(https)}/`;
  }

  it('carries texts both ways', async () => {
    const told = new Told(open, await secureServer());
    await told.until(last('opened'));
    told.socket.send('hello');
    await told.until(last('frame heard hello'));
  });

  it('refuses a certificate that nobody vouches for', async () => {
    const url = await secureServer();
    setDefaultCACertificates([...trusted]);
    const told = new Told(open, url);
    await told.until((lines) => lines.length > 0);
    setDefaultCACertificates([...trusted, LOOPBACK_CERTIFICATE]);
    expect(told.lines.join()).toMatch(/^gone .*certificate/i);
  });
});
