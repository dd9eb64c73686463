/**
 * The models of the suite with other examples: `npm test` draws the same ones each time, here every run
 * has a seed of its own. A run is the tests of the models in a process of vitest.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { liveTokens, TOKEN_PLANTS } from '../../test/support/token-life.ts';
import type { Campaign, CampaignOptions, CampaignOutcome } from '../support/campaign.ts';
import { isFound } from '../support/campaign.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const VITEST = `${ROOT}node_modules/vitest/vitest.mjs`;
const FILES = [
  'test/desk/orders/order-life-model.test.ts',
  'test/desk/orders/position-life.test.ts',
  'test/desk/previews/token-life.test.ts',
];
/** Stories that a planted bug is looked for in. */
const PLANTED_STORIES = 100;
/** Of what failed, the lines that tell the seed, the story and the broken promise. */
const TOLD_LINES = 12;

/** The last words of the models on these examples where they fail. */
async function failureOf(seed: number): Promise<string | undefined> {
  const env = { ...process.env, PROPERTY_SEED: String(seed), NO_COLOR: '1' };
  const child = spawn(process.execPath, [VITEST, 'run', ...FILES], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => said.push(text));
  }
  const [code] = await once(child, 'close');
  if (code === 0) return undefined;
  const lines = said.join('').split('\n');
  const from = Math.max(
    0,
    lines.findIndex((line) => /^\s*FAIL /.test(line)),
  );
  const told = lines.slice(from, from + TOLD_LINES).map((line) => line.trim());
  return `PROPERTY_SEED=${seed}: ${told.filter((line) => line !== '').join(' | ')}`;
}

function plantedFailure(plant: string, seed: number): string | undefined {
  try {
    liveTokens({ runs: PLANTED_STORIES, seed, spoil: TOKEN_PLANTS[plant] });
    return undefined;
  } catch (error) {
    const { message, cause } = error instanceof Error ? error : new Error(String(error));
    const why = cause instanceof Error ? cause.message : '';
    return `seed ${seed}: ${why}: ${message}`;
  }
}

async function run(options: CampaignOptions): Promise<CampaignOutcome> {
  const { runs, seed, plant, seconds, progress, found } = options;
  const violations: string[] = [];
  const until = performance.now() + (seconds ?? Number.POSITIVE_INFINITY) * 1_000;
  let done = 0;
  const isOver = (): boolean =>
    done >= runs || performance.now() >= until || isFound(PLANTS[plant ?? ''], violations);
  while (!isOver()) {
    const failure =
      plant === undefined ? await failureOf(seed + done) : plantedFailure(plant, seed + done);
    if (failure !== undefined) {
      violations.push(failure);
      found?.(failure);
    }
    done += 1;
    progress(done, violations.length);
  }
  const notes = [`seeds ${seed} to ${seed + done - 1}; a single one again: --n 1 --seed S`];
  return { runs: done, violations, counts: { models: FILES.length }, notes };
}

const PLANTS: Campaign['plants'] = {
  'token-reuse': /a used token/,
  'token-of-anyone': /a stranger is told/,
};

export const campaign: Campaign = {
  name: 'models',
  proves: 'The models of order, position and token life hold on examples that no run drew before.',
  runs: 1_000,
  unit: 'seeds',
  plants: PLANTS,
  run,
};
