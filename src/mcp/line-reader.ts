/** Reads text lines from a socket, one at a time, with a limit on their length. */
import type { Socket } from 'node:net';
import { DeltaringError } from '../engine/domain/errors.ts';
import { after } from './timers-shell.ts';

const NEWLINE = 0x0a;

export interface LineLimits {
  readonly longestBytes: number;
  readonly timeoutMillis: number;
}

/**
 * The next line, without its end. A paused socket is made to flow again. What came after it goes back into the socket, which is paused.
 * Rejects with ENGINE_UNREACHABLE when the other side ends, is too slow or sends too much.
 */
export function readLine(socket: Socket, limits: LineLimits): Promise<string> {
  return new Promise((resolve, reject) => {
    let buffered = Buffer.alloc(0);
    const finish = (settle: () => void): void => {
      stopTimer();
      socket.off('data', onData).off('error', onError).off('end', onEnd).off('close', onEnd);
      socket.pause();
      settle();
    };
    const fail = (message: string, cause?: unknown): void => {
      finish(() => reject(new DeltaringError('ENGINE_UNREACHABLE', message, cause)));
    };
    const onError = (error: Error) => fail(`the connection failed: ${error.message}`, error);
    const onEnd = () => fail('the other side ended before it said a word');
    const onData = (chunk: Buffer): void => {
      buffered = Buffer.concat([buffered, chunk]);
      const end = buffered.indexOf(NEWLINE);
      if (end === -1 && buffered.length <= limits.longestBytes) return;
      if (end === -1 || end > limits.longestBytes) {
        fail('the other side sent no short line');
        return;
      }
      const rest = buffered.subarray(end + 1);
      finish(() => {
        if (rest.length > 0) socket.unshift(rest);
        resolve(buffered.toString('utf8', 0, end));
      });
    };
    const stopTimer = after(limits.timeoutMillis, () => fail('the other side said nothing'));
    socket.on('data', onData).on('error', onError).on('end', onEnd).on('close', onEnd);
    socket.resume();
  });
}
