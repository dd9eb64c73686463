import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { README, renewed } from '../scripts/docs.ts';
import { SETTING_MEANINGS } from '../scripts/setting-meanings.ts';
import { SETTING_NAMES } from '../src/config.ts';
import { PROMPTS } from '../src/mcp/prompts.ts';
import { resourcesOf } from '../src/mcp/resources.ts';
import { ROUTES } from '../src/web/http-routes.ts';

const readme = readFileSync(README, 'utf8');
const root = dirname(README);

/** The commands that the program itself names. */
function commandNames(): string[] {
  const main = join(root, 'src', 'main.ts');
  const help = execFileSync(process.execPath, [main, 'help'], { encoding: 'utf8' });
  return [...help.matchAll(/^ {2}([\w-]+) /gm)].map(([, name = '']) => name);
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

  it('links to files that are there', () => {
    const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)].map(([, path = '']) => path);
    expect(links).not.toEqual([]);
    for (const path of links) expect(existsSync(join(root, path)), path).toBe(true);
  });

  it('shows a configuration of Claude Desktop that is JSON', () => {
    const [, block = ''] = /```json\n([^`]+)```/.exec(readme) ?? [];
    expect(JSON.parse(block)).toHaveProperty('mcpServers.deltaring.command', 'node');
  });
});
