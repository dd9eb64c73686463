/** The SDK's own client, joined to a face over a real stream. */
import { Duplex } from 'node:stream';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { ReadBuffer, serializeMessage } from '@modelcontextprotocol/sdk/shared/stdio.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type {
  ElicitRequest,
  ElicitResult,
  JSONRPCMessage,
} from '@modelcontextprotocol/sdk/types.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { TOOLSET_NAMES } from '../../../src/config.ts';
import { FULL_RIGHTS } from '../../../src/engine/domain/client-rights.ts';
import { serveOverStream } from '../../../src/mcp/adapter.ts';
import type { FaceSettings, Narrowing } from '../../../src/mcp/face.ts';
import { createFaceRoom, Face } from '../../../src/mcp/face.ts';
import type { Scope } from '../../../src/mcp/scopes.ts';
import { FakeEngineApi } from '../../support/fake-engine-api.ts';

/** MCP's line protocol over any stream, on the client's side. */
export class StreamTransport implements Transport {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  readonly #stream: Duplex;
  readonly #buffer = new ReadBuffer();

  readonly #asks: string | undefined;

  /** `asks` replaces the revision of the protocol that the client asks for. */
  constructor(stream: Duplex, asks?: string) {
    this.#stream = stream;
    this.#asks = asks;
  }

  async start(): Promise<void> {
    this.#stream.on('data', (chunk: Buffer) => {
      this.#buffer.append(chunk);
      for (let m = this.#buffer.readMessage(); m !== null; m = this.#buffer.readMessage()) {
        this.onmessage?.(m);
      }
    });
    this.#stream.on('close', () => this.onclose?.());
  }

  async send(message: JSONRPCMessage): Promise<void> {
    const isFirst = 'method' in message && message.method === 'initialize';
    const params = isFirst && { ...message.params, protocolVersion: this.#asks };
    const sent = params && this.#asks !== undefined ? { ...message, params } : message;
    this.#stream.write(serializeMessage(sent));
  }

  async close(): Promise<void> {
    this.#stream.destroy();
    this.onclose?.();
  }
}

/** Two ends of one pipe. */
function streamPair(): [Duplex, Duplex] {
  const ends: Duplex[] = [0, 1].map(
    (side) =>
      new Duplex({
        read: () => undefined,
        write: (chunk, _encoding, done) => {
          ends[1 - side]?.push(chunk);
          done();
        },
        final: (done) => {
          ends[1 - side]?.push(null);
          done();
        },
      }),
  );
  return [ends[0]!, ends[1]!];
}

export type Elicit = (request: ElicitRequest['params']) => ElicitResult | Promise<ElicitResult>;

export interface Joined {
  readonly client: Client;
  readonly api: FakeEngineApi;
  readonly face: Face;
  readonly close: () => Promise<void>;
}

export interface JoinOptions {
  readonly api?: FakeEngineApi;
  readonly settings?: Partial<FaceSettings>;
  readonly narrowing?: Narrowing;
  /** Answers dialogs; without it the client has no elicitation. */
  readonly elicit?: Elicit;
  readonly room?: ReturnType<typeof createFaceRoom>;
  /** Scopes of the caller's token; all of them where left out. */
  readonly scopes?: readonly Scope[];
  /** The revision that the client asks for; its newest where left out. */
  readonly protocolVersion?: string;
  /** Extensions of the protocol that the client says it has. */
  readonly extensions?: Record<string, object> | undefined;
}

export const ALL_SETTINGS: FaceSettings = {
  toolsets: TOOLSET_NAMES,
  readOnly: false,
  confirmMode: 'elicit-preferred',
  rights: FULL_RIGHTS,
};

/** A client of the SDK, with or without elicitation. */
export function sdkClient(elicit?: Elicit, extensions?: Record<string, object>): Client {
  const capabilities = {
    ...(elicit !== undefined && { elicitation: { form: {} } }),
    ...(extensions !== undefined && { extensions }),
  };
  const client = new Client({ name: 'test', version: '1' }, { capabilities });
  if (elicit !== undefined) {
    client.setRequestHandler(ElicitRequestSchema, ({ params }) => elicit(params));
  }
  return client;
}

/** A client of the SDK at a face of any engine. */
export async function connected(
  face: Face,
  client: Client = sdkClient(),
  protocolVersion?: string,
): Promise<Pick<Joined, 'client' | 'close'>> {
  const [near, far] = streamPair();
  const served = await serveOverStream(face, far);
  await client.connect(new StreamTransport(near, protocolVersion));
  const close = async (): Promise<void> => {
    await client.close();
    await served.close();
  };
  return { client, close };
}

/** Joins a client to a new face of a fake engine. */
export async function join(options: JoinOptions = {}): Promise<Joined> {
  const api = options.api ?? new FakeEngineApi();
  const room = options.room ?? createFaceRoom(api, { ...ALL_SETTINGS, ...options.settings });
  const { scopes } = options;
  const visitor = { principal: 'local', authority: 'open', ...(scopes && { scopes }) } as const;
  const face = new Face(room, visitor, options.narrowing);
  const asked = sdkClient(options.elicit, options.extensions);
  const { client, close: leave } = await connected(face, asked, options.protocolVersion);
  const close = async (): Promise<void> => {
    await leave();
    room.close();
  };
  return { client, api, face, close };
}

/** A tool's result as the tests read it. */
export interface CallResult {
  readonly isError: boolean;
  readonly text: string;
  readonly data: Data;
  /** The text and what stands beside it, as it came. */
  readonly content: readonly unknown[];
}

/** Structured content, as deep as a test cares to look. */
// biome-ignore lint/suspicious/noExplicitAny: a test reads fields of many shapes by their names
export type Data = Record<string, any>; // oxlint-disable-line typescript/no-explicit-any

/** Calls a tool and takes its result apart. */
export async function call(
  client: Client,
  name: string,
  args: Record<string, unknown> = {},
): Promise<CallResult> {
  const result = await client.callTool({ name, arguments: args });
  const content = result.content as { type: string; text: string }[];
  return {
    isError: result.isError === true,
    text: content[0]?.text ?? '',
    data: result.structuredContent as Data,
    content,
  };
}
