/** Bugs on purpose of the plan that sends by itself. */

import type { Desk } from '../../../src/desk/desk.ts';
import type { PlanGrant } from '../../../src/desk/plan/plan-book.ts';
import { cents } from '../../../src/engine/domain/units.ts';

const UNASKED: PlanGrant = {
  principal: 'console',
  grantSha256: '0'.repeat(64),
  sheetSha256: '0'.repeat(64),
  budgetCents: cents(100_000_00),
};

/** Sends as if somebody had let it. */
function planWithoutLeave({ context: { plan } }: Desk): void {
  let given = plan.grant;
  const set = (grant: PlanGrant | undefined): void => {
    given = grant;
  };
  Object.defineProperty(plan, 'grant', { get: () => given ?? UNASKED, set });
}

/** Keeps a leave that was taken back. */
function planNeverRevoked({ context: { plan } }: Desk): void {
  let given = plan.grant;
  const set = (grant: PlanGrant | undefined): void => {
    given = grant ?? given;
  };
  Object.defineProperty(plan, 'grant', { get: () => given, set });
}

/** Forgets at each start what it has sent. */
function planSendsAgain({ context: { plan, tokens } }: Desk): void {
  plan.runs.clear();
  tokens.clear();
}

/** Holds each order alone against the budget. */
function planCountsNothing({ context: { plan } }: Desk): void {
  Object.defineProperty(plan, 'spentCents', { value: () => 0 });
}

export const PLAN_PLANTS = {
  'plan-without-leave': () => ({ desk: planWithoutLeave }),
  'plan-sends-again': () => ({ desk: planSendsAgain }),
  'plan-counts-nothing': () => ({ desk: planCountsNothing }),
  'plan-never-revoked': () => ({ desk: planNeverRevoked }),
};
