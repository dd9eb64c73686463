import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unpackExtension } from '@anthropic-ai/mcpb';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { chooseNode } from '../../bin/setup/pinned-node.mjs';
import { BUNDLE, buildBundle, MANIFEST, ROOT } from '../../scripts/bundle.ts';
import { thisBuild } from '../../src/command/build-info.ts';
import { parseClientRights } from '../../src/engine/domain/client-rights.ts';
import { tempFolder } from '../command/support/terminal.ts';
import { sdkClient } from '../mcp/support/connected-client.ts';
import { StagedEngine } from '../mcp/support/staged-engine.ts';
import { settingsFor } from '../support/engine-process.ts';

const manifestShape = z.object({
  name: z.string(),
  description: z.string(),
  server: z.object({
    entry_point: z.string(),
    mcp_config: z.object({ args: z.array(z.string()), env: z.record(z.string(), z.string()) }),
  }),
  user_config: z.record(z.string(), z.object({ default: z.string().optional() })),
});
const serverShape = z.object({
  name: z.string(),
  description: z.string().max(100),
  version: z.string(),
  packages: z.array(
    z.object({
      identifier: z.string(),
      version: z.string(),
      packageArguments: z.array(z.looseObject({})),
    }),
  ),
});

function parsed(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}

const packageFile = z
  .object({ name: z.string(), version: z.string(), mcpName: z.string() })
  .parse(parsed(join(ROOT, 'package.json')));
const manifest = manifestShape.parse(parsed(MANIFEST));

/** The build that the bundle joins with: this one, on the Node that the folder brings. */
function broughtBuild(): string {
  const version = execFileSync(chooseNode(ROOT), ['--version'], { encoding: 'utf8' }).trim();
  return thisBuild().replace(`node${process.versions.node}`, `node${version.slice(1)}`);
}

/** The bundle as a host unpacks it. */
async function unpacked(): Promise<string> {
  const folder = tempFolder();
  const mcpbPath = await buildBundle(folder);
  const outputDir = join(folder, 'unpacked');
  expect(await unpackExtension({ mcpbPath, outputDir, silent: true })).toBe(true);
  return outputDir;
}

describe('the bundle for Claude Desktop', () => {
  it('asks for what it hands to its server, and starts the file that it has', () => {
    const { env, args } = manifest.server.mcp_config;
    const used = Object.values(env).map((value) => value.slice('${user_config.'.length, -1));
    expect(used.toSorted()).toEqual(Object.keys(manifest.user_config).toSorted());
    expect(args).toEqual([`\${__dirname}/${manifest.server.entry_point}`]);
    expect(readFileSync(join(BUNDLE, manifest.server.entry_point), 'utf8')).not.toBe('');
    const usual = manifest.user_config['rights']?.default ?? '';
    expect(parseClientRights(usual)).toBeDefined();
  });

  it('is built, valid, and joins the engine of the folder with the rights that were chosen', async () => {
    const folder = await unpacked();
    const stage = new StagedEngine({}, broughtBuild());
    onTestFinished(() => stage.close());
    await stage.open();
    const more = { DELTARING_FOLDER: ROOT, DELTARING_RIGHTS: 'reduce-only' };
    const client = sdkClient();
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [join(folder, manifest.server.entry_point)],
      env: { ...settingsFor(stage.home, more), PATH: '' },
      cwd: stage.home,
    });
    await client.connect(transport);
    expect(client.getInstructions()).toContain('may only close, reduce and cancel');
    await client.close();
  });

  it.each([
    ['no folder', '${user_config.folder}', 'choose the folder'],
    ['a folder that is none of deltaring', '/', 'run `npm start` in / once'],
  ])('says what to do with %s', async (_what, folder, words) => {
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [join(BUNDLE, manifest.server.entry_point)],
      env: { DELTARING_FOLDER: folder },
      stderr: 'pipe',
    });
    let said = '';
    transport.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8');
    });
    await expect(sdkClient().connect(transport)).rejects.toThrow();
    expect(said).toContain(words);
  });
});

describe('server.json', () => {
  it('agrees with package.json and the bundle', () => {
    const server = serverShape.parse(parsed(join(ROOT, 'server.json')));
    expect(server.name).toBe(packageFile.mcpName);
    expect(server.version).toBe(packageFile.version);
    const packages = server.packages.map(({ identifier, version }) => [identifier, version]);
    expect(packages).toEqual([[packageFile.name, packageFile.version]]);
    expect(server.packages[0]?.packageArguments[0]).toMatchObject({ value: 'mcp' });
    expect(manifest.name).toBe(packageFile.name);
    expect(manifest.description).toBe(server.description);
  });
});
