/** What tests of the plan have in common: a sheet of one line, the operator's leave, and what became of turns. */
import type { EventDay, PlanEntry, PlanSheet } from '../../src/desk/plan/plan-sheet.ts';
import { sessionDate } from '../../src/engine/domain/units.ts';
import { CONDOR, CONSOLE, type DeskRig, valueIn } from './desk-rig.ts';

/** A condor at 10:35, five minutes after a rig begins. */
export const ENTRY: PlanEntry = {
  name: 'condor',
  atMinutes: 635,
  tranches: 1,
  everyMinutes: 30,
  request: CONDOR,
  cooldownMinutes: 0,
  skipOn: [],
  sends: true,
};

export function sheet(
  entry: Partial<PlanEntry> = {},
  events?: readonly EventDay[],
  until = '2027-12-31',
): PlanSheet {
  return {
    sha256: 'f'.repeat(64),
    entries: [{ ...ENTRY, ...entry }],
    ...(events !== undefined && { calendar: { validUntil: sessionDate(until), events } }),
  };
}

/** Lets the plan send, as the console does. */
export function grant(rig: DeskRig, dollars = 500): void {
  const command = {
    kind: 'planGrant',
    budgetCents: dollars * 100,
    grantSha256: 'a'.repeat(64),
  } as const;
  valueIn(rig.ask(command, CONSOLE));
}

/** The ends of turns as they are recorded. */
export function runs(rig: DeskRig): readonly (readonly [string, string])[] {
  return rig.bodies('planRun').map(({ slotId, outcome }) => [slotId, outcome]);
}
