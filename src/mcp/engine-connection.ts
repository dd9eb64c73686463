/** Connects to a running engine and says hello. */
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { DeltaringError } from '../engine/domain/errors.ts';
import type { Hello } from './hello.ts';
import { LONGEST_HELLO_BYTES, readHelloReply } from './hello.ts';
import { readLine } from './line-reader.ts';

const REPLY_TIMEOUT_MILLIS = 5_000;

function connected(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path, allowHalfOpen: true });
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
  });
}

/**
 * A socket that the engine has welcomed, paused. Throws ENGINE_UNREACHABLE where nothing answers,
 * HELLO_MISMATCH with the engine's own words where it is another one than expected. `onNotice` hears what
 * the engine has to say to a client that it welcomes.
 */
export async function connectToEngine(
  path: string,
  hello: Hello,
  onNotice: (notice: string) => void = () => undefined,
): Promise<Socket> {
  let socket: Socket;
  try {
    socket = await connected(path);
  } catch (error) {
    const message = `no engine answers on ${path}: start one with \`deltaring serve\``;
    throw new DeltaringError('ENGINE_UNREACHABLE', message, error);
  }
  try {
    socket.write(`${JSON.stringify(hello)}\n`);
    const limits = { longestBytes: LONGEST_HELLO_BYTES, timeoutMillis: REPLY_TIMEOUT_MILLIS };
    const reply = readHelloReply(await readLine(socket, limits));
    if (reply?.ok === true) {
      if (reply.notice !== undefined) onNotice(reply.notice);
      return socket;
    }
    const message = reply?.error.message ?? 'what answers on the socket is no deltaring engine';
    throw new DeltaringError('HELLO_MISMATCH', message);
  } catch (error) {
    socket.destroy();
    throw error;
  }
}
