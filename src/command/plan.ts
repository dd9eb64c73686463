/** `deltaring plan`: shows the plan of the day, and lets it send or not. */
import { parseArgs } from 'node:util';
import type { Answer } from '../desk/engine-api.ts';
import type { PlanView } from '../desk/engine-api-plan.ts';
import { DeltaringError } from '../engine/domain/errors.ts';
import { ask, tell } from './console.ts';

const USAGE = 'usage: deltaring plan [status | grant --budget DOLLARS | revoke] [--json]';

function dollars(cents: number): string {
  return `$${(cents / 100).toFixed(2)}`;
}

function planLines({ sheet, eventsUntil, grant, held, slots }: PlanView): readonly string[] {
  if (sheet === null) return ['no plan: PLAN_SHEET names its file'];
  const leave = held === null ? 'may send' : `may not send: ${held}`;
  const granted =
    grant === null
      ? 'it prepares previews only'
      : `granted today by ${grant.by}: ${dollars(grant.leftCents)} of ${dollars(grant.budgetCents)} left`;
  const events = eventsUntil === null ? [] : [`events known until ${eventsUntil}`];
  const rows = slots.map(
    (slot) =>
      `  ${slot.time}  ${slot.slotId.padEnd(20)} ${slot.strategy.padEnd(22)} ${slot.outcome}${slot.detail === '' ? '' : `: ${slot.detail}`}`,
  );
  return [`plan ${sheet}`, leave, granted, ...events, ...rows];
}

interface Asked {
  readonly what: string;
  readonly budget: string | undefined;
  readonly json: boolean;
}

/** The words, each of which must be known: a leave that somebody only tries out must not be given.
 * Throws INPUT_INVALID. */
function readArguments(args: readonly string[]): Asked {
  const options = {
    json: { type: 'boolean', default: false },
    budget: { type: 'string' },
  } as const;
  try {
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
    const [what = 'status', more] = positionals;
    const isKnown = more === undefined && (values.budget === undefined || what === 'grant');
    if (isKnown) return { what, budget: values.budget, json: values.json };
  } catch {
    // Said below, as of every word that is not known.
  }
  throw new DeltaringError('INPUT_INVALID', `"${args.join(' ')}": nothing was done. ${USAGE}`);
}

function budgetCents(budget: string | undefined): number {
  const asked = Number(budget ?? Number.NaN);
  if (Number.isFinite(asked) && asked > 0) return Math.round(asked * 100);
  throw new DeltaringError('INPUT_INVALID', `a grant needs its budget in dollars. ${USAGE}`);
}

/** Shows, grants or revokes. Exit code 0, or 1 where the engine refuses. */
export async function plan(args: readonly string[]): Promise<number> {
  const { what, budget, json } = readArguments(args);
  const tellPlan = (answer: unknown): number =>
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the engine's own answer to these methods
    tell(answer as Answer<PlanView>, json, planLines);
  switch (what) {
    case 'status':
      return tellPlan(await ask('plan'));
    case 'grant':
      return tellPlan(await ask('planGrant', { budgetCents: budgetCents(budget) }));
    case 'revoke':
      return tellPlan(await ask('planRevoke'));
    default:
      throw new DeltaringError('INPUT_INVALID', USAGE);
  }
}
