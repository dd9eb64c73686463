import { fileURLToPath } from 'node:url';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { thisBuild } from '../../../src/command/build-info.ts';
import { paperAccountId, socketPath } from '../../../src/command/engine-paths.ts';
import { readConfig } from '../../../src/config.ts';
import type { FaceRoom } from '../../../src/mcp/face.ts';
import { createFaceRoom, faceSettings } from '../../../src/mcp/face.ts';
import type { ListeningSocket } from '../../../src/mcp/socket-server.ts';
import { listenOnSocket } from '../../../src/mcp/socket-server.ts';
import type { RunningHttp } from '../../../src/web/http-server.ts';
import { startHttp } from '../../../src/web/http-server.ts';
import {
  createHome,
  removeHome,
  type Settings,
  settingsFor,
} from '../../support/engine-process.ts';
import { FakeEngineApi } from '../../support/fake-engine-api.ts';

const MAIN = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));

/** A fake engine behind its real socket and its real HTTP face, as `serve` joins them. */
export class StagedEngine {
  readonly home = createHome();
  readonly settings: Record<string, string>;
  readonly api: FakeEngineApi;
  readonly #room: FaceRoom;
  #socket: ListeningSocket | undefined;
  #http: RunningHttp | undefined;

  /** `build` is what the engine says it is: who joins it has to be the same. */
  constructor(settings: Settings = {}, build: string = thisBuild()) {
    this.settings = settingsFor(this.home, settings);
    this.api = new FakeEngineApi({ build, accountId: paperAccountId(this.home) });
    this.#room = createFaceRoom(this.api, faceSettings(readConfig(this.settings)));
  }

  async open(): Promise<void> {
    const { api, settings, home } = this;
    const room = this.#room;
    const config = readConfig(settings);
    const path = socketPath(home);
    const quiet = (): void => undefined;
    const face = { config, api, room, log: quiet };
    this.#socket = await listenOnSocket({
      ...face,
      identity: api.identity,
      path,
      shutdown: quiet,
    });
    this.#http = await startHttp(face);
  }

  transport(over: 'stdio' | 'HTTP'): Transport {
    if (over === 'stdio') {
      const { settings: env, home: cwd } = this;
      return new StdioClientTransport({ command: process.execPath, args: [MAIN, 'mcp'], env, cwd });
    }
    const url = new URL(`http://127.0.0.1:${this.#http?.port}/mcp`);
    // The SDK's own class misses its interface by exactOptionalPropertyTypes alone.
    return new StreamableHTTPClientTransport(url) as Transport;
  }

  async close(): Promise<void> {
    await this.#http?.close();
    await this.#socket?.close();
    this.#room.close();
    removeHome(this.home);
  }
}
