import { describe, expect, it } from 'vitest';
import {
  clientFrame,
  closePayload,
  upgradeFault,
  upgradeRequest,
} from '../../../src/engine/feed/websocket-writer.ts';

/** The example of RFC 6455, section 1.3. */
const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const HEAD = [
  'HTTP/1.1 101 Switching Protocols',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
].join('\r\n');

describe('clientFrame', () => {
  it('masks as the example of RFC 6455 does', () => {
    const mask = Uint8Array.of(0x37, 0xfa, 0x21, 0x3d);
    expect([...clientFrame(1, Buffer.from('Hello'), mask)]).toEqual([
      0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58,
    ]);
  });

  it.each([0, 125, 126, 65_535, 65_536])('writes the length of a payload of %d bytes', (length) => {
    const bytes = Buffer.from(clientFrame(1, Buffer.alloc(length, 'x'), Buffer.alloc(4)));
    const short = (bytes[1] ?? 0) & 0x7f;
    const at = short === 126 ? 4 : short === 127 ? 10 : 2;
    const told =
      short === 126
        ? bytes.readUInt16BE(2)
        : short === 127
          ? Number(bytes.readBigUInt64BE(2))
          : short;
    expect(told).toBe(length);
    expect(bytes.length).toBe(at + 4 + length);
  });

  it('writes close codes in network order', () => {
    expect([...closePayload(1000)]).toEqual([0x03, 0xe8]);
  });
});

describe('upgradeRequest', () => {
  it('asks for a websocket with no extension and no protocol', () => {
    const request = upgradeRequest(new URL('wss://feed.example/realtime?a=1'), KEY, 'test');
    expect(request.startsWith('GET /realtime?a=1 HTTP/1.1\r\nHost: feed.example\r\n')).toBe(true);
    expect(request.endsWith('\r\n\r\n')).toBe(true);
    expect(request).not.toMatch(/extensions|protocol/i);
  });
});

describe('upgradeFault', () => {
  it('finds none in a proper answer, whatever the case of its names', () => {
    expect(upgradeFault(HEAD, KEY)).toBeUndefined();
    expect(upgradeFault(HEAD.replace('Upgrade:', 'UPGRADE:'), KEY)).toBeUndefined();
  });

  it.each([
    ['HTTP/1.1 502 Bad Gateway', 'HTTP 502'],
    ['HTTP/1.1 200 OK', 'HTTP 200'],
    ['SSH-2.0-x', 'the server does not speak HTTP/1.1'],
    [
      HEAD.replace('Connection: Upgrade', 'Connection: close'),
      'the server did not upgrade to a websocket',
    ],
    [HEAD.replace('s3pP', 's3pQ'), 'the upgrade has a wrong accept key'],
    [
      `${HEAD}\r\nSec-WebSocket-Extensions: permessage-deflate`,
      'the server chose what was not offered: permessage-deflate',
    ],
  ])('tells of %j', (head, fault) => {
    expect(upgradeFault(head, KEY)).toBe(fault);
  });
});
