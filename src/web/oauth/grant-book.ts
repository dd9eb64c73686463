/**
 * What clients were granted: an access token and a refresh token each, known by their hashes alone,
 * kept in one file of the operator's so that a restart asks nobody to consent again. A refresh token
 * serves once; one that comes back was stolen from somebody, and the whole grant dies (OAuth 2.1,
 * section 4.3.1). Main thread only.
 */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { InvalidScopeError } from '@modelcontextprotocol/sdk/server/auth/errors.js';
import { z } from 'zod';
import type { ClientRights } from '../../engine/domain/client-rights.ts';
import { FULL_RIGHTS } from '../../engine/domain/client-rights.ts';
import type { Scope } from '../../mcp/scopes.ts';
import { SCOPES } from '../../mcp/scopes.ts';
import { OwnerFile } from './owner-file.ts';

export const ACCESS_SECONDS = 3_600;
const REFRESH_SECONDS = 30 * 24 * 3_600;
/** Grants held at a time; the oldest makes room. */
const MOST_GRANTS = 64;
const TOKEN_BYTES = 32;

/** Grants of before there were levels had no other bound than their scopes. */
const rightsShape = z.object({
  authority: z.enum(['observe', 'reduce', 'open']),
  openUpToCents: z.int().nonnegative().optional(),
});
const grantShape = z.object({
  id: z.string(),
  clientId: z.string(),
  clientName: z.string(),
  scopes: z.array(z.enum(SCOPES)),
  rights: rightsShape.default(FULL_RIGHTS),
  accessSha256: z.string(),
  accessUntilSeconds: z.number(),
  refreshSha256: z.string(),
  refreshUntilSeconds: z.number(),
  spentRefreshSha256: z.array(z.string()),
});
const fileShape = z.object({ version: z.literal(1), grants: z.array(grantShape) });

export type Grant = Readonly<z.infer<typeof grantShape>>;

/** Who is granted what. */
export interface GrantedClient {
  readonly clientId: string;
  readonly clientName: string;
  readonly scopes: readonly Scope[];
  readonly rights: ClientRights;
}

/** Refresh tokens of a grant remembered after they were used. */
const MOST_SPENT = 32;

/** The two tokens of a grant, in plain. They are never kept. */
export interface IssuedTokens {
  readonly access: string;
  readonly refresh: string;
  readonly scopes: readonly Scope[];
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function newToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}

export interface GrantBookOptions {
  readonly path: string;
  readonly nowSeconds: () => number;
  readonly log: (line: string) => void;
}

/** All grants of one engine. */
export class GrantBook {
  readonly #file: OwnerFile<typeof fileShape>;
  readonly #nowSeconds: () => number;
  #grants: Grant[];
  /** The disk did not take the newest of it: a full one must not cost a client its way out, so that
   * memory counts until the next write. */
  #isUnkept = false;

  /** Throws CONFIG_INVALID where the system does not give the file. */
  constructor({ path, nowSeconds, log }: GrantBookOptions) {
    const next = 'OAuth clients ask for consent again';
    this.#file = new OwnerFile({ path, shape: fileShape, next, log });
    this.#nowSeconds = nowSeconds;
    this.#grants = this.#file.read()?.grants ?? [];
  }

  /** True for a client with a grant that lives. */
  holds(clientId: string): boolean {
    return this.#grants.some((grant) => grant.clientId === clientId && this.#lives(grant));
  }

  /** Grants a client its first tokens. */
  open(client: GrantedClient): IssuedTokens {
    const room = this.#grants.filter((grant) => this.#lives(grant)).slice(-(MOST_GRANTS - 1));
    this.#grants = room;
    return this.#issue({ ...client, id: randomUUID(), spent: [] });
  }

  /**
   * Exchanges a refresh token, narrowing the scopes where asked. Undefined where it is unknown, dead
   * or another client's; a token that was used before ends its grant. Throws
   * InvalidScopeError where scopes are asked for that it does not have, or none that there is; the grant
   * stays as it was (RFC 6749, section 6).
   */
  refresh(
    clientId: string,
    refresh: string,
    narrowed: readonly Scope[] | undefined,
  ): IssuedTokens | undefined {
    const hash = sha256(refresh);
    const reused = this.#grants.find(({ spentRefreshSha256 }) => spentRefreshSha256.includes(hash));
    if (reused !== undefined) this.#end(reused);
    const grant = this.#grants.find(({ refreshSha256 }) => refreshSha256 === hash);
    if (grant === undefined || grant.clientId !== clientId || !this.#lives(grant)) return undefined;
    const scopes = narrowed ?? grant.scopes;
    const isGranted = scopes.every((scope) => grant.scopes.includes(scope));
    if (!isGranted || narrowed?.length === 0) {
      throw new InvalidScopeError('ask for scopes of the grant, or for none to keep them all');
    }
    this.#grants = this.#grants.filter((each) => each !== grant);
    const spent = [...grant.spentRefreshSha256, hash].slice(-MOST_SPENT);
    return this.#issue({ ...grant, scopes, spent });
  }

  /** The grant of an access token that lives. */
  find(access: string): Grant | undefined {
    const hash = sha256(access);
    const grant = this.#grants.find(({ accessSha256 }) => accessSha256 === hash);
    return grant !== undefined && grant.accessUntilSeconds > this.#nowSeconds() ? grant : undefined;
  }

  /** Ends the client's grant that either token belongs to, if there is one. Throws where the disk does
   * not take it: a restart would bring the grant back, so the client is to ask again. */
  revoke(clientId: string, token: string): void {
    const hash = sha256(token);
    const grant = this.#grants.find(
      ({ accessSha256, refreshSha256 }) => accessSha256 === hash || refreshSha256 === hash,
    );
    if (grant?.clientId === clientId) this.#end(grant);
    else if (this.#isUnkept) this.#save();
    if (this.#isUnkept) throw new Error('the end of a grant could not be written');
  }

  #issue(
    to: GrantedClient & { readonly id: string; readonly spent: readonly string[] },
  ): IssuedTokens {
    const [access, refresh, now] = [newToken(), newToken(), this.#nowSeconds()];
    const { id, clientId, clientName, scopes, rights, spent } = to;
    this.#grants.push({
      id,
      clientId,
      clientName,
      scopes: [...scopes],
      rights,
      accessSha256: sha256(access),
      accessUntilSeconds: now + ACCESS_SECONDS,
      refreshSha256: sha256(refresh),
      refreshUntilSeconds: now + REFRESH_SECONDS,
      spentRefreshSha256: [...spent],
    });
    this.#save();
    return { access, refresh, scopes };
  }

  #lives({ refreshUntilSeconds }: Grant): boolean {
    return refreshUntilSeconds > this.#nowSeconds();
  }

  #end(grant: Grant): void {
    this.#grants = this.#grants.filter((each) => each !== grant);
    this.#save();
  }

  #save(): void {
    this.#isUnkept = !this.#file.keep({ version: 1, grants: this.#grants });
  }
}
