/** `deltaring plan`: shows the plan of the day, and lets it send or not. */
import type { Answer } from '../desk/engine-api.ts';
import type { PlanView } from '../desk/engine-api-plan.ts';
import { DeltaringError } from '../engine/domain/errors.ts';
import { ask, isJson, tell } from './console.ts';

const USAGE = 'usage: deltaring plan [status | grant --budget DOLLARS | revoke] [--json]';

function dollars(cents: number): string {
  return `$${(cents / 100).toFixed(2)}`;
}

function planLines({ sheet, eventsUntil, grant, held, slots }: PlanView): readonly string[] {
  if (sheet === null) return ['no plan: PLAN_SHEET names its file'];
  const leave =
    grant === null || held !== null
      ? `may not send, it prepares previews only: ${held}`
      : `may send today: ${dollars(grant.leftCents)} of ${dollars(grant.budgetCents)} left, granted by ${grant.by}`;
  const events = eventsUntil === null ? [] : [`events known until ${eventsUntil}`];
  const rows = slots.map(
    (slot) =>
      `  ${slot.time}  ${slot.slotId.padEnd(20)} ${slot.strategy.padEnd(22)} ${slot.outcome}${slot.detail === '' ? '' : `: ${slot.detail}`}`,
  );
  return [`plan ${sheet}`, leave, ...events, ...rows];
}

function budgetOf(args: readonly string[]): number {
  const at = args.indexOf('--budget');
  const budget = at === -1 ? Number.NaN : Number(args[at + 1]);
  if (Number.isFinite(budget) && budget > 0) return Math.round(budget * 100);
  throw new DeltaringError('INPUT_INVALID', `a grant needs its budget in dollars. ${USAGE}`);
}

/** Shows, grants or revokes. Exit code 0, or 1 where the engine refuses. */
export async function plan(args: readonly string[]): Promise<number> {
  const [what = 'status'] = args.filter((arg) => !arg.startsWith('--'));
  const tellPlan = (answer: unknown): number =>
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the engine's own answer to these methods
    tell(answer as Answer<PlanView>, isJson(args), planLines);
  switch (what) {
    case 'status':
      return tellPlan(await ask('plan'));
    case 'grant':
      return tellPlan(await ask('planGrant', { budgetCents: budgetOf(args) }));
    case 'revoke':
      return tellPlan(await ask('planRevoke'));
    default:
      throw new DeltaringError('INPUT_INVALID', USAGE);
  }
}
