/** What a command takes beside its own words. */
import { DeltaringError } from '../engine/domain/errors.ts';

/** Refuses words that a command knows nothing to do with: what somebody only tries out must not act.
 * Throws INPUT_INVALID. */
export function onlyFlags(command: string, args: readonly string[], flags = ['--json']): void {
  const unknown = args.find((arg) => !flags.includes(arg));
  if (unknown === undefined) return;
  const takes = flags.length === 0 ? 'nothing' : `only ${flags.join(', ')}`;
  throw new DeltaringError(
    'INPUT_INVALID',
    `"${unknown}" is nothing that ${command} takes (it takes ${takes}): nothing was done`,
  );
}
