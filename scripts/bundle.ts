/**
 * Builds the bundle that Claude Desktop installs by a double click: `npm run bundle` checks the
 * manifest and writes dist/deltaring-VERSION.mcpb. server.json, for registries of MCP servers, is
 * checked against package.json by the same rules in the tests.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packExtension } from '@anthropic-ai/mcpb';
import { z } from 'zod';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** The bundle as a folder: its manifest and the one file it runs. */
export const BUNDLE = join(ROOT, 'bin', 'claude-desktop');
export const MANIFEST = join(BUNDLE, 'manifest.json');

const versionShape = z.object({ version: z.string() });

function versionIn(path: string): string {
  return versionShape.parse(JSON.parse(readFileSync(path, 'utf8'))).version;
}

/** Builds the bundle into a folder. Throws where the manifest is not valid or of another version. */
export async function buildBundle(folder: string): Promise<string> {
  const version = versionIn(join(ROOT, 'package.json'));
  if (versionIn(MANIFEST) !== version) {
    throw new Error(`the manifest is not of version ${version}, as package.json is`);
  }
  mkdirSync(folder, { recursive: true });
  const outputPath = join(folder, `deltaring-${version}.mcpb`);
  const isPacked = await packExtension({ extensionPath: BUNDLE, outputPath, silent: true });
  if (!isPacked) throw new Error('the manifest is not valid, or the bundle could not be packed');
  return outputPath;
}

if (import.meta.main) {
  process.stdout.write(`${await buildBundle(join(ROOT, 'dist'))}\n`);
}
