import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { README, renewed } from '../scripts/docs.ts';
import { SETTING_MEANINGS } from '../scripts/setting-meanings.ts';
import { SETTING_NAMES } from '../src/config.ts';
import { parseClientRights } from '../src/engine/domain/client-rights.ts';
import { PROMPTS } from '../src/mcp/prompts.ts';
import { resourcesOf } from '../src/mcp/resources.ts';
import { CHECKS } from '../src/risk/gate.ts';
import { ROUTES } from '../src/web/http-routes.ts';

const readme = readFileSync(README, 'utf8');
const root = dirname(README);

/** The commands that the program itself names. */
function commandNames(): string[] {
  const main = join(root, 'src', 'main.ts');
  const help = execFileSync(process.execPath, [main, 'help'], { encoding: 'utf8' });
  return [...help.matchAll(/^ {2}([\w-]+) /gm)].map(([, name = '']) => name);
}

const hostServer = z.object({ command: z.string(), args: z.array(z.string()) });
const hostServers = z.object({ deltaring: hostServer }).optional();
const hostShape = z.object({ mcpServers: hostServers, servers: hostServers });
const packageShape = z.object({
  version: z.string(),
  scripts: z.record(z.string(), z.string()),
});

function readPackage(): unknown {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
}

describe('the README', () => {
  it('has fresh tables: else run `npm run docs`', () => {
    expect(renewed(readme)).toBe(readme);
  });

  it('renews a stale table and nothing around it', () => {
    const stale = readme.replace(/\| `PORT` .*\n/, '');
    expect(stale).not.toBe(readme);
    expect(renewed(stale)).toBe(renewed(readme));
  });

  it('refuses to be written without its marks', () => {
    expect(() => renewed('no marks')).toThrow('README.md has no block <!-- docs:tools -->');
  });

  it('says what each setting means, and of none that there is not', () => {
    expect(Object.keys(SETTING_MEANINGS).sort()).toEqual([...SETTING_NAMES].sort());
  });

  it('names every command', () => {
    const names = commandNames();
    expect(names).toContain('serve');
    for (const name of names) expect(readme).toMatch(new RegExp(`\\| \`${name}[ \`]`));
  });

  it('names every path of the HTTP face, every prompt and every resource', () => {
    const names = [
      ...Object.keys(ROUTES),
      ...PROMPTS.map(({ name }) => name),
      ...resourcesOf('SPY').map(({ uri }) => uri),
    ];
    for (const name of names) expect(readme).toContain(`\`${name}\``);
  });

  it('counts the checks that a card without a second source passes', () => {
    expect(readme).toContain(
      `${CHECKS.length - 1} risk checks passed; nothing to ask for second_source.`,
    );
  });

  it('links to files that are there', () => {
    const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)].map(([, path = '']) => path);
    expect(links).not.toEqual([]);
    for (const path of links) expect(existsSync(join(root, path)), path).toBe(true);
  });

  it('shows configurations of hosts that are JSON and start `deltaring mcp`', () => {
    const blocks = [...readme.matchAll(/```json\n([^`]+)```/g)].map(([, block = '']) => block);
    const [desktop, code] = blocks.map((block) => hostShape.parse(JSON.parse(block)));
    for (const server of [desktop?.mcpServers, code?.servers]) {
      const [launcher = '', ...rest] = server?.deltaring.args ?? [];
      expect(server?.deltaring.command).toBe('node');
      expect(launcher).toMatch(/^\/path\/to\/deltaring\//);
      expect(existsSync(join(root, launcher.replace('/path/to/deltaring/', '')))).toBe(true);
      expect(rest).toEqual(['mcp']);
    }
  });

  it('types only commands, scripts and settings that there are', () => {
    const commands = commandNames();
    const typed = [...readme.matchAll(/(?:npx deltaring|deltaring\.mjs"?) ([a-z][\w-]*)/g)];
    expect(typed.length).toBeGreaterThan(5);
    for (const [words, command = ''] of typed) expect(commands, words).toContain(command);
    const { scripts } = packageShape.parse(readPackage());
    const run = [...readme.matchAll(/npm (?:run )?(start|test|[a-z]+:?\w*)(?= |`|\n)/g)];
    for (const [words, script = ''] of run) {
      if (words.startsWith('npm run')) expect(Object.keys(scripts), words).toContain(script);
    }
    const bundle = `deltaring-${packageShape.parse(readPackage()).version}.mcpb`;
    expect(readme).toContain(bundle);
    const assigned = [...readme.matchAll(/\b([A-Z][A-Z0-9]*_[A-Z_0-9]+)=(?!\$|")/g)];
    for (const [words, name = ''] of assigned) {
      expect(SETTING_NAMES, words).toContain(name);
    }
  });

  it('writes rights of a client as they are read', () => {
    const written = [...readme.matchAll(/--authority (\S+?)[`\s]/g)].map(([, text = '']) => text);
    expect(written).toContain('open:500');
    for (const text of written.filter((each) => !/^[A-Z]+\]$/.test(each))) {
      expect(parseClientRights(text), text).toBeDefined();
    }
  });
});
