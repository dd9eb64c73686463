/**
 * The server that the official MCP conformance suite asks for: tools, resources and prompts by the
 * names and answers of its scenarios. It speaks through this project's HTTP stack, so that what is
 * judged is that stack; no build of the product offers any of it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import type {
  CallToolResult,
  ElicitRequestFormParams,
  GetPromptResult,
  ReadResourceResult,
  ServerNotification,
  ServerRequest,
} from '@modelcontextprotocol/sdk/types.js';
import {
  CallToolRequestSchema,
  CompleteRequestSchema,
  CreateMessageResultSchema,
  ElicitResultSchema,
  GetPromptRequestSchema,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
  ReadResourceRequestSchema,
  SetLevelRequestSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import type { OpenSession } from '../../../src/mcp/adapter.ts';
import { openHttpSession } from '../../../src/mcp/adapter.ts';

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;
type Arguments = Readonly<Record<string, unknown>>;

const STEP_MILLIS = 50;
/** One pixel, and no sound at all. */
const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==';
const WAV = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA=';

const text = (value: string) => ({ type: 'text' as const, text: value });
const image = { type: 'image' as const, data: PNG, mimeType: 'image/png' };

function embedded(uri: string, mimeType: string, value: string) {
  return { type: 'resource' as const, resource: { uri, mimeType, text: value } };
}

async function logging(extra: Extra): Promise<CallToolResult> {
  const steps = ['Tool execution started', 'Tool processing data', 'Tool execution completed'];
  for (const data of steps) {
    const params = { level: 'info' as const, data };
    await extra.sendNotification({ method: 'notifications/message', params });
    await sleep(STEP_MILLIS);
  }
  return { content: [text('Three messages were logged.')] };
}

async function progress(extra: Extra): Promise<CallToolResult> {
  const progressToken = extra._meta?.progressToken;
  for (const done of [0, 50, 100]) {
    if (progressToken !== undefined) {
      const params = { progressToken, progress: done, total: 100 };
      await extra.sendNotification({ method: 'notifications/progress', params });
    }
    await sleep(STEP_MILLIS);
  }
  return { content: [text('Progress was told.')] };
}

async function sampling(extra: Extra, { prompt }: Arguments): Promise<CallToolResult> {
  const messages = [{ role: 'user' as const, content: text(String(prompt)) }];
  const reply = await extra.sendRequest(
    { method: 'sampling/createMessage', params: { messages, maxTokens: 100 } },
    CreateMessageResultSchema,
  );
  const said = reply.content.type === 'text' ? reply.content.text : reply.content.type;
  return { content: [text(`LLM response: ${said}`)] };
}

type Form = ElicitRequestFormParams['requestedSchema'];

async function elicit(extra: Extra, message: string, requestedSchema: Form): Promise<string> {
  const params = { mode: 'form' as const, message, requestedSchema };
  const reply = await extra.sendRequest(
    { method: 'elicitation/create', params },
    ElicitResultSchema,
  );
  return `action=${reply.action}, content=${JSON.stringify(reply.content ?? {})}`;
}

const USER_FORM: Form = {
  type: 'object',
  properties: {
    username: { type: 'string', description: "User's response" },
    email: { type: 'string', description: "User's email address" },
  },
  required: ['username', 'email'],
};

const DEFAULTS_FORM: Form = {
  type: 'object',
  properties: {
    name: { type: 'string', default: 'John Doe' },
    age: { type: 'integer', default: 30 },
    score: { type: 'number', default: 95.5 },
    status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
    verified: { type: 'boolean', default: true },
  },
};

const options = ['option1', 'option2', 'option3'];
const titled = (word: string) =>
  ['First', 'Second', 'Third'].map((nth, index) => ({
    const: `value${index + 1}`,
    title: `${nth} ${word}`,
  }));

const ENUMS_FORM: Form = {
  type: 'object',
  properties: {
    untitledSingle: { type: 'string', enum: options },
    titledSingle: { type: 'string', oneOf: titled('Option') },
    legacyEnum: {
      type: 'string',
      enum: ['opt1', 'opt2', 'opt3'],
      enumNames: ['Option One', 'Option Two', 'Option Three'],
    },
    untitledMulti: { type: 'array', items: { type: 'string', enum: options } },
    titledMulti: { type: 'array', items: { anyOf: titled('Choice') } },
  },
};

interface FixtureTool {
  readonly required?: string;
  call(extra: Extra, args: Arguments): Promise<CallToolResult>;
}

function answering(...content: CallToolResult['content']): FixtureTool {
  return { call: async () => ({ content }) };
}

const TOOLS: Readonly<Record<string, FixtureTool>> = {
  test_simple_text: answering(text('This is a simple text response for testing.')),
  test_image_content: answering(image),
  test_audio_content: answering({ type: 'audio', data: WAV, mimeType: 'audio/wav' }),
  test_embedded_resource: answering(
    embedded('test://embedded-resource', 'text/plain', 'This is an embedded resource content.'),
  ),
  test_multiple_content_types: answering(
    text('Multiple content types test:'),
    image,
    embedded('test://mixed-content-resource', 'application/json', '{"test":"data","value":123}'),
  ),
  test_tool_with_logging: { call: (extra) => logging(extra) },
  test_tool_with_progress: { call: (extra) => progress(extra) },
  test_error_handling: {
    call: async () => ({
      isError: true,
      content: [text('This tool intentionally returns an error for testing')],
    }),
  },
  test_sampling: { required: 'prompt', call: sampling },
  test_elicitation: {
    required: 'message',
    call: async (extra, { message }) => ({
      content: [text(`User response: ${await elicit(extra, String(message), USER_FORM)}`)],
    }),
  },
  test_elicitation_sep1034_defaults: {
    call: async (extra) => ({
      content: [text(`Elicitation completed: ${await elicit(extra, 'Defaults', DEFAULTS_FORM)}`)],
    }),
  },
  test_elicitation_sep1330_enums: {
    call: async (extra) => ({
      content: [text(`Elicitation completed: ${await elicit(extra, 'Enums', ENUMS_FORM)}`)],
    }),
  },
};

/** Every keyword that a listing must carry unchanged (SEP-1613, SEP-2106). */
const JSON_SCHEMA_2020_12 = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object' as const,
  $defs: {
    address: {
      $anchor: 'addressDef',
      type: 'object',
      properties: { street: { type: 'string' }, city: { type: 'string' } },
    },
  },
  properties: {
    name: { type: 'string' },
    address: { $ref: '#/$defs/address' },
    contactMethod: { type: 'string', enum: ['phone', 'email'] },
    phone: { type: 'string' },
    email: { type: 'string' },
  },
  allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
  if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: { required: ['phone'] }, // oxlint-disable-line unicorn/no-thenable -- the same
  else: { required: ['email'] },
  additionalProperties: false,
};

function serveTools(server: Server): void {
  const listed = Object.entries(TOOLS).map(([name, { required }]) => ({
    name,
    description: `Fixture ${name}`,
    inputSchema: {
      type: 'object' as const,
      properties: required === undefined ? {} : { [required]: { type: 'string' } },
      required: required === undefined ? [] : [required],
    },
  }));
  const schema = {
    name: 'json_schema_2020_12_tool',
    description: 'Tool with JSON Schema 2020-12 features',
    inputSchema: JSON_SCHEMA_2020_12,
  };
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: [...listed, schema] }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra) => {
    const tool = TOOLS[params.name];
    if (tool === undefined) throw new Error(`there is no fixture ${params.name}`);
    return tool.call(extra, params.arguments ?? {});
  });
}

function read(uri: string): ReadResourceResult['contents'][number] {
  const [, id] = /^test:\/\/template\/([^/]+)\/data$/.exec(uri) ?? [];
  if (uri === 'test://static-binary') return { uri, mimeType: 'image/png', blob: PNG };
  if (id !== undefined) {
    const value = { id, templateTest: true, data: `Data for ID: ${id}` };
    return { uri, mimeType: 'application/json', text: JSON.stringify(value) };
  }
  const value = 'This is the content of the static text resource.';
  return { uri, mimeType: 'text/plain', text: value };
}

function serveResources(server: Server): void {
  const uris = ['test://static-text', 'test://static-binary', 'test://watched-resource'];
  server.setRequestHandler(ListResourcesRequestSchema, () => ({
    resources: uris.map((uri) => ({ uri, name: uri.slice('test://'.length) })),
  }));
  server.setRequestHandler(ListResourceTemplatesRequestSchema, () => ({
    resourceTemplates: [{ uriTemplate: 'test://template/{id}/data', name: 'template' }],
  }));
  server.setRequestHandler(ReadResourceRequestSchema, ({ params }) => ({
    contents: [read(params.uri)],
  }));
  server.setRequestHandler(SubscribeRequestSchema, () => ({}));
  server.setRequestHandler(UnsubscribeRequestSchema, () => ({}));
}

type Prompt = (args: Readonly<Record<string, string>>) => GetPromptResult;

function saying(...content: GetPromptResult['messages'][number]['content'][]): GetPromptResult {
  return { messages: content.map((each) => ({ role: 'user' as const, content: each })) };
}

const PROMPTS: Readonly<Record<string, { readonly names: readonly string[]; get: Prompt }>> = {
  test_simple_prompt: {
    names: [],
    get: () => saying(text('This is a simple prompt for testing.')),
  },
  test_prompt_with_arguments: {
    names: ['arg1', 'arg2'],
    get: ({ arg1, arg2 }) => saying(text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)),
  },
  test_prompt_with_embedded_resource: {
    names: ['resourceUri'],
    get: ({ resourceUri = '' }) =>
      saying(
        embedded(resourceUri, 'text/plain', 'Embedded resource content for testing.'),
        text('Please process the embedded resource above.'),
      ),
  },
  test_prompt_with_image: {
    names: [],
    get: () => saying(image, text('Please analyze the image above.')),
  },
};

function servePrompts(server: Server): void {
  server.setRequestHandler(ListPromptsRequestSchema, () => ({
    prompts: Object.entries(PROMPTS).map(([name, { names }]) => ({
      name,
      description: `Fixture ${name}`,
      arguments: names.map((each) => ({ name: each, required: true })),
    })),
  }));
  server.setRequestHandler(GetPromptRequestSchema, ({ params }) => {
    const prompt = PROMPTS[params.name];
    if (prompt === undefined) throw new Error(`there is no fixture ${params.name}`);
    return prompt.get(params.arguments ?? {});
  });
  server.setRequestHandler(CompleteRequestSchema, () => ({
    completion: { values: ['paris', 'park', 'party'], total: 3, hasMore: false },
  }));
}

/** A session of the fixtures, in place of the engine's face. */
export const openFixtureSession: OpenSession = (_face, canElicit, onClosed) => {
  const server = new Server(
    { name: 'deltaring-conformance', version: '1' },
    {
      capabilities: {
        tools: {},
        prompts: {},
        resources: { subscribe: true },
        logging: {},
        completions: {},
      },
    },
  );
  serveTools(server);
  serveResources(server);
  servePrompts(server);
  server.setRequestHandler(SetLevelRequestSchema, () => ({}));
  server.onclose = onClosed;
  const connect = server.connect.bind(server);
  return openHttpSession({ server, connect }, canElicit);
};
