/** MCP clients as hosts have them: the SDK's own, over HTTP or over the engine's socket. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import {
  StreamableHTTPClientTransport,
  type StreamableHTTPClientTransportOptions,
} from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { z } from 'zod';
import { thisBuild } from '../../src/command/build-info.ts';
import { paperAccountId, socketPath } from '../../src/command/engine-paths.ts';
import { connectToEngine } from '../../src/mcp/engine-connection.ts';
import { helloTo } from '../../src/mcp/hello.ts';
import type { EngineProcess } from '../../test/support/engine-process.ts';

const resultShape = z.object({
  isError: z.boolean().default(false),
  structuredContent: z.record(z.string(), z.unknown()),
});

/** What a tool answered. */
export type ToolResult = z.infer<typeof resultShape>;

/** One exchange of bytes, for a floor that carries the same. */
export interface Exchange {
  request: string;
  response: string;
  contentType: string;
}

export class McpClient {
  readonly #client = new Client({ name: 'bench', version: '1.0.0' });
  /** The newest exchange over HTTP. */
  readonly exchange: Exchange = { request: '', response: '', contentType: 'application/json' };

  /** Over Streamable HTTP. `keepsBytes` copies each exchange: not for timing. */
  static async overHttp(engine: EngineProcess, keepsBytes = false): Promise<McpClient> {
    const joined = new McpClient();
    const options: StreamableHTTPClientTransportOptions = keepsBytes
      ? { fetch: (url, init) => joined.#fetch(url, init) }
      : {};
    const transport = new StreamableHTTPClientTransport(new URL(`${engine.url}/mcp`), options);
    // The SDK's own class misses its interface by exactOptionalPropertyTypes alone.
    return joined.#join(transport as Transport);
  }

  /** Over the socket that `deltaring mcp` joins by, without the process between. */
  static async overSocket(engine: EngineProcess): Promise<McpClient> {
    const { home } = engine;
    const expected = {
      build: thisBuild(),
      broker: 'paper',
      environment: 'paper',
      accountId: paperAccountId(home),
    };
    const socket = await connectToEngine(socketPath(home), helloTo(expected, 'mcp'));
    // It comes paused, and the engine says nothing before it is asked.
    socket.resume();
    const client = await new McpClient().#join(new StdioServerTransport(socket, socket));
    client.#leave = () => socket.destroy();
    return client;
  }

  #leave: () => void = () => undefined;

  async #join(transport: Transport): Promise<this> {
    await this.#client.connect(transport);
    await this.#client.listTools();
    return this;
  }

  async #fetch(url: string | URL, init?: RequestInit): Promise<Response> {
    const response = await fetch(url, init);
    if (init?.method !== 'POST' || typeof init.body !== 'string') return response;
    this.exchange.request = init.body;
    this.exchange.response = await response.clone().text();
    this.exchange.contentType = response.headers.get('content-type') ?? 'application/json';
    return response;
  }

  /** Calls a tool; a refusal is an answer too. */
  async call(name: string, args: Readonly<Record<string, unknown>> = {}): Promise<ToolResult> {
    return resultShape.parse(await this.#client.callTool({ name, arguments: { ...args } }));
  }

  async leave(): Promise<void> {
    await this.#client.close();
    this.#leave();
  }
}
