import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { HttpOutcome } from '../../../src/desk/threads/broker-http-shell.ts';
import { BrokerHttp, MOST_BODY_BYTES } from '../../../src/desk/threads/broker-http-shell.ts';

const http = new BrokerHttp();
const closers: (() => void)[] = [];
afterEach(() => {
  http.close();
  for (const close of closers.splice(0)) close();
});

async function listen(server: Server | TcpServer): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    if ('closeAllConnections' in server) server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function send(url: string, timeoutMillis = 5_000, body?: string): Promise<HttpOutcome> {
  return new Promise((resolve) => {
    const method = body === undefined ? 'GET' : 'POST';
    http.send(
      { method, url: new URL(url), headers: { 'user-agent': 'x' }, body, timeoutMillis },
      resolve,
    );
  });
}

describe('a request to a broker', () => {
  it('answers with status and body, whatever the status is, and keeps its connection', async () => {
    let connections = 0;
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (part) => {
        body += String(part);
      });
      request.on('end', () => response.writeHead(422).end(`${request.method} ${body}`));
    });
    server.on('connection', () => {
      connections += 1;
    });
    const url = await listen(server);
    const answered = { kind: 'answered', status: 422 };
    expect(await send(`${url}/a`, 5_000, '{"é":1}')).toEqual({ ...answered, body: 'POST {"é":1}' });
    expect(await send(`${url}/b`)).toEqual({ ...answered, body: 'GET ' });
    expect(connections).toBe(1);
  });

  it('hands out for how long the broker wants to be left alone', async () => {
    const server = createServer((_request, response) => {
      response.writeHead(429, { 'retry-after': '7' }).end();
    });
    expect(await send(await listen(server))).toMatchObject({ status: 429, retryAfter: '7' });
  });

  it('follows no redirect', async () => {
    const server = createServer((_request, response) => {
      response.writeHead(302, { location: '/elsewhere' }).end();
    });
    expect(await send(await listen(server))).toMatchObject({ kind: 'answered', status: 302 });
  });

  it('was never sent where nobody took the connection', async () => {
    const server = createServer();
    const url = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    closers.length = 0;
    expect(await send(url)).toMatchObject({ kind: 'failed', neverSent: true });
  });

  it('may have arrived where the connection broke or the answer did not come', async () => {
    const hanging = createTcpServer((socket) => socket.on('error', () => undefined));
    expect(await send(await listen(hanging), 50)).toEqual({
      kind: 'failed',
      reason: 'no answer within 50 ms',
      neverSent: false,
    });
    const resetting = createTcpServer((socket) => {
      socket.once('data', () => socket.resetAndDestroy());
    });
    expect(await send(await listen(resetting))).toMatchObject({ kind: 'failed', neverSent: false });
  });

  it('fails where the body breaks off or never ends', async () => {
    const short = createServer((_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{');
      setImmediate(() => response.destroy());
    });
    expect(await send(await listen(short))).toMatchObject({ kind: 'failed', neverSent: false });
    const endless = createServer((_request, response) => {
      response.write(Buffer.alloc(MOST_BODY_BYTES + 1));
    });
    expect(await send(await listen(endless))).toEqual({
      kind: 'failed',
      reason: `an answer of more than ${MOST_BODY_BYTES} bytes`,
      neverSent: false,
    });
  });
});
