/** `deltaring mcp`: MCP over stdio. Never hosts the engine: joins the running one, or starts one. */
import { joinEngine } from '../mcp/stdio-shim.ts';
import { BUILD } from './build-info.ts';
import { paperAccountId } from './engine-paths.ts';
import { ensureEngine } from './ensure-engine.ts';
import { configOf } from './environment.ts';

/** Pipes stdin and stdout to the engine until either ends. Only protocol goes to stdout. */
export function mcp(): Promise<number> {
  const config = configOf();
  return joinEngine({
    config,
    identity: {
      build: BUILD,
      broker: config.DELTARING_BROKER,
      environment: config.DELTARING_ENV,
      accountId: paperAccountId(config.home),
    },
    ensureEngine: () => ensureEngine(config),
  });
}
