/**
 * How long does a tool call take for an MCP client, over HTTP and over the engine's socket?
 *
 *     SDK client ─ JSON-RPC ─► HTTP or socket ─► face ─► tool ─► door ─► core ─► … and back
 *
 * Floor: the very same bytes there and back, node:http or a bare socket on both sides, in processes
 * of their own as the engine is. The SDK's client, which checks each answer against the tool's
 * schema, is in the time: it is what a host waits for.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EngineProcess } from '../test/support/engine-process.ts';
import type { Bench, BenchContext, BenchReport, Row } from './support/bench.ts';
import { check } from './support/bench.ts';
import { Dummy } from './support/dummy.ts';
import { McpClient } from './support/mcp-client.ts';
import type { Measure, Paired } from './support/paired.ts';
import { paired, rowOf } from './support/paired.ts';
import { RawHttp, RawSocket } from './support/raw-round-trip.ts';
import { nanosNow } from './support/samples.ts';

const NAME = 'mcp-round-trip';
const CLIENTS = 3;
/** A caller over HTTP has 1,000 requests an hour, and all of this bench are one caller. */
const HTTP_CALLS = 30;
const HTTP_CALLS_EACH = 10;
const SOCKET_CALLS = 200;
const SOCKET_CALLS_EACH = 70;

type Call = () => Promise<unknown>;

/** All callers at once, each one call after the other; every call is a sample. */
function together(callers: readonly Call[], times: number): Measure {
  return async (samples) => {
    const lane = async (call: Call): Promise<void> => {
      for (let i = 0; i < times; i += 1) {
        const startedAt = nanosNow();
        await call();
        samples.record(nanosNow() - startedAt);
      }
    };
    await Promise.all(callers.map(lane));
  };
}

/** A tool that any client may call at any time. */
interface Probe {
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** A field that its answer has. */
  readonly field: string;
}

const STATUS: Probe = { tool: 'market_status', args: {}, field: 'asOf' };
const CHAIN: Probe = { tool: 'get_option_chain', args: { limit: 20 }, field: 'rows' };

function callOf(client: McpClient, { tool, args, field }: Probe): Call {
  return async () => {
    const { isError, structuredContent } = await client.call(tool, args);
    check(!isError && field in structuredContent, `${tool} answers`);
  };
}

/** Everything that is open while the bench runs. */
interface Stage {
  readonly engine: EngineProcess;
  readonly folder: string;
  readonly http: readonly McpClient[];
  readonly sockets: readonly McpClient[];
}

interface Plan {
  readonly probe: Probe;
  readonly over: 'HTTP' | 'socket';
  readonly clients: number;
}

async function rowFor(context: BenchContext, stage: Stage, plan: Plan): Promise<Row> {
  const { probe, over, clients } = plan;
  const { request, response, contentType } = await bytesOf(stage.engine, probe);
  // One path a dummy: what ends takes its socket's path away, if another has it by then or not.
  const path = join(stage.folder, `${over}-${probe.tool}-${clients}.sock`);
  const dummy = await Dummy.start({ contentType, body: response, socketPath: path });
  const all = (over === 'HTTP' ? stage.http : stage.sockets).slice(0, clients);
  const alone = over === 'HTTP' ? HTTP_CALLS : SOCKET_CALLS;
  const each = over === 'HTTP' ? HTTP_CALLS_EACH : SOCKET_CALLS_EACH;
  const times = context.count(clients === 1 ? alone : each);
  const raw: RawCaller[] = [];
  let result: Paired;
  try {
    for (let i = 0; i < clients; i += 1) {
      raw.push(
        over === 'HTTP'
          ? rawHttp(dummy.url, request, response)
          : await rawSocket(path, request, Buffer.byteLength(response) + 1),
      );
    }
    result = await paired(context, {
      ours: together(
        all.map((client) => callOf(client, probe)),
        times,
      ),
      floor: together(
        raw.map(({ call }) => call),
        times,
      ),
    });
  } finally {
    for (const { close } of raw) close();
    dummy.stop();
  }
  const at = clients === 1 ? '' : `, ${clients} clients at once`;
  const metric = `${probe.tool} over ${over}${at} (${response.length} bytes)`;
  const floor = over === 'HTTP' ? 'node:http, same bytes' : 'bare socket, same bytes';
  return rowOf({ bench: NAME, metric, unit: 'us', floor }, result);
}

/** A caller of the floor. */
interface RawCaller {
  readonly call: Call;
  readonly close: () => void;
}

function rawHttp(url: string, request: string, response: string): RawCaller {
  const raw = new RawHttp(url);
  const call = async (): Promise<void> => {
    const length = await raw.post(request);
    check(length === Buffer.byteLength(response), 'the floor carries the same bytes');
  };
  return { call, close: () => raw.close() };
}

async function rawSocket(path: string, request: string, answerBytes: number): Promise<RawCaller> {
  const raw = await RawSocket.join(path, answerBytes);
  return { call: () => raw.send(request), close: () => raw.close() };
}

/** What goes over the wire for one call, without the frame that a stream may put around it. */
async function bytesOf(engine: EngineProcess, { tool, args }: Probe) {
  const client = await McpClient.overHttp(engine, true);
  await client.call(tool, args);
  await client.leave();
  const { request, response, contentType } = client.exchange;
  const data = /^data: (.*)$/m.exec(response)?.[1];
  return { request, response: (data ?? response).trim(), contentType };
}

async function run(context: BenchContext): Promise<BenchReport> {
  const engine = await EngineProcess.start();
  const folder = mkdtempSync(join(tmpdir(), 'deltaring-bench-'));
  const http: McpClient[] = [];
  const sockets: McpClient[] = [];
  try {
    for (let i = 0; i < CLIENTS; i += 1) {
      http.push(await McpClient.overHttp(engine));
      sockets.push(await McpClient.overSocket(engine));
    }
    const stage = { engine, folder, http, sockets };
    const rows = [];
    for (const over of ['HTTP', 'socket'] as const) {
      rows.push(await rowFor(context, stage, { probe: STATUS, over, clients: 1 }));
      rows.push(await rowFor(context, stage, { probe: CHAIN, over, clients: 1 }));
      rows.push(await rowFor(context, stage, { probe: STATUS, over, clients: CLIENTS }));
    }
    return {
      rows,
      checks: [`every call of ${CLIENTS} clients over each transport was answered, none refused`],
      notes: [
        'Engine, floor and clients share the machine; the engine streams its chain all the while.',
        `HTTP rows stand on few calls (${HTTP_CALLS} a round), since a caller may make 1,000 requests an hour.`,
      ],
    };
  } finally {
    await Promise.allSettled([...http, ...sockets].map((client) => client.leave()));
    await engine.stop();
    await engine.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

export const bench: Bench = {
  name: NAME,
  question: "How long does a tool call take for an MCP client, over HTTP and the engine's socket?",
  run,
};
