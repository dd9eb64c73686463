/**
 * Fetches the metadata document behind a client id that is a URL (OAuth Client ID Metadata
 * Documents). The URL comes from a stranger, so it is fetched over https alone, from a public
 * address, without redirects, within bounds of time and size.
 */
import { lookup } from 'node:dns';
import { request } from 'node:https';
import { BlockList, isIP } from 'node:net';

const MOST_BYTES = 32 * 1_024;
/** How long it may take. */
export const DOCUMENT_MILLIS = 5_000;

/** Networks that are not the public internet (RFC 6890 and its like for IPv6). */
const PRIVATE_V4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const;
/** The one block of IPv6 that is handed out for the public internet. */
const GLOBAL_V6 = ['2000::', 3] as const;
const DOCUMENTATION_V6 = ['2001:db8::', 32] as const;

const blockedV4 = new BlockList();
for (const [network, prefix] of PRIVATE_V4) blockedV4.addSubnet(network, prefix, 'ipv4');
const globalV6 = new BlockList();
globalV6.addSubnet(...GLOBAL_V6, 'ipv6');
const documentationV6 = new BlockList();
documentationV6.addSubnet(...DOCUMENTATION_V6, 'ipv6');

/** True for an address of the public internet. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !blockedV4.check(address, 'ipv4');
  if (family !== 6) return false;
  return globalV6.check(address, 'ipv6') && !documentationV6.check(address, 'ipv6');
}

/** How documents are reached; only tests differ, to reach their own server. */
export interface DocumentReach {
  readonly isAllowed: (address: string) => boolean;
  readonly ca?: string;
}

const PUBLIC: DocumentReach = { isAllowed: isPublicAddress };

/** A client id that names a document: https, with a path, without user, query or fragment. */
export function isDocumentUrl(clientId: string): boolean {
  const url = URL.parse(clientId);
  if (url === null || url.protocol !== 'https:' || url.pathname === '/') return false;
  return url.username === '' && url.password === '' && url.hash === '' && url.search === '';
}

type LookupDone = (error: Error | null, addresses: { address: string; family: number }[]) => void;

/** Resolves a name to addresses that may be reached; the connection uses these and no others. */
function guardedLookup(reach: DocumentReach) {
  return (name: string, _options: object, done: LookupDone): void => {
    lookup(name, { all: true }, (error, addresses) => {
      const allowed = addresses?.filter(({ address }) => reach.isAllowed(address)) ?? [];
      if (error !== null) done(error, []);
      else if (allowed.length === 0) done(new Error(`${name} has no public address`), []);
      else done(null, allowed);
    });
  };
}

/** The document's JSON; undefined where what answers has none within the bounds. Rejects where nothing
 * answers. */
export function fetchClientDocument(
  clientId: string,
  reach: DocumentReach = PUBLIC,
): Promise<unknown> {
  const url = new URL(clientId);
  const literal = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(literal) !== 0 && !reach.isAllowed(literal)) return Promise.resolve(undefined);
  return new Promise((resolve, reject) => {
    const fail = (): void => resolve(undefined);
    const call = request(
      url,
      {
        agent: false,
        lookup: guardedLookup(reach),
        headers: { Accept: 'application/json' },
        signal: AbortSignal.timeout(DOCUMENT_MILLIS),
        ...(reach.ca !== undefined && { ca: reach.ca }),
      },
      (response) => {
        if (response.statusCode !== 200) {
          response.destroy();
          fail();
          return;
        }
        const chunks: Buffer[] = [];
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > MOST_BYTES) response.destroy();
          else chunks.push(chunk);
        });
        response.once('end', () => resolve(parsed(Buffer.concat(chunks))));
        response.once('close', fail);
        response.once('error', fail);
      },
    );
    call.once('error', reject);
    call.end();
  });
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
