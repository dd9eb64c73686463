/**
 * Writes the generated blocks of README.md: the tools from their definitions, the settings from the
 * configuration's own schema. `npm run docs` rewrites them; a test fails while they are stale.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Config, readConfig, SETTING_NAMES } from '../src/config.ts';
import { TOOLS } from '../src/mcp/catalog.ts';
import type { Tool } from '../src/mcp/tool.ts';
import { listedTool } from '../src/mcp/tool-listing.ts';
import { SETTING_MEANINGS } from './setting-meanings.ts';

export const README = fileURLToPath(new URL('../README.md', import.meta.url));

interface Argument {
  readonly default?: string | number | boolean;
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(heads), `|${heads.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

function argumentsOf(tool: Tool): string {
  const { properties = {}, required = [] } = listedTool(tool).inputSchema;
  const named = Object.entries(properties as Record<string, Argument>);
  return named
    .map(([name, argument]) => {
      if (argument.default !== undefined) return `\`${name}\` (${argument.default})`;
      return (required as readonly string[]).includes(name) ? `**\`${name}\`**` : `\`${name}\``;
    })
    .join(', ');
}

/** "Use this when you want the net delta." → "you want the net delta." */
function useOf({ description }: Tool): string {
  return description.replace(/^Use this when /, '');
}

function toolBlock(): string {
  const rows = TOOLS.map((tool, index) => {
    const isFirst = TOOLS[index - 1]?.toolset !== tool.toolset;
    const also = tool.aliases.length === 0 ? '' : ` Also \`${tool.aliases.join('`, `')}\`.`;
    const set = isFirst ? tool.toolset : '';
    return [set, `\`${tool.name}\``, argumentsOf(tool), `${useOf(tool)}${also}`];
  });
  return table(['tool set', 'tool', 'arguments (default)', 'use it when'], rows);
}

function clock(minutes: number): string {
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}`;
}

/** Defaults that the parsed value does not tell as a person would write them. */
const DEFAULT_TEXTS: Readonly<Record<string, string>> = {
  DELTARING_HOME: 'the platform’s state folder',
  DELTARING_TOOLSETS: '`default`',
  DELTARING_AUTHORITY: '`full`',
  MCP_AUTHORITY: '`full`',
  CHATGPT_AUTHORITY: '`full`',
  OAUTH_ISSUER_AUTHORITY: '`reduce-only`',
  OPENING_CUTOFF: '15:25',
  FLATTEN_START: '15:40',
  FLATTEN_DEADLINE: '15:50',
  AUTO_EXPIRE_TIME: '16:15',
};

function defaultOf(config: Config, name: string): string {
  const text = DEFAULT_TEXTS[name];
  if (text !== undefined) return text;
  const value = config[name as keyof Config];
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return '–';
  if (typeof value === 'boolean') return value ? '`1`' : '`0`';
  if (typeof value === 'object') return `\`${JSON.stringify(value)}\``;
  return name === 'SIM_START' ? `\`${clock(Number(value))}\`` : `\`${String(value)}\``;
}

function settingBlock(): string {
  const config = readConfig({});
  const rows = SETTING_NAMES.map((name) => {
    const meaning = SETTING_MEANINGS[name];
    if (meaning === undefined)
      throw new Error(`say in scripts/setting-meanings.ts what ${name} means`);
    return [`\`${name}\``, defaultOf(config, name), meaning];
  });
  return table(['setting', 'default', 'meaning'], rows);
}

const BLOCKS: Readonly<Record<string, () => string>> = { tools: toolBlock, settings: settingBlock };

/** The text with every block between `<!-- docs:NAME -->` and `<!-- /docs:NAME -->` renewed. */
export function renewed(text: string): string {
  return Object.entries(BLOCKS).reduce((readme, [name, block]) => {
    const [start, end] = [`<!-- docs:${name} -->`, `<!-- /docs:${name} -->`];
    const [from, to] = [readme.indexOf(start), readme.indexOf(end)];
    if (from === -1 || to < from) throw new Error(`README.md has no block ${start} … ${end}`);
    return `${readme.slice(0, from)}${start}\n${block()}\n${readme.slice(to)}`;
  }, text);
}

if (import.meta.main) {
  const before = readFileSync(README, 'utf8');
  const after = renewed(before);
  writeFileSync(README, after);
  process.stdout.write(before === after ? 'README.md was up to date\n' : 'README.md renewed\n');
}
