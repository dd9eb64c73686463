/**
 * The clients that may ask for consent: those named by a metadata document of their own, and those
 * that registered themselves, where registration is on. All are public clients, proven by PKCE: no
 * client secret is ever handed out. Main thread only.
 */
import type { OAuthRegisteredClientsStore } from '@modelcontextprotocol/sdk/server/auth/clients.js';
import { InvalidClientMetadataError } from '@modelcontextprotocol/sdk/server/auth/errors.js';
import type { OAuthClientInformationFull } from '@modelcontextprotocol/sdk/shared/auth.js';
import {
  OAuthClientInformationFullSchema,
  OAuthClientMetadataSchema,
} from '@modelcontextprotocol/sdk/shared/auth.js';
import { z } from 'zod';
import { LRUMap } from '../../engine/domain/lru-map.ts';
import { epochMicros, MICROS_PER_MINUTE, MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import { OutgoingCalls } from '../../ops/outgoing-call.ts';
import { RateLimiter } from '../../ops/rate-limiter.ts';
import { DOCUMENT_MILLIS, fetchClientDocument, isDocumentUrl } from './client-document.ts';
import { OwnerFile } from './owner-file.ts';

/** Registered clients held; the oldest makes room of those that were never let in. More than there are
 * grants, so that one always can. */
const MOST_REGISTERED = 100;
const LONGEST_REGISTRATION_CHARACTERS = 8_192;
const MOST_DOCUMENTS = 32;
const DOCUMENT_SECONDS = 600;
/** Hosts of documents remembered. */
const MOST_HOSTS = 32;
/** Documents that strangers may have fetched from one host. One more is refused and waits for no turn: it
 * would hold its connection meanwhile. */
const DOCUMENTS_OF_A_HOST = { limit: 30, windowMicros: MICROS_PER_MINUTE };
const CALLS = {
  timeoutMillis: DOCUMENT_MILLIS + 1_000,
  attempts: 1,
  firstWaitMillis: 0,
  mostWaitMillis: 0,
  failuresToOpen: 3,
  restMillis: 30_000,
};
const LONGEST_NAME_CHARACTERS = 80;

const fileShape = z.object({
  version: z.literal(1),
  clients: z.array(z.custom<OAuthClientInformationFull>(isClient)),
});

function isClient(value: unknown): boolean {
  return OAuthClientInformationFullSchema.safeParse(value).success;
}

const LOOPBACK_HOSTS = ['localhost', '127.0.0.1', '[::1]'];
const NEVER_A_REDIRECT = ['javascript:', 'data:', 'file:', 'vbscript:', 'about:', 'blob:'];

/** https, http to this machine, or an app's own scheme: never clear text over a network. */
export function isSafeRedirect(uri: string): boolean {
  const url = URL.parse(uri);
  if (url === null || NEVER_A_REDIRECT.includes(url.protocol) || url.hash !== '') return false;
  return url.protocol !== 'http:' || LOOPBACK_HOSTS.includes(url.hostname);
}

/** A name that cannot dress up a page: letters, digits and common marks, of bounded length. */
export function plainName(name: string | undefined, otherwise: string): string {
  const plain = (name ?? '').replaceAll(/[^\p{L}\p{N} .,()&'_-]+/gu, ' ').trim();
  return plain === '' ? otherwise : plain.slice(0, LONGEST_NAME_CHARACTERS);
}

interface Held {
  readonly client: OAuthClientInformationFull;
  readonly untilSeconds: number;
}

/** One host that documents are fetched from: one that fails keeps no other from being asked. */
class DocumentHost {
  readonly calls = new OutgoingCalls(CALLS);
  readonly pace = new RateLimiter(DOCUMENTS_OF_A_HOST);
}

type Fetch = (clientId: string) => Promise<unknown>;

export interface DirectoryOptions {
  readonly path: string;
  readonly nowSeconds: () => number;
  readonly log: (line: string) => void;
  /** True for a client that the operator has let in. */
  readonly isLetIn: (clientId: string) => boolean;
  readonly fetch?: Fetch;
}

export class ClientDirectory implements OAuthRegisteredClientsStore {
  readonly #file: OwnerFile<typeof fileShape>;
  readonly #nowSeconds: () => number;
  readonly #isLetIn: (clientId: string) => boolean;
  readonly #fetch: Fetch;
  readonly #hosts = new LRUMap<string, DocumentHost>(MOST_HOSTS);
  readonly #documents = new LRUMap<string, Held>(MOST_DOCUMENTS);
  #registered: OAuthClientInformationFull[];

  /** Throws CONFIG_INVALID where the system does not give the file. */
  constructor(options: DirectoryOptions) {
    const { path, log } = options;
    this.#file = new OwnerFile({ path, shape: fileShape, next: 'clients register again', log });
    this.#nowSeconds = options.nowSeconds;
    this.#isLetIn = options.isLetIn;
    this.#fetch = options.fetch ?? fetchClientDocument;
    this.#registered = this.#file.read()?.clients ?? [];
  }

  async getClient(clientId: string): Promise<OAuthClientInformationFull | undefined> {
    if (isDocumentUrl(clientId)) return this.#documented(clientId);
    return this.#registered.find(({ client_id }) => client_id === clientId);
  }

  registerClient(asked: OAuthClientInformationFull): OAuthClientInformationFull {
    if (!asked.redirect_uris.every(isSafeRedirect)) {
      const message = 'redirect_uris must be https, http to a loopback address, or an own scheme';
      throw new InvalidClientMetadataError(message);
    }
    const client = publicClient(asked);
    if (JSON.stringify(client).length > LONGEST_REGISTRATION_CHARACTERS) {
      throw new InvalidClientMetadataError('this is more metadata than a client needs');
    }
    this.#makeRoom();
    this.#registered.push(client);
    this.#file.keep({ version: 1, clients: this.#registered });
    return client;
  }

  /** Anybody may register: strangers make room for strangers, never whom the operator let in. */
  #makeRoom(): void {
    if (this.#registered.length < MOST_REGISTERED) return;
    const oldest = this.#registered.findIndex(({ client_id }) => !this.#isLetIn(client_id));
    this.#registered.splice(oldest, 1);
  }

  /** The client of a document that names itself by the very URL it was fetched from. */
  async #documented(clientId: string): Promise<OAuthClientInformationFull | undefined> {
    const held = this.#documents.get(clientId);
    if (held !== undefined && held.untilSeconds > this.#nowSeconds()) return held.client;
    const document = await this.#fetched(clientId);
    const named = z.looseObject({ client_id: z.literal(clientId) }).safeParse(document);
    const metadata = OAuthClientMetadataSchema.safeParse(document);
    if (!named.success || !metadata.success) return undefined;
    if (!metadata.data.redirect_uris.every(isSafeRedirect)) return undefined;
    const client = publicClient({ ...metadata.data, client_id: clientId });
    const untilSeconds = this.#nowSeconds() + DOCUMENT_SECONDS;
    this.#documents.set(clientId, { client, untilSeconds });
    return client;
  }

  /** The document; undefined where its host does not answer, rests, or was asked too often by strangers. */
  async #fetched(clientId: string): Promise<unknown> {
    const { host } = new URL(clientId);
    const site = this.#hosts.get(host) ?? new DocumentHost();
    this.#hosts.set(host, site);
    const at = epochMicros(this.#nowSeconds() * MICROS_PER_SECOND);
    if (!this.#isLetIn(clientId) && !site.pace.take(1, at)) return undefined;
    try {
      return await site.calls.run(() => this.#fetch(clientId));
    } catch {
      return undefined;
    }
  }
}

function publicClient(asked: OAuthClientInformationFull): OAuthClientInformationFull {
  const { client_secret: _secret, client_secret_expires_at: _expiry, ...rest } = asked;
  return { ...rest, token_endpoint_auth_method: 'none' };
}
