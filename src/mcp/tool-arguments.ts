/** Reads a tool's arguments. Every fault is a sentence that names what is accepted. */
import { z } from 'zod';
import type { Outcome } from '../engine/domain/verdict.ts';
import { deny } from '../engine/domain/verdict.ts';
import { nearestName } from './nearest-name.ts';

const LONGEST_ECHO_CHARACTERS = 40;

/** What of a tool its arguments are read by. */
export interface ArgumentsOf<Input extends z.ZodObject> {
  readonly name: string;
  readonly input: Input;
  readonly unlisted?: readonly string[];
}

interface Fault {
  readonly argument: string;
  readonly message: string;
  readonly numbers?: Readonly<Record<string, string>>;
}

const propertyShape = z.object({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  enum: z.array(z.unknown()).optional(),
  anyOf: z.array(z.looseObject({ type: z.string().optional() })).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  default: z.unknown().optional(),
});
const schemaShape = z.object({ properties: z.record(z.string(), propertyShape).default({}) });

const TYPE_WORDS: Readonly<Record<string, string>> = {
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  string: 'a text',
  array: 'a list',
};

function rangeWords({ minimum, maximum }: z.infer<typeof propertyShape>): string {
  const isBounded = (bound: number | undefined) =>
    bound !== undefined && Math.abs(bound) < Number.MAX_SAFE_INTEGER;
  if (isBounded(minimum) && isBounded(maximum)) return ` from ${minimum} to ${maximum}`;
  if (isBounded(minimum)) return ` of at least ${minimum}`;
  return isBounded(maximum) ? ` of at most ${maximum}` : '';
}

function acceptedWords(property: z.infer<typeof propertyShape>): string {
  if (property.enum !== undefined) return property.enum.map((v) => JSON.stringify(v)).join(' or ');
  const type = property.type ?? property.anyOf?.[0]?.type ?? '';
  const word = TYPE_WORDS[Array.isArray(type) ? (type[0] ?? '') : type] ?? 'another value';
  return word + rangeWords(property);
}

/** What was sent, as it may be repeated to a reader: short, and without marks that change how a line
 * is shown. */
function echo(value: unknown): string {
  const text = (JSON.stringify(value) ?? 'nothing').replaceAll(/\p{C}/gu, '?');
  return text.length <= LONGEST_ECHO_CHARACTERS
    ? text
    : `${text.slice(0, LONGEST_ECHO_CHARACTERS)}…`;
}

function asFields(raw: unknown): Readonly<Record<string, unknown>> | undefined {
  if (raw === undefined || raw === null) return {};
  if (typeof raw !== 'object' || Array.isArray(raw)) return undefined;
  return Object.fromEntries(
    Object.entries(raw).filter(([, value]) => value !== undefined && value !== null),
  );
}

/** Reads `raw` by the schema; null counts as left out. */
export function readArguments<Input extends z.ZodObject>(
  tool: ArgumentsOf<Input>,
  raw: unknown,
): Outcome<{ readonly value: z.output<Input> }> {
  const fields = asFields(raw);
  if (fields === undefined) {
    return deny('argument_invalid', `the arguments of ${tool.name} are an object of names`, {});
  }
  const parsed = tool.input.safeParse(fields);
  if (parsed.success) return { value: parsed.data };
  const faults = parsed.error.issues.flatMap((issue) => faultsOf(tool, issue, fields));
  const [first] = faults;
  const message = faults.map((fault) => fault.message).join(' ');
  return deny('argument_invalid', message, {
    argument: first?.argument ?? '',
    ...first?.numbers,
    faults: faults.length,
  });
}

function faultsOf(
  tool: ArgumentsOf<z.ZodObject>,
  issue: z.core.$ZodIssue,
  fields: Readonly<Record<string, unknown>>,
): Fault[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownFault(tool, key));
  const argument = String(issue.path[0] ?? '');
  if (issue.code === 'custom') {
    const end = issue.message.endsWith('?') ? '' : '.';
    return [{ argument, message: `${argument}: ${issue.message}${end}` }];
  }
  const schema = schemaShape.parse(z.toJSONSchema(tool.input, { io: 'input' }));
  const property = schema.properties[argument];
  const accepted = property === undefined ? issue.message : acceptedWords(property);
  if (!(argument in fields)) {
    const message = `${tool.name} needs ${argument}: give ${accepted}.`;
    return [{ argument, message, numbers: { accepted } }];
  }
  const got = echo(fields[argument]);
  const unless =
    property?.default === undefined ? '' : `, or leave it out for ${echo(property.default)}`;
  const message = `${argument} is ${got}; it must be ${accepted}${unless}.`;
  return [{ argument, message, numbers: { accepted, got } }];
}

function unknownFault(tool: ArgumentsOf<z.ZodObject>, argument: string): Fault {
  const listed = Object.keys(tool.input.shape).filter((name) => !tool.unlisted?.includes(name));
  const nearest = nearestName(argument, listed);
  const meant = nearest === undefined ? '' : ` Did you mean ${nearest}?`;
  const known = listed.length === 0 ? 'it takes none' : `it takes ${listed.join(', ')}`;
  const message = `${tool.name} has no argument ${echo(argument)}: ${known}.${meant}`;
  const numbers = { accepted: listed.join(', '), ...(nearest && { didYouMean: nearest }) };
  return { argument: echo(argument).slice(1, -1), message, numbers };
}
