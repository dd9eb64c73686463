/** The sending end of a WebSocket client: masked frames, the upgrade request and its answer's check. */
import { createHash } from 'node:crypto';

const FIN = 0x80;
const MASK = 0x80;
const MASK_BYTES = 4;
const LENGTH_16 = 126;
const LENGTH_64 = 127;
const MAX_16 = 0xffff;
/** Every server mixes this into its answer (RFC 6455, section 1.3). */
const ACCEPT_SALT = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** One unfragmented frame. `mask` is four bytes by chance, new for every frame. */
export function clientFrame(opcode: number, payload: Uint8Array, mask: Uint8Array): Uint8Array {
  const { length } = payload;
  const extra = length < LENGTH_16 ? 0 : length <= MAX_16 ? 2 : 8;
  const start = 2 + extra + MASK_BYTES;
  const frame = Buffer.alloc(start + length);
  frame[0] = FIN | opcode;
  frame[1] = MASK | (extra === 0 ? length : extra === 2 ? LENGTH_16 : LENGTH_64);
  if (extra === 2) frame.writeUInt16BE(length, 2);
  if (extra === 8) frame.writeBigUInt64BE(BigInt(length), 2);
  frame.set(mask, 2 + extra);
  for (let i = 0; i < length; i += 1) {
    frame[start + i] = (payload[i] ?? 0) ^ (mask[i % MASK_BYTES] ?? 0);
  }
  return frame;
}

/** Payload of a close frame. */
export function closePayload(code: number): Uint8Array {
  return Uint8Array.of(code >> 8, code & 0xff);
}

/** The request that turns a connection into a websocket. It offers no extension and no protocol.
 * `key` is 16 bytes by chance in base64. */
export function upgradeRequest(url: URL, key: string, userAgent: string): string {
  const lines = [
    `GET ${url.pathname}${url.search} HTTP/1.1`,
    `Host: ${url.host}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${key}`,
    `User-Agent: ${userAgent}`,
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** What is wrong with the head of an answer to `upgradeRequest`; undefined where the websocket is
 * open. A refusal begins with its status, as `HTTP 502`. */
export function upgradeFault(head: string, key: string): string | undefined {
  const [statusLine = '', ...lines] = head.split('\r\n');
  const status = /^HTTP\/1\.1 (\d{3})\b/.exec(statusLine)?.[1];
  if (status === undefined) return 'the server does not speak HTTP/1.1';
  if (status !== '101') return `HTTP ${status}`;
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const isUpgrade =
    headers.get('upgrade')?.toLowerCase() === 'websocket' &&
    /\bupgrade\b/i.test(headers.get('connection') ?? '');
  if (!isUpgrade) return 'the server did not upgrade to a websocket';
  const accept = createHash('sha1').update(`${key}${ACCEPT_SALT}`).digest('base64');
  if (headers.get('sec-websocket-accept') !== accept) return 'the upgrade has a wrong accept key';
  const extra = headers.get('sec-websocket-extensions') ?? headers.get('sec-websocket-protocol');
  return extra === undefined ? undefined : `the server chose what was not offered: ${extra}`;
}
