/**
 * What a client that joins a running engine was told in its own environment. The stricter way to agree to an
 * opening holds for its face; every other setting is the engine's, so that a different one is named.
 */
import { z } from 'zod';
import type { Config, ConfirmMode, Settings } from '../config.ts';
import { CONFIRM_MODES } from '../config.ts';
import { LIMIT_KINDS } from '../engine/domain/limit-kinds.ts';

const HELD_BY_ENGINE: readonly (keyof Settings)[] = [
  'DELTARING_UNDERLYING',
  'OPENING_CUTOFF',
  'FLATTEN_START',
  'FLATTEN_DEADLINE',
  'AUTO_EXPIRE_TIME',
  'EXIT_POLICY',
  'CONDOR_STOP',
  'PROFIT_TARGET',
  'STOP_CONFIRMATION',
  'SHUTDOWN_POLICY',
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- its own keys
  ...(Object.keys(LIMIT_KINDS) as (keyof typeof LIMIT_KINDS)[]),
];

/** The part of a hello that says what a client was told. */
export const askedShape = {
  confirm: z.enum(CONFIRM_MODES).optional(),
  settings: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
};

export type AskedSettings = z.infer<z.ZodObject<typeof askedShape>>;

/** What was set for a client; nothing of what it left out. */
export function askedSettings(config: Config): AskedSettings {
  const isGiven = (name: string): boolean => config.given.includes(name);
  const held = HELD_BY_ENGINE.filter(isGiven).map((name) => [name, config[name]]);
  return {
    confirm: isGiven('DELTARING_CONFIRM') ? config.DELTARING_CONFIRM : undefined,
    settings: askedShape.settings.parse(Object.fromEntries(held)),
  };
}

/** Names what the engine holds otherwise than a client was told; undefined where nothing is. */
export function differenceOf(asked: AskedSettings, engine: Partial<Settings>): string | undefined {
  const names = HELD_BY_ENGINE.filter((name) => {
    const value = asked.settings?.[name];
    return value !== undefined && value !== engine[name];
  });
  if (names.length === 0) return undefined;
  return `The running engine was started with other values of ${names.join(', ')} than this client: the engine's count (risk_check shows its limits). Give both the same and start the engine anew to change them.`;
}

/** The one that asks more of whoever agrees. */
export function stricterConfirm(one: ConfirmMode, other: ConfirmMode = one): ConfirmMode {
  return CONFIRM_MODES.indexOf(other) > CONFIRM_MODES.indexOf(one) ? other : one;
}
