/** Reads the operator's plan sheet and event file. Every fault is told at once, with its place. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { StrategyRequest } from '../desk/engine-api-requests.ts';
import type { EventCalendar, PlanEntry, PlanSheet } from '../desk/plan/plan-sheet.ts';
import { DeltaringError } from '../engine/domain/errors.ts';
import { sessionDate } from '../engine/domain/units.ts';

const MINUTES_PER_DAY = 24 * 60;
const clock = z
  .string()
  .regex(/^([01]?\d|2[0-3]):[0-5]\d$/, 'must be a New York time, HH:MM')
  .transform((text) => {
    const [hours = 0, minutes = 0] = text.split(':').map(Number);
    return hours * 60 + minutes;
  });
const date = z.iso.date('must be a date, YYYY-MM-DD').transform((text) => sessionDate(text));
const name = z
  .string()
  .regex(/^[\p{L}\p{N} _.-]{1,40}$/u, 'must be 1 to 40 letters, digits, blanks, _, . or -');

/** Contracts per turn; the risk limits decide how many pass. */
const quantity = z.int().min(1).max(1_000).default(1);
const points = z.number().min(1).max(99);

const requests = {
  orb_long_call: z.strictObject({
    strike_delta: points.default(30),
    range_minutes: z.literal([5, 10, 15, 20, 30, 60]).default(15),
    quantity,
  }),
  iron_condor_30_delta: z.strictObject({
    width: z.number().positive().default(10),
    short_delta: points.default(30),
    select: z.enum(['delta', 'credit', 'balanced']).default('delta'),
    quantity,
  }),
  lotto_play_5_delta: z.strictObject({
    side: z.enum(['call', 'put']).default('call'),
    target_delta: points.default(5),
    quantity,
  }),
  straddle_scan: z.strictObject({ strike: z.number().positive(), quantity }),
};

const line = {
  name,
  at: clock,
  tranches: z.int().min(1).max(20).default(1),
  every_minutes: z.int().min(1).max(390).default(30),
  cooldown_minutes: z.int().min(0).max(390).default(0),
  skip_on: z.array(name).default([]),
  send: z.boolean().default(false),
};

const entry = z
  .discriminatedUnion('strategy', [
    z.strictObject({
      ...line,
      strategy: z.enum(['orb_long_call', 'orb_long_put']),
      arguments: requests.orb_long_call.prefault({}),
    }),
    z.strictObject({
      ...line,
      strategy: z.literal('iron_condor_30_delta'),
      arguments: requests.iron_condor_30_delta.prefault({}),
    }),
    z.strictObject({
      ...line,
      strategy: z.literal('lotto_play_5_delta'),
      arguments: requests.lotto_play_5_delta.prefault({}),
    }),
    z.strictObject({
      ...line,
      strategy: z.literal('straddle_scan'),
      arguments: requests.straddle_scan,
    }),
  ])
  .transform(
    (given): PlanEntry => ({
      name: given.name,
      atMinutes: given.at,
      tranches: given.tranches,
      everyMinutes: given.every_minutes,
      request: requestOf(given),
      cooldownMinutes: given.cooldown_minutes,
      skipOn: given.skip_on,
      sends: given.send,
    }),
  );

type Given =
  | {
      readonly strategy: 'orb_long_call' | 'orb_long_put';
      readonly arguments: z.output<typeof requests.orb_long_call>;
    }
  | {
      readonly strategy: 'iron_condor_30_delta';
      readonly arguments: z.output<typeof requests.iron_condor_30_delta>;
    }
  | {
      readonly strategy: 'lotto_play_5_delta';
      readonly arguments: z.output<typeof requests.lotto_play_5_delta>;
    }
  | {
      readonly strategy: 'straddle_scan';
      readonly arguments: z.output<typeof requests.straddle_scan>;
    };

/** The sheet's arguments are those of the tools, so that a line can be tried by hand. */
function requestOf(given: Given): StrategyRequest {
  switch (given.strategy) {
    case 'orb_long_call':
    case 'orb_long_put': {
      const {
        strike_delta: strikeDelta,
        range_minutes: rangeMinutes,
        quantity: units,
      } = given.arguments;
      return { strategy: given.strategy, strikeDelta, rangeMinutes, quantity: units };
    }
    case 'iron_condor_30_delta': {
      const { short_delta: shortDelta, ...rest } = given.arguments;
      return { strategy: given.strategy, shortDelta, ...rest };
    }
    case 'lotto_play_5_delta': {
      const { target_delta: targetDelta, ...rest } = given.arguments;
      return { strategy: given.strategy, targetDelta, ...rest };
    }
    case 'straddle_scan':
      return { strategy: given.strategy, ...given.arguments };
  }
}

const sheetShape = z
  .strictObject({ version: z.literal(1), entries: z.array(entry).min(1).max(50) })
  .refine(
    ({ entries }) => new Set(entries.map((each) => each.name)).size === entries.length,
    'every entry needs a name of its own',
  );

const calendarShape = z
  .strictObject({
    version: z.literal(1),
    valid_until: date,
    events: z
      .array(
        z
          .strictObject({
            date,
            name,
            from: clock.default(0),
            to: clock.default(MINUTES_PER_DAY),
          })
          .refine(({ from, to }) => from < to, 'from must be before to'),
      )
      .max(1_000),
  })
  .transform(
    ({ valid_until: validUntil, events }): EventCalendar => ({
      validUntil,
      events: events.map(({ from: fromMinutes, to: toMinutes, ...event }) => ({
        ...event,
        fromMinutes,
        toMinutes,
      })),
    }),
  );

function read(setting: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new DeltaringError('CONFIG_INVALID', `${setting}: ${path} cannot be read`, error);
  }
}

function parse<T>(setting: string, path: string, text: string, shape: z.ZodType<T>): T {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new DeltaringError('CONFIG_INVALID', `${setting}: ${path} is no JSON`);
  }
  const parsed = shape.safeParse(json);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(
    (issue) => `  - ${issue.path.join('.')}: ${issue.message}`,
  );
  throw new DeltaringError('CONFIG_INVALID', `${setting}: ${path}\n${faults.join('\n')}`);
}

/** The sheet with its text. Throws CONFIG_INVALID. */
export function readSheet(path: string) {
  const text = read('PLAN_SHEET', path);
  return { ...parse('PLAN_SHEET', path, text, sheetShape), text };
}

/** The dated events with their text. Throws CONFIG_INVALID. */
export function readEvents(path: string) {
  const text = read('EVENT_FILE', path);
  return { calendar: parse('EVENT_FILE', path, text, calendarShape), text };
}

/** The plan of the operator, or undefined where none is set. Throws CONFIG_INVALID. */
export function readPlan(config: {
  readonly PLAN_SHEET?: string | undefined;
  readonly EVENT_FILE?: string | undefined;
}): PlanSheet | undefined {
  const { PLAN_SHEET: sheetPath, EVENT_FILE: eventPath } = config;
  if (sheetPath === undefined) return undefined;
  const { entries, text } = readSheet(sheetPath);
  const events = eventPath === undefined ? undefined : readEvents(eventPath);
  const hash = createHash('sha256').update(text);
  const sha256 = hash.update(events?.text ?? '').digest('hex');
  return { sha256, entries, ...(events !== undefined && { calendar: events.calendar }) };
}
