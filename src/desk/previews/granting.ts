/** Binds a preview to its token: into the token book, onto the shelf, and into the journal. */

import { assert } from '../../engine/domain/assert.ts';
import type { OrderIntent } from '../../engine/domain/order.ts';
import { addMicros, MICROS_PER_SECOND, price } from '../../engine/domain/units.ts';
import type { CheckResult } from '../../engine/domain/verdict.ts';
import type { DriftSnapshot } from '../../risk/drift.ts';
import { orderHash } from '../../risk/order-hash.ts';
import type { DeskContext } from '../desk-context.ts';
import type { TradeCard } from '../engine-api.ts';
import { breakConfirmedAt, timesTaken } from './breakouts.ts';
import { quoteSnapshot } from './judging.ts';
import type { PreviewShelf } from './preview-shelf.ts';

/** What a token is granted for. */
export interface Grant {
  readonly tokenSha256: string;
  readonly principal: string;
  readonly card: TradeCard;
  /** One for a trade or a close, one a position for a flatten, the order itself for a cancel. */
  readonly intents: readonly OrderIntent[];
  readonly checks: readonly CheckResult[];
  readonly previewed?: DriftSnapshot | undefined;
  readonly cancels?: string | undefined;
  readonly replaces?: string | undefined;
  readonly closesAll?: boolean | undefined;
}

/** Issues the token and records the preview. */
export function grantToken(desk: DeskContext, shelf: PreviewShelf, grant: Grant): void {
  const { tokenSha256, principal, card, intents } = grant;
  const { previewId } = card;
  const [first] = intents;
  assert(first !== undefined, 'a token stands for at least one order');
  const { limits, environment } = desk.config;
  const lifeMicros = limits.confirmationTimeoutSeconds * MICROS_PER_SECOND;
  const expiresAtWall = addMicros(desk.at.wall, lifeMicros);
  const quotes = quoteSnapshot(desk, first);
  const hash = orderHash(first);
  const { version: limitsVersion } = limits;
  desk.tokens.issue({
    tokenSha256,
    previewId,
    orderHash: hash,
    principal,
    accountId: desk.gateway.accountId,
    environment,
    limitsVersion,
    worst: intents.length === 1 ? first.worst : price(0),
    quotes,
    previewed: grant.previewed,
    breakoutsTaken: timesTaken(desk, first),
    breakAt: breakConfirmedAt(desk, first),
    expiresAtWall,
    intents: grant.cancels === undefined ? intents : [],
    cancels: grant.cancels,
    replaces: grant.replaces,
    closesAll: grant.closesAll,
  });
  shelf.put(tokenSha256, card);
  desk.out.append({
    kind: 'previewMade',
    previewId,
    principal,
    tokenSha256,
    expiresAtWall,
    orderHash: hash,
    intent: first,
    checks: grant.checks,
    quotes,
    limitsVersion,
  });
}
