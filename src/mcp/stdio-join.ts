/** A face for a client that joined over the engine's socket, after its hello. */
import type { Socket } from 'node:net';
import { FULL_RIGHTS } from '../engine/domain/client-rights.ts';
import { serveOverStream } from './adapter.ts';
import type { FaceRoom } from './face.ts';
import { Face } from './face.ts';
import type { Hello } from './hello.ts';
import { after, nextTurn } from './timers-shell.ts';

/** Whoever owns the socket's folder. */
export const LOCAL_PRINCIPAL = 'local';
/** How long answers may still come after a client ended its side. */
const LAST_ANSWERS_MILLIS = 15_000;

/**
 * Serves MCP on a socket until either side ends. A client that ended its side still gets the
 * answers to what it had asked. `notice` is told it when it connects.
 */
export async function joinMcp(
  room: FaceRoom,
  hello: Hello & { readonly notice?: string | undefined },
  socket: Socket,
): Promise<void> {
  const { authority, openUpToCents, toolsets, readOnly, confirm, notice } = hello;
  const rights = { authority: authority ?? FULL_RIGHTS.authority, openUpToCents };
  const caller = { principal: LOCAL_PRINCIPAL, ...FULL_RIGHTS };
  const face = new Face(room, caller, { rights, toolsets, readOnly, confirm, notice });
  const served = await serveOverStream(face, socket, () => socket.destroy());
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.once('end', () => void lastAnswers());
  await closed;
  await served.close();

  async function lastAnswers(): Promise<void> {
    const giveUp = after(LAST_ANSWERS_MILLIS, () => socket.destroy());
    await nextTurn();
    await Promise.race([served.answered(), closed]);
    giveUp();
    socket.end();
  }
}
