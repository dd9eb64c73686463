/** A preview whose answer waits a moment for the broker's dry run. */

import type { TokenGrant } from '../../risk/confirm-token.ts';
import type { DeskContext } from '../desk-context.ts';
import type { Caller, TradeCard } from '../engine-api.ts';
import type { Command } from '../inputs.ts';
import { asksBroker, cardNow, wantsDryRun } from './dry-runs.ts';
import type { PreviewAnswer, PreviewShelf } from './preview-shelf.ts';
import { refuse } from './previews.ts';

export interface AwaitedPreview {
  readonly caller: Caller;
  readonly card: TradeCard;
  readonly grant: TokenGrant;
}

/** The preview that a command has just made, where the broker is asked about it. */
export function awaitedPreview(
  { desk, shelf }: { readonly desk: DeskContext; readonly shelf: PreviewShelf },
  caller: Caller,
  command: Command,
): AwaitedPreview | undefined {
  if (!command.kind.startsWith('preview') || !('tokenSha256' in command)) return undefined;
  if (!asksBroker(desk)) return undefined;
  const { tokenSha256 } = command;
  const found = desk.tokens.lookup(tokenSha256, caller.principal, desk.at);
  const card = shelf.get(tokenSha256);
  if (found.kind !== 'live' || card === undefined) return undefined;
  const { grant } = found;
  const [intent] = grant.intents;
  if (intent === undefined || grant.previewed === undefined) return undefined;
  return wantsDryRun(desk, intent) ? { caller, card, grant } : undefined;
}

/** True once there is nothing to wait for any more. */
export function isAnswered(desk: DeskContext, { grant }: AwaitedPreview): boolean {
  return !grant.intents.some(({ intentId }) => desk.dryRuns.isAwaited(intentId));
}

/** The card with the broker's word, or with the lack of it; a refusal where that word is against it. */
export function answerOf(desk: DeskContext, awaited: AwaitedPreview): PreviewAnswer {
  const { caller, grant } = awaited;
  const card = cardNow(desk, awaited.card, grant);
  const against = card.checks.find(
    ({ code, outcome }) => code === 'second_source' && outcome === 'failed',
  );
  if (against === undefined || card.dryRun?.outcome === 'failed') return { value: card };
  const { code, message, numbers } = against;
  const denied = { code, message, numbers };
  return refuse(desk, caller, card.strategy, { denied, checks: card.checks });
}
