/** Prompts and completions over the MCP SDK. */
import type { Server } from '@modelcontextprotocol/sdk/server/index.js';
import {
  CompleteRequestSchema,
  ErrorCode,
  GetPromptRequestSchema,
  ListPromptsRequestSchema,
  McpError,
} from '@modelcontextprotocol/sdk/types.js';
import { completionsFor, MOST_COMPLETIONS } from './completions.ts';
import type { Face } from './face.ts';
import type { Prompt } from './prompts.ts';
import { PROMPTS, promptFault } from './prompts.ts';

function promptOf(name: string): Prompt {
  const prompt = PROMPTS.find((each) => each.name === name);
  if (prompt !== undefined) return prompt;
  const known = PROMPTS.map((each) => each.name).join(', ');
  throw new McpError(ErrorCode.InvalidParams, `no prompt "${name}"; there are ${known}`);
}

/** Serves the prompts. */
export function servePrompts(server: Server): void {
  server.setRequestHandler(ListPromptsRequestSchema, () => ({
    prompts: PROMPTS.map(({ name, title, description, arguments: args }) => {
      return { name, title, description, ...(args.length > 0 && { arguments: [...args] }) };
    }),
  }));
  server.setRequestHandler(GetPromptRequestSchema, ({ params }) => {
    const prompt = promptOf(params.name);
    const values = params.arguments ?? {};
    const fault = promptFault(prompt, values);
    if (fault !== undefined) throw new McpError(ErrorCode.InvalidParams, fault);
    const content = { type: 'text' as const, text: prompt.text(values) };
    return { description: prompt.description, messages: [{ role: 'user' as const, content }] };
  });
}

/** True where a prompt or a resource's address has this argument. */
function hasArgument(face: Face, ref: { type: string; name?: string; uri?: string }, name: string) {
  if (ref.type === 'ref/prompt') {
    return promptOf(ref.name ?? '').arguments.some((argument) => argument.name === name);
  }
  const template = face.room.resources.templates.find(({ uriTemplate }) => uriTemplate === ref.uri);
  if (template !== undefined) return template.argument === name;
  throw new McpError(ErrorCode.InvalidParams, `no resource template "${ref.uri}"`);
}

/** Serves completions of arguments. */
export function serveCompletions(server: Server, face: Face): void {
  server.setRequestHandler(CompleteRequestSchema, async ({ params: { ref, argument } }) => {
    const isKnown = hasArgument(face, ref, argument.name);
    const all = isKnown ? await completionsFor(face, argument.name, argument.value) : [];
    const values = all.slice(0, MOST_COMPLETIONS);
    return { completion: { values, total: all.length, hasMore: all.length > values.length } };
  });
}
