import { once } from 'node:events';
import { createServer, type Server, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { holdOutside, isLoopbackAddress } from '../../src/web/outside-connections.ts';

const OWN = '127.0.0.1';
const ELSEWHERE = '127.0.0.2';
const MOST = 3;

const open: Socket[] = [];
let server: Server | undefined;

afterEach(() => {
  for (const socket of open.splice(0)) socket.destroy();
  server?.close();
});

/** Listens for this machine and an address that stands for another. */
async function listening(): Promise<number> {
  server = createServer();
  holdOutside(server, MOST, (address) => !address.endsWith(ELSEWHERE));
  server.on('connection', (socket) => socket.write('here'));
  server.listen(0, OWN);
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Connects from an address; tells whether the server keeps it. */
async function isKept(port: number, localAddress: string): Promise<boolean> {
  const socket = new Socket();
  open.push(socket);
  socket.on('error', () => socket.destroy());
  socket.connect({ port, host: OWN, localAddress });
  await Promise.race([once(socket, 'data'), once(socket, 'close')]).catch(() => undefined);
  return !socket.destroyed && socket.bytesRead > 0;
}

describe('connections from elsewhere', () => {
  it.runIf(process.platform === 'linux')('leave room for those of this machine', async () => {
    const port = await listening();
    for (let count = 0; count < MOST; count += 1) {
      expect(await isKept(port, ELSEWHERE)).toBe(true);
    }
    expect(await isKept(port, ELSEWHERE)).toBe(false);
    for (let count = 0; count < MOST + 1; count += 1) expect(await isKept(port, OWN)).toBe(true);
    const [first] = open;
    first!.destroy();
    await expect.poll(() => isKept(port, ELSEWHERE)).toBe(true);
  });

  it('are those that no loopback address begins', () => {
    const own = ['127.0.0.1', '127.3.2.1', '::ffff:127.0.0.1', '::1'];
    expect(own.filter((address) => !isLoopbackAddress(address))).toEqual([]);
    const others = ['10.0.0.127', '::ffff:10.0.0.1', 'fe80::1', '2001:db8::1', ''];
    expect(others.filter(isLoopbackAddress)).toEqual([]);
  });
});
