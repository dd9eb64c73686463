/** One request of an operator's console to the running engine. */
import { DeltaringError } from '../engine/domain/errors.ts';
import type { ConsoleMethod, ConsoleRequest } from './console-protocol.ts';
import { readConsoleReply } from './console-protocol.ts';
import { connectToEngine } from './engine-connection.ts';
import type { ExpectedEngine } from './hello.ts';
import { helloTo } from './hello.ts';
import { readLine } from './line-reader.ts';

/** Long enough for a flatten to find its fills. */
const REPLY_TIMEOUT_MILLIS = 30_000;
const LONGEST_REPLY_BYTES = 1 << 22;

/**
 * Asks the engine on a socket path. Resolves with the method's result: an `Answer` of the engine's
 * door for kill, rearm and flatten. Throws ENGINE_UNREACHABLE, HELLO_MISMATCH, INPUT_INVALID where the
 * engine says that nothing can come of this request, or its own fault as INTERNAL.
 */
export async function askEngine(
  path: string,
  engine: ExpectedEngine,
  method: ConsoleMethod,
  params: ConsoleRequest['params'] = {},
): Promise<unknown> {
  const hello = helloTo(engine, 'console');
  const socket = await connectToEngine(path, hello, undefined, engine.holder);
  try {
    const request: ConsoleRequest = { id: 1, method, params };
    socket.write(`${JSON.stringify(request)}\n`);
    const limits = { longestBytes: LONGEST_REPLY_BYTES, timeoutMillis: REPLY_TIMEOUT_MILLIS };
    const reply = readConsoleReply(await readLine(socket, limits));
    if (reply === undefined || reply.error !== undefined) {
      const message = reply?.error?.message ?? 'the engine gave no answer of the console';
      const isMisuse = reply?.error?.code === 'INPUT_INVALID';
      throw new DeltaringError(isMisuse ? 'INPUT_INVALID' : 'INTERNAL', message);
    }
    return reply.result;
  } finally {
    socket.destroy();
  }
}
