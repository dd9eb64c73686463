/**
 * OAuth as the settings want it: off, tokens of an authorization server elsewhere, or the embedded
 * one. In both cases this engine is the protected resource that RFC 9728 describes.
 */
import { join } from 'node:path';
import type { Config } from '../../config.ts';
import { wallMicros } from '../../engine/domain/clock.ts';
import { MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import { SCOPES } from '../../mcp/scopes.ts';
import type { AuthorizationServer } from './authorization-server.ts';
import { authorizationServer, showConsent } from './authorization-server.ts';
import { ClientDirectory } from './client-directory.ts';
import { GrantBook } from './grant-book.ts';
import { OperatorProvider } from './operator-provider.ts';
import { OutsideTokens } from './outside-issuer.ts';
import type { PairingDesk } from './pairing.ts';
import type { TokenHolder } from './token-holder.ts';

export type OAuthConfig = Pick<
  Config,
  | 'OAUTH_EMBEDDED'
  | 'OAUTH_ISSUER'
  | 'OAUTH_ISSUER_AUTHORITY'
  | 'OAUTH_REGISTRATION'
  | 'PUBLIC_URL'
  | 'home'
>;

/** Path of the metadata of the protected resource /mcp (RFC 9728, section 3.1). */
export const RESOURCE_METADATA_PATH = '/.well-known/oauth-protected-resource/mcp';

/** What the HTTP face needs to know of OAuth. */
export interface OAuthRoom {
  /** RFC 9728 metadata of /mcp. */
  readonly resourceMetadata: object;
  /** Where that metadata is, for the challenge of a 401. */
  readonly resourceMetadataUrl: string;
  /** The embedded server; undefined where tokens come from elsewhere. */
  readonly server: AuthorizationServer | undefined;
  /** Who holds an access token; undefined where it is not valid here. */
  holderOf(token: string): Promise<TokenHolder | undefined>;
}

function nowSeconds(): number {
  return Math.floor(wallMicros() / MICROS_PER_SECOND);
}

/** What the room is given by the server. */
interface OAuthParts {
  readonly pairing: PairingDesk;
  readonly log: (line: string) => void;
}

/** Builds it; undefined where OAuth is off. Throws CONFIG_INVALID where the grants on disk cannot be
 * read. */
export function oauthRoom(config: OAuthConfig, parts: OAuthParts): OAuthRoom | undefined {
  const { PUBLIC_URL, OAUTH_ISSUER, OAUTH_EMBEDDED } = config;
  if (PUBLIC_URL === undefined || (!OAUTH_EMBEDDED && OAUTH_ISSUER === undefined)) return undefined;
  const resource = new URL('/mcp', PUBLIC_URL).href;
  const issuer = OAUTH_ISSUER ?? new URL(PUBLIC_URL).origin;
  const described = {
    resourceMetadata: {
      resource,
      authorization_servers: [issuer],
      scopes_supported: SCOPES,
      bearer_methods_supported: ['header'],
      resource_name: 'deltaring',
    },
    resourceMetadataUrl: new URL(RESOURCE_METADATA_PATH, PUBLIC_URL).href,
  };
  if (OAUTH_ISSUER !== undefined) {
    const rights = config.OAUTH_ISSUER_AUTHORITY;
    const outside = new OutsideTokens({ issuer, resource, rights });
    return { ...described, server: undefined, holderOf: (token) => outside.holderOf(token) };
  }
  return { ...described, ...embedded(config, parts, { issuer, resource }) };
}

function embedded(
  { home, OAUTH_REGISTRATION: registers }: OAuthConfig,
  { pairing, log }: OAuthParts,
  { issuer, resource }: { readonly issuer: string; readonly resource: string },
): Pick<OAuthRoom, 'server' | 'holderOf'> {
  const folder = join(home, 'oauth');
  const grants = new GrantBook({ path: join(folder, 'grants.json'), nowSeconds, log });
  const clients = new ClientDirectory({
    path: join(folder, 'clients.json'),
    nowSeconds,
    log,
    isLetIn: (clientId) => grants.holds(clientId),
  });
  const show = showConsent;
  const provider = new OperatorProvider({
    issuer,
    resource,
    clients,
    grants,
    pairing,
    nowSeconds,
    show,
  });
  return {
    server: authorizationServer(provider, { issuer, registers }),
    holderOf: async (token) => {
      const grant = grants.find(token);
      return grant && { subject: grant.clientId, scopes: grant.scopes, rights: grant.rights };
    },
  };
}
