/**
 * The calls that must not wait for a limit of requests: the kill switch, the ways out of orders and
 * positions with the confirms of their tokens, and what a client sends first when it connects anew.
 */
import { z } from 'zod';
import type { Caller, EngineApi } from '../desk/engine-api.ts';
import { toolNamed } from '../mcp/catalog.ts';
import type { Tool } from '../mcp/tool.ts';
import { readArguments } from '../mcp/tool-arguments.ts';
import { pathOf } from './http-reply.ts';
import type { Exchange } from './http-routes.ts';
import { callShape } from './tool-bridge.ts';

const WAYS_OUT: readonly string[] = ['flatten_all', 'close_position', 'cancel_order'];
const CONNECTING: readonly string[] = ['initialize', 'notifications/initialized', 'tools/list'];

const messageShape = z.object({ method: z.string(), params: z.unknown().optional() });
const tokenShape = z.object({ confirm_token: z.string() });

interface ToolCall {
  readonly tool: Tool;
  readonly args: unknown;
}

/** Who calls, and how the engine is asked what a token stands for. */
export interface Asker {
  readonly api: Pick<EngineApi, 'describeToken'>;
  readonly caller: Caller;
  /** Counts a question to the engine; false where there were too many. */
  readonly mayAsk: () => boolean;
}

function toolCallOf(value: unknown): ToolCall | undefined {
  const { name, tool, arguments: args } = callShape.safeParse(value).data ?? {};
  const called = toolNamed(name ?? tool ?? '');
  return called && { tool: called, args };
}

/** What kind of urgent call a request is; undefined where it can wait. */
export async function urgentKindOf(
  { request, body }: Exchange,
  asker: Asker,
): Promise<string | undefined> {
  if (request.method !== 'POST') return undefined;
  const read = await body();
  if ('status' in read) return undefined;
  if (pathOf(request) === '/mcp/call') return kindOfCall(toolCallOf(read.json), asker);
  const message = messageShape.safeParse(read.json).data;
  if (message === undefined) return undefined;
  if (CONNECTING.includes(message.method)) return message.method;
  return message.method === 'tools/call'
    ? kindOfCall(toolCallOf(message.params), asker)
    : undefined;
}

async function kindOfCall(call: ToolCall | undefined, asker: Asker) {
  if (call === undefined) return undefined;
  const { name } = call.tool;
  if (WAYS_OUT.includes(name)) return name;
  if (name === 'kill_switch') return engages(call) ? name : undefined;
  const token = tokenShape.safeParse(call.args).data?.confirm_token;
  if (name !== 'confirm_trade' || token === undefined || !asker.mayAsk()) return undefined;
  return (await opensNothing(token, asker)) ? name : undefined;
}

/** A call that only asks where to re-arm, or that the tool refuses, stops nothing. */
function engages({ tool, args }: ToolCall): boolean {
  const read = readArguments(tool, args);
  return 'value' in read && read.value['enable'] !== false;
}

/** True for the token of an exit, and for one that was used and only tells what it did. */
async function opensNothing(token: string, { api, caller }: Asker): Promise<boolean> {
  const described = await api.describeToken(token, caller);
  if ('denied' in described) return described.denied.code === 'token_used';
  return described.value.purpose !== 'open';
}
