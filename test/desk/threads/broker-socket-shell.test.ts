import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { BrokerSocket } from '../../../src/desk/threads/broker-socket-shell.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A socket whose waits are as short as chance can make them, and what it told. */
async function rig() {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await new Promise<void>((resolve) => server.once('listening', resolve));
  const told: string[] = [];
  let heard = Promise.withResolvers<void>();
  const tell = (what: string): void => {
    told.push(what);
    heard.resolve();
    heard = Promise.withResolvers();
  };
  const socket = new BrokerSocket({
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    jitter: () => 1,
    events: {
      opened: () => tell('opened'),
      frame: (text) => tell(text),
      closed: () => tell('closed'),
    },
  });
  closers.push(() => {
    socket.stop();
    for (const client of server.clients) client.terminate();
    server.close();
  });
  const until = async (count: number): Promise<readonly string[]> => {
    while (told.length < count) await heard.promise;
    return told;
  };
  return { server, socket, until };
}

describe('the account socket', () => {
  it('tells text and binary frames alike, and sends', async () => {
    const { server, socket, until } = await rig();
    server.on('connection', (client) => {
      client.send('text');
      client.send(Buffer.from('{"in":"bytes"}'));
      client.on('message', (data) => client.send(`heard ${String(data as Buffer)}`));
    });
    socket.start();
    await until(3);
    socket.send('hello');
    expect(await until(4)).toEqual(['opened', 'text', '{"in":"bytes"}', 'heard hello']);
  });

  it('comes back after every end, its own giving up among them', async () => {
    const { server, socket, until } = await rig();
    server.once('connection', (client) => client.close());
    socket.start();
    expect(await until(3)).toEqual(['opened', 'closed', 'opened']);
    socket.reset('no heartbeat');
    expect((await until(5)).slice(3)).toEqual(['closed', 'opened']);
  });

  it('stays closed once it was stopped, and a message is then lost without harm', async () => {
    const { socket, until, server } = await rig();
    socket.start();
    await until(1);
    socket.stop();
    socket.send('late');
    socket.reset('late');
    await new Promise<void>((resolve) => {
      const [client] = server.clients;
      client?.on('close', () => resolve());
    });
    expect(await until(1)).toEqual(['opened']);
  });
});
