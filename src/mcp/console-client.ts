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
/** What changes nothing. */
const READS: ReadonlySet<ConsoleMethod> = new Set(['status', 'health', 'plan'] as const);

/** Why no answer came to what was asked, and where to look: it may be under way all the same. */
function unanswered(error: unknown, { holder }: ExpectedEngine, method: ConsoleMethod): unknown {
  if (!(error instanceof DeltaringError)) return error;
  const who = holder === undefined ? 'the engine' : `the engine (${holder})`;
  const asked = `${who} was asked for \`${method}\` and has not answered (${error.message})`;
  const next = READS.has(method)
    ? "Ask again; where it stays silent, close at the broker's own screen, or end and restart it"
    : 'It may still be carried out: look at `deltaring status` and at the broker';
  return new DeltaringError('ENGINE_UNREACHABLE', `${asked}. ${next}`, error);
}

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
    const line = await readLine(socket, limits).catch((error: unknown) => {
      throw unanswered(error, engine, method);
    });
    const reply = readConsoleReply(line);
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
