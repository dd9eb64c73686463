/** Connections from elsewhere, held to a part of all: whoever fills it keeps nobody on this machine from a kill. */
import type { Server } from 'node:net';

const LOOPBACK_ADDRESS = /^(?:::ffff:)?127\.|^::1$/;

/** True for an address that only this machine's own programs have. */
export function isLoopbackAddress(address: string): boolean {
  return LOOPBACK_ADDRESS.test(address);
}

/** Ends each connection from elsewhere beyond the first `most` that are open; `isOwn` tells this machine's by their
 * address. */
export function holdOutside(server: Server, most: number, isOwn = isLoopbackAddress): void {
  let open = 0;
  server.on('connection', (socket) => {
    if (isOwn(socket.remoteAddress ?? '')) return;
    if (open >= most) {
      socket.destroy();
      return;
    }
    open += 1;
    socket.once('close', () => {
      open -= 1;
    });
  });
}
