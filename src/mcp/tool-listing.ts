/**
 * Tools as `tools/list` shows them. The listing is read by a model on every turn, so it is kept
 * small: of a result it shows the outermost fields, the tests hold the whole shape.
 */
import { z } from 'zod';
import { stampShape } from './output-shapes.ts';
import type { Tool } from './tool.ts';

/** A schema of the wire. */
export type JsonObject = Readonly<Record<string, unknown>>;

export interface ListedTool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly inputSchema: JsonObject & { readonly type: 'object' };
  readonly outputSchema: JsonObject & { readonly type: 'object' };
  readonly annotations: {
    readonly readOnlyHint: boolean;
    readonly destructiveHint: boolean;
    readonly idempotentHint: boolean;
    readonly openWorldHint: boolean;
  };
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function without(object: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));
}

/** Bounds that only say "a safe integer", or how long an id may be, tell nobody anything. */
function dropIdleBounds(schema: JsonObject): JsonObject {
  const { minimum, maximum } = schema;
  const idle = [
    'minLength',
    'maxLength',
    ...(minimum === Number.MIN_SAFE_INTEGER ? ['minimum'] : []),
    ...(maximum === Number.MAX_SAFE_INTEGER ? ['maximum'] : []),
  ];
  return without(schema, idle);
}

function inputSchema({ input, unlisted = [] }: Tool): ListedTool['inputSchema'] {
  const schema: JsonObject = { ...z.toJSONSchema(input, { io: 'input' }) };
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  const listed = Object.entries(without(properties, unlisted)).map(([name, property]) => [
    name,
    isObject(property) ? dropIdleBounds(property) : property,
  ]);
  return {
    ...without(schema, ['$schema']),
    type: 'object',
    properties: Object.fromEntries(listed),
  };
}

/** One field of a result, to one level: `{type: 'array'}`, `{type: ['number', 'null']}`. */
function outline(schema: unknown): JsonObject {
  if (!isObject(schema)) return {};
  const { type, anyOf } = schema;
  if (typeof type === 'string' || Array.isArray(type)) return { type };
  if (!Array.isArray(anyOf)) return {};
  const types = anyOf.map((choice: unknown) => (isObject(choice) ? choice['type'] : undefined));
  return types.every((each) => typeof each === 'string') ? { type: types } : {};
}

/** Of the stamp on every result, what the listing names; the instructions tell the rest once. */
const LISTED_STAMP = ['asOf', 'dataAgeMs'];
const UNLISTED_STAMP = Object.keys(stampShape).filter((name) => !LISTED_STAMP.includes(name));

function outputSchema({ output, listedOutput, exact }: Tool): ListedTool['outputSchema'] {
  const schema: JsonObject = { ...z.toJSONSchema(output, { io: 'input' }) };
  if (exact === true) return { ...without(schema, ['$schema']), type: 'object' };
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  const names = listedOutput ?? Object.keys(properties);
  const outlined = Object.entries(properties)
    .filter(([name]) => LISTED_STAMP.includes(name) || names.includes(name) || name === 'denied')
    .filter(([name]) => !UNLISTED_STAMP.includes(name))
    .map(([name, field]) => [name, outline(field)]);
  return {
    type: 'object',
    properties: Object.fromEntries(outlined),
    required: LISTED_STAMP,
  };
}

const LISTED = new WeakMap<Tool, ListedTool>();

/** A tool of the listing, made once. */
export function listedTool(tool: Tool): ListedTool {
  const listed = LISTED.get(tool) ?? makeListed(tool);
  LISTED.set(tool, listed);
  return listed;
}

function makeListed(tool: Tool): ListedTool {
  const { readOnly, destructive, idempotent, openWorld } = tool.hints;
  return {
    name: tool.name,
    title: tool.title,
    description: tool.description,
    inputSchema: inputSchema(tool),
    outputSchema: outputSchema(tool),
    annotations: {
      readOnlyHint: readOnly,
      destructiveHint: destructive,
      idempotentHint: idempotent,
      openWorldHint: openWorld,
    },
  };
}
