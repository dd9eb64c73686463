import type { ClientRights } from '../../engine/domain/client-rights.ts';
import type { Scope } from '../../mcp/scopes.ts';

/** Whom an OAuth access token speaks for, and what it is good for. */
export interface TokenHolder {
  /** An identity that stays the same over all its tokens. */
  readonly subject: string;
  readonly scopes: readonly Scope[];
  readonly rights: ClientRights;
}
