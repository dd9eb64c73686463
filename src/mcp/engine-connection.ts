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

/** What to do where the home is held and its socket does not let this process in. */
export function outOfReach(holder: string, path: string): string {
  return `${holder} has this home, but its socket ${path} cannot be reached from here: while it starts, ask again in a moment; otherwise ask as the user, and on the machine or in the container, that started it, or end it (SIGTERM to ${holder}); what must be closed meanwhile is closed at the broker's own screen`;
}

/** Opens the socket. `holder` is who has the home, where somebody does. */
async function openSocket(path: string, holder: string | undefined): Promise<Socket> {
  try {
    return await connected(path);
  } catch (error) {
    const message =
      holder === undefined
        ? `no engine answers on ${path}: start one with \`deltaring serve\``
        : outOfReach(holder, path);
    throw new DeltaringError('ENGINE_UNREACHABLE', message, error);
  }
}

/** The line that answers the hello. What answers nothing has been asked nothing. */
async function readWelcome(socket: Socket, holder: string | undefined): Promise<string> {
  try {
    const limits = { longestBytes: LONGEST_HELLO_BYTES, timeoutMillis: REPLY_TIMEOUT_MILLIS };
    return await readLine(socket, limits);
  } catch (error) {
    const who = holder === undefined ? 'the engine' : `the engine (${holder})`;
    const why = error instanceof Error ? error.message : String(error);
    const message = `${who} does not answer (${why}); nothing was asked of it. Close at the broker's own screen, or end and restart it`;
    throw new DeltaringError('ENGINE_UNREACHABLE', message, error);
  }
}

/**
 * A socket that the engine has welcomed, paused. Throws ENGINE_UNREACHABLE where nothing answers,
 * HELLO_MISMATCH with the engine's own words where it is another one than expected. `onNotice` hears what
 * the engine has to say to a client that it welcomes; `holder` is who has the home, where somebody does.
 */
export async function connectToEngine(
  path: string,
  hello: Hello,
  onNotice: (notice: string) => void = () => undefined,
  holder?: string,
): Promise<Socket> {
  const socket = await openSocket(path, holder);
  try {
    socket.write(`${JSON.stringify(hello)}\n`);
    const reply = readHelloReply(await readWelcome(socket, holder));
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
