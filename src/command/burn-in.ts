/**
 * `deltaring burn-in N`: simulated sessions of the production desk, each judged by its oracles. They need
 * nothing but the program, so a seed is another session than one of a campaign of the source tree, which
 * has half days, whole chains and the brokers' adapters besides.
 */

import { parseArgs } from 'node:util';
import { REMOTE } from '../desk/simulation/remote-link.ts';
import { addTally, emptyTally } from '../desk/simulation/session-tally.ts';
import { runSession } from '../desk/simulation/simulated-session.ts';
import { DeltaringError } from '../engine/domain/errors.ts';

/** Said with every result, so that nobody looks for a seed where it is not. */
const OTHER_SEEDS =
  'a seed here is another session than the same seed of `npm run campaign`; how much of each thing happened is not judged';
const USAGE = 'usage: deltaring burn-in N [--seed S] [--json], N from 1 to 100000';
const MOST_SESSIONS = 100_000;
const PROGRESS_EVERY = 10;
/** Every so many sessions one trades with a broker behind bad wires. */
const BEHIND_WIRES_EVERY = 3;

interface BurnInOptions {
  readonly sessions: number;
  readonly seed: number;
  readonly json: boolean;
}

/** The words, each of which must be known: other sessions than those that were meant prove nothing.
 * Throws INPUT_INVALID. */
function readOptions(args: readonly string[]): BurnInOptions {
  const options = {
    json: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
  } as const;
  try {
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
    const [sessions = 0, more] = positionals.map(Number);
    const seed = values.seed === '' ? Number.NaN : Number(values.seed);
    const isCount = Number.isSafeInteger(sessions) && sessions >= 1 && sessions <= MOST_SESSIONS;
    const isKnown = isCount && more === undefined && Number.isSafeInteger(seed);
    if (isKnown) return { sessions, seed, json: values.json };
  } catch {
    // Said below, as of every word that is not known.
  }
  throw new DeltaringError('INPUT_INVALID', `"${args.join(' ')}": nothing was run. ${USAGE}`);
}

/** Exit 0 when no session violated anything. */
export function burnIn(args: readonly string[]): Promise<number> {
  const { sessions, seed, json } = readOptions(args);
  const tally = emptyTally();
  const traces = new Set<string>();
  const violations: string[] = [];
  for (let run = 0; run < sessions; run += 1) {
    const broker = (seed + run) % BEHIND_WIRES_EVERY === 0 ? REMOTE : undefined;
    const report = runSession({ seed: seed + run, broker });
    traces.add(report.trace);
    addTally(tally, report.tally);
    violations.push(...report.violations.map((what) => `seed ${report.seed}: ${what}`));
    const isTold = (run + 1) % PROGRESS_EVERY === 0 && run + 1 < sessions;
    if (isTold)
      process.stderr.write(`${run + 1} of ${sessions}, ${violations.length} violations\n`);
  }
  const found = { distinctTraces: traces.size, tally, violations };
  const summary = { sessions, seed, note: OTHER_SEEDS, ...found };
  if (json) process.stdout.write(`${JSON.stringify(summary, null, 2)}\n`);
  else {
    for (const violation of violations) process.stdout.write(`${violation}\n`);
    process.stdout.write(`${JSON.stringify(tally)}\n${OTHER_SEEDS}\n`);
    process.stdout.write(
      `burn-in: ${sessions} runs, ${traces.size} distinct traces, ${violations.length} violations\n`,
    );
  }
  return Promise.resolve(violations.length === 0 ? 0 : 1);
}
