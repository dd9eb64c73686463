/** Resources over the MCP SDK: read, followed, and those with an argument in their address. */
import type { Server } from '@modelcontextprotocol/sdk/server/index.js';
import type { ReadResourceResult } from '@modelcontextprotocol/sdk/types.js';
import {
  ErrorCode,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  McpError,
  ReadResourceRequestSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from '@modelcontextprotocol/sdk/types.js';
import type { Face } from './face.ts';
import { matchTemplate, type TemplateMatch } from './resource-templates.ts';
import type { Resource } from './resources.ts';
import { APP_MIME_TYPE, TRADE_CARD_URI } from './trade-card-app.ts';

/** JSON-RPC code of the specification for a resource that does not exist. */
const RESOURCE_NOT_FOUND = -32_002;
const JSON_TYPE = 'application/json';

/** What the caller's scopes reach. */
function resourcesOf(face: Face): readonly Resource[] {
  return face.room.resources.resources.filter(({ scope }) => face.holds(scope));
}

/** The resource of an address; one that the caller's scopes do not reach is as none. */
function resourceOf(face: Face, uri: string): Resource {
  const known = resourcesOf(face);
  const resource = known.find((each) => each.uri === uri);
  if (resource !== undefined) return resource;
  const list = known.map((each) => each.uri).join(', ');
  throw new McpError(RESOURCE_NOT_FOUND, `no resource "${uri}" to be had here; there are ${list}`);
}

const APP_RESOURCE = {
  uri: TRADE_CARD_URI,
  name: 'trade-card',
  description: 'Draws a preview: payoff, worst case, legs, and the confirm as a button.',
  mimeType: APP_MIME_TYPE,
  _meta: { ui: { prefersBorder: true } },
};

async function readTemplate(
  face: Face,
  uri: string,
  { template, value }: TemplateMatch,
): Promise<ReadResourceResult> {
  const { api, cards } = face.room;
  const content = await template.read({ api, cards, caller: face.caller }, value);
  if ('denied' in content) throw new McpError(RESOURCE_NOT_FOUND, content.denied.message);
  const json = { uri, mimeType: JSON_TYPE, text: JSON.stringify(content.json) };
  if (content.png === undefined) return { contents: [json] };
  const blob = Buffer.from(content.png).toString('base64');
  return { contents: [{ uri, mimeType: template.mimeType, blob }, json] };
}

async function read(
  face: Face,
  uri: string,
  appHtml: string | undefined,
): Promise<ReadResourceResult> {
  if (uri === TRADE_CARD_URI && appHtml !== undefined) {
    return { contents: [{ uri, mimeType: APP_MIME_TYPE, text: appHtml }] };
  }
  const match = matchTemplate(face.room.resources.templates, uri);
  if (match !== undefined && face.holds(match.template.scope))
    return readTemplate(face, uri, match);
  const content = await resourceOf(face, uri).read(face.room.api, face.caller);
  return { contents: [{ uri, mimeType: JSON_TYPE, text: JSON.stringify(content) }] };
}

/** Serves subscriptions; returns what ends them all. */
function serveSubscriptions(server: Server, face: Face): () => void {
  const { resources } = face.room;
  const followed = new Map<string, () => void>();
  server.setRequestHandler(SubscribeRequestSchema, ({ params: { uri } }) => {
    if (matchTemplate(resources.templates, uri) !== undefined) {
      throw new McpError(ErrorCode.InvalidParams, `${uri} is read, not followed`);
    }
    const resource = resourceOf(face, uri);
    const tell = () => {
      server.sendResourceUpdated({ uri }).catch(() => undefined);
    };
    if (!followed.has(uri)) followed.set(uri, resources.follow(resource, tell));
    return {};
  });
  server.setRequestHandler(UnsubscribeRequestSchema, ({ params: { uri } }) => {
    followed.get(uri)?.();
    followed.delete(uri);
    return {};
  });
  return () => {
    for (const unfollow of followed.values()) unfollow();
    followed.clear();
  };
}

/** Serves resources; returns what ends every subscription. `appHtml` is the trade card's page for a
 * host that shows apps. */
export function serveResources(
  server: Server,
  face: Face,
  appHtml: () => string | undefined,
): () => void {
  const { templates } = face.room.resources;
  server.setRequestHandler(ListResourcesRequestSchema, () => {
    const live = resourcesOf(face).map(({ uri, name, description }) => {
      return { uri, name, description, mimeType: JSON_TYPE };
    });
    return { resources: appHtml() === undefined ? live : [...live, APP_RESOURCE] };
  });
  server.setRequestHandler(ListResourceTemplatesRequestSchema, () => ({
    resourceTemplates: templates
      .filter(({ scope }) => face.holds(scope))
      .map(({ uriTemplate, name, description, mimeType }) => {
        return { uriTemplate, name, description, mimeType };
      }),
  }));
  server.setRequestHandler(ReadResourceRequestSchema, ({ params: { uri } }) =>
    read(face, uri, appHtml()),
  );
  return serveSubscriptions(server, face);
}
