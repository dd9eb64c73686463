/** The least server, in a process of its own: the floor of whatever goes over HTTP or a socket. */
import type { ChildProcess } from 'node:child_process';
import { firstLineOf, SERVER_CPU, startPinned } from './pinned-node.ts';

export interface DummyAnswer {
  readonly contentType: string;
  readonly body: string;
  /** Where it also answers lines, if anywhere. */
  readonly socketPath?: string;
}

export class Dummy {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  /** Starts it and resolves when it listens. */
  static async start({ contentType, body, socketPath }: DummyAnswer): Promise<Dummy> {
    const args = socketPath === undefined ? [contentType, body] : [contentType, body, socketPath];
    const child = startPinned('dummy-server.ts', args, SERVER_CPU);
    const port = await firstLineOf(child);
    return new Dummy(child, `http://127.0.0.1:${port}`);
  }

  stop(): void {
    this.#child.stdin?.end();
  }
}
