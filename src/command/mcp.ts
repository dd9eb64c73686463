/** `deltaring mcp`: MCP over stdio. Never hosts the engine: joins the running one, or starts one. */
import { parseArgs } from 'node:util';
import type { Config } from '../config.ts';
import type { ClientRights } from '../engine/domain/client-rights.ts';
import { narrower, parseClientRights, RIGHTS_FORM } from '../engine/domain/client-rights.ts';
import { DeltaringError } from '../engine/domain/errors.ts';
import { askedSettings } from '../mcp/asked-settings.ts';
import { EXIT_NOT_JOINED, joinEngine } from '../mcp/stdio-shim.ts';
import { thisBuild } from './build-info.ts';
import { expectedAccountId } from './engine-paths.ts';
import { ensureEngine } from './ensure-engine.ts';
import { configOf } from './environment.ts';

const USAGE = `usage: deltaring mcp [--authority RIGHTS]; RIGHTS is ${RIGHTS_FORM}`;

/** What this client asks to be held to; undefined where the words cannot be read. */
function askedRights(args: readonly string[]): ClientRights | undefined {
  try {
    const options = { authority: { type: 'string', default: 'full' } } as const;
    return parseClientRights(parseArgs({ args: [...args], options }).values.authority);
  } catch {
    return undefined;
  }
}

/** The settings; undefined where they have faults, which are told. */
function settings(): Config | undefined {
  try {
    return configOf();
  } catch (error) {
    if (!(error instanceof DeltaringError)) throw error;
    process.stderr.write(`deltaring mcp: ${error.message}\n`);
    return undefined;
  }
}

/** Pipes stdin and stdout to the engine until either ends. Only protocol goes to stdout. */
export async function mcp(args: readonly string[]): Promise<number> {
  const asked = askedRights(args);
  if (asked === undefined) {
    process.stderr.write(`deltaring mcp: ${args.join(' ')} is no way to start it; ${USAGE}\n`);
    return EXIT_NOT_JOINED;
  }
  const config = settings();
  if (config === undefined) return EXIT_NOT_JOINED;
  return joinEngine({
    config,
    rights: narrower(asked, config.DELTARING_AUTHORITY),
    asked: askedSettings(config),
    identity: {
      build: thisBuild(),
      broker: config.DELTARING_BROKER,
      environment: config.DELTARING_ENV,
      accountId: expectedAccountId(config),
    },
    ensureEngine: () => ensureEngine(config),
  });
}
