/**
 * Every way to a confirm: over real stdio (`deltaring mcp` in a process of its own) and real HTTP,
 * from the SDK's own client, with a dialog and without, and each answer that a dialog can have.
 */
import { fileURLToPath } from 'node:url';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { ElicitResult } from '@modelcontextprotocol/sdk/types.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUILD } from '../../src/command/build-info.ts';
import { paperAccountId, socketPath } from '../../src/command/engine-paths.ts';
import type { ConfirmMode } from '../../src/config.ts';
import { readConfig } from '../../src/config.ts';
import { CONFIRM_FIELD } from '../../src/mcp/confirm-dialog.ts';
import type { FaceRoom } from '../../src/mcp/face.ts';
import { createFaceRoom, faceSettings } from '../../src/mcp/face.ts';
import type { ListeningSocket } from '../../src/mcp/socket-server.ts';
import { listenOnSocket } from '../../src/mcp/socket-server.ts';
import type { RunningHttp } from '../../src/web/http-server.ts';
import { startHttp } from '../../src/web/http-server.ts';
import { createHome, removeHome, settingsFor } from '../support/engine-process.ts';
import { FakeEngineApi } from '../support/fake-engine-api.ts';
import { call, sdkClient } from './support/connected-client.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const ACCEPT: ElicitResult = { action: 'accept', content: { [CONFIRM_FIELD]: true } };

const DIALOGS = {
  accept: ACCEPT,
  decline: { action: 'decline' },
  instantCancel: { action: 'cancel' },
  /** Agreed to once, and then redeemed again. */
  tokenReuse: ACCEPT,
} as const satisfies Record<string, ElicitResult>;
type Dialog = keyof typeof DIALOGS;

/** What the first and the second `confirm_trade` with one token came to. */
type Outcome = 'placed' | 'replayed' | 'token_invalid' | 'notShown' | 'declined' | 'noDialog';
type Row = readonly [dialog: Dialog, first: Outcome, second: Outcome, asked: number];

/** An instant cancel stands last: a connection remembers that its dialogs are not shown. */
const TABLE: Readonly<
  Record<'elicit-preferred' | 'elicit-required', Record<'asks' | 'cannotAsk', readonly Row[]>>
> = {
  'elicit-preferred': {
    asks: [
      ['accept', 'placed', 'replayed', 1],
      ['decline', 'declined', 'token_invalid', 1],
      ['tokenReuse', 'placed', 'replayed', 1],
      ['instantCancel', 'notShown', 'placed', 1],
    ],
    cannotAsk: [
      ['accept', 'placed', 'replayed', 0],
      ['decline', 'placed', 'replayed', 0],
      ['tokenReuse', 'placed', 'replayed', 0],
      ['instantCancel', 'placed', 'replayed', 0],
    ],
  },
  'elicit-required': {
    asks: [
      ['accept', 'placed', 'replayed', 1],
      ['decline', 'declined', 'token_invalid', 1],
      ['tokenReuse', 'placed', 'replayed', 1],
      ['instantCancel', 'notShown', 'notShown', 2],
    ],
    cannotAsk: [
      ['accept', 'noDialog', 'noDialog', 0],
      ['decline', 'noDialog', 'noDialog', 0],
      ['tokenReuse', 'noDialog', 'noDialog', 0],
      ['instantCancel', 'noDialog', 'noDialog', 0],
    ],
  },
};

/** A fake engine behind its real socket and its real HTTP face, as `serve` joins them. */
class Stage {
  readonly home = createHome();
  readonly settings: Record<string, string>;
  readonly api: FakeEngineApi;
  readonly #room: FaceRoom;
  #socket: ListeningSocket | undefined;
  #http: RunningHttp | undefined;

  constructor(mode: ConfirmMode) {
    this.settings = settingsFor(this.home, { DELTARING_CONFIRM: mode });
    this.api = new FakeEngineApi({ build: BUILD, accountId: paperAccountId(this.home) });
    this.#room = createFaceRoom(this.api, faceSettings(readConfig(this.settings)));
  }

  async open(): Promise<void> {
    const { api, settings, home } = this;
    const room = this.#room;
    const config = readConfig(settings);
    const path = socketPath(home);
    const shutdown = (): void => undefined;
    this.#socket = await listenOnSocket({
      config,
      api,
      identity: api.identity,
      path,
      shutdown,
      room,
    });
    this.#http = await startHttp({ config, api, room });
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

/** What one confirm came to. */
async function outcomeOf(client: Client, token: string): Promise<Outcome> {
  const { isError, text, data } = await call(client, 'confirm_trade', { confirm_token: token });
  if (!isError) return data['replayed'] === true ? 'replayed' : 'placed';
  const { code, dialog } = data['denied'] as { code: string; dialog?: Outcome };
  if (dialog !== undefined) return dialog;
  if (code === 'token_invalid') return code;
  expect(text).toContain('DELTARING_CONFIRM=elicit-required');
  return 'noDialog';
}

describe.each(['elicit-preferred', 'elicit-required'] as const)('confirming under %s', (mode) => {
  const stage = new Stage(mode);
  beforeAll(() => stage.open());
  afterAll(() => stage.close());

  describe.each(['stdio', 'HTTP'] as const)('over %s', (over) => {
    describe.each(['asks', 'cannotAsk'] as const)('with a client that %s', (can) => {
      let client: Client;
      let answer: Dialog = 'accept';
      let asked = 0;
      beforeAll(async () => {
        const elicit = (): ElicitResult => {
          asked += 1;
          return DIALOGS[answer];
        };
        client = sdkClient(can === 'asks' ? elicit : undefined);
        await client.connect(stage.transport(over));
      });
      afterAll(() => client.close());

      it.each(TABLE[mode][can])('%s: %s, then %s, asked %i times', async (dialog, ...expected) => {
        answer = dialog;
        asked = 0;
        const placedBefore = stage.api.orders.length;
        const card = await call(client, 'iron_condor_30_delta');
        const token: string = card.data['confirmToken'];
        const first = await outcomeOf(client, token);
        const second = await outcomeOf(client, token);
        expect([first, second, asked]).toEqual(expected);
        const placed = [first, second].includes('placed') ? 1 : 0;
        expect(stage.api.orders.length - placedBefore).toBe(placed);
      });
    });
  });
});
