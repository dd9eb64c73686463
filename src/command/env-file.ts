/** What a `.env` says, line by line: what is no setting there is a fault, and never passes for nothing. */
import { parseEnv } from 'node:util';
import { SETTING_NAMES } from '../config.ts';

/** A line that cannot be taken. What it holds is not told, since that may be a secret. */
export interface EnvFault {
  readonly line: number;
  /** True where it may say which home, so that the file does not. */
  readonly mayHoldHome: boolean;
  /** What is wrong, and what to write. */
  readonly what: string;
}

/** The variables of the lines that can be taken, and every other line. */
export interface EnvFile {
  readonly variables: Readonly<Record<string, string>>;
  readonly faults: readonly EnvFault[];
}

const ENTRY = /^\s*(?:export\s+)?([\w.-]+)\s*=(.*)$/;
const LEADING_NAME = /^\s*(?:export\s+)?([\w.-]+)/;
const NOTHING = /^\s*(?:#.*)?$/;
/** What a value over several lines must not swallow. The end of a base64 text, as `ab==`, is none. */
const LIKE_A_SETTING = /^\s*(?:export\s+)?[A-Za-z_][\w.-]*\s*=\s*[^\s=]/;
const UTF_16 = 'it holds NUL bytes, as UTF-16 does; save the file as UTF-8';
const UNCLOSED = 'its value opens a quote that does not end before the next setting';
const BEHIND_QUOTE =
  'something stands behind the end of its quotes; quote all of the value or none';

function unwritten(name: string | undefined): string {
  const known = name !== undefined && SETTING_NAMES.includes(name) ? name : 'NAME';
  return `it is no setting and no comment; write ${known}=value, or # before it`;
}

/** The whole of a value that opens a quote, and its last line. */
function quoted(lines: readonly string[], at: number, value: string) {
  const mark = value.charAt(0);
  let text = value;
  let last = at;
  while (!text.includes(mark, 1)) {
    const next = lines[last + 1];
    if (next === undefined || LIKE_A_SETTING.test(next)) return undefined;
    text += `\n${next}`;
    last += 1;
  }
  const end = text.indexOf(mark, 1) + 1;
  return { text: text.slice(0, end), behind: text.slice(end), last };
}

/** What the line at an index sets, and the last line of its value; or what is wrong with it. */
function entryAt(lines: readonly string[], at: number) {
  const line = lines[at] ?? '';
  const [, name, rest = ''] = ENTRY.exec(line) ?? [];
  if (name === undefined) return unwritten(LEADING_NAME.exec(line)?.[1]);
  const value = rest.trimStart();
  const isQuoted = /^['"`]/.test(value);
  const whole = isQuoted ? quoted(lines, at, value) : { text: value, behind: '', last: at };
  if (whole === undefined) return `${UNCLOSED}; end it with ${value.charAt(0)}, or take it out`;
  if (!NOTHING.test(whole.behind)) return BEHIND_QUOTE;
  return { name, value: parseEnv(`V=${whole.text}`)['V'] ?? '', last: whole.last };
}

/** Reads the text of a `.env`. A value goes over several lines in quotes alone, and over no setting. What can
 * be made out of UTF-16 is told beside the fault that it is. */
export function readEnvText(text: string): EnvFile {
  if (text.includes('\0')) {
    const { variables } = readEnvText(text.replace(/[\0\uFFFD]/g, ''));
    return { variables, faults: [{ line: 1, mayHoldHome: false, what: UTF_16 }] };
  }
  const variables: Record<string, string> = {};
  const faults: EnvFault[] = [];
  const lineOf = new Map<string, number>();
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/);
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    if (NOTHING.test(line)) continue;
    const entry = entryAt(lines, at);
    const mayHoldHome = line.includes('DELTARING_HOME');
    if (typeof entry === 'string') {
      faults.push({ line: at + 1, mayHoldHome, what: entry });
      continue;
    }
    const { name, value, last } = entry;
    const earlier = lineOf.get(name);
    if (earlier !== undefined && variables[name] !== value) {
      const what = `${name} is something else in line ${earlier}; keep one of the two`;
      faults.push({ line: at + 1, mayHoldHome, what });
    }
    variables[name] = value;
    lineOf.set(name, at + 1);
    at = last;
  }
  return { variables, faults };
}
