/** The feed's socket by way of `ws`: the fallback to own framing, selectable by a setting. */
import WebSocket from 'ws';
import { MAX_MESSAGE_BYTES } from '../../engine/feed/websocket-reader.ts';
import type { FeedSocket, FeedSocketEvents } from './feed-socket.ts';

/** Opens a websocket without compression: inflating costs several times what decoding does. */
export function openWsSocket(url: string, events: FeedSocketEvents): FeedSocket {
  const socket = new WebSocket(url, { perMessageDeflate: false, maxPayload: MAX_MESSAGE_BYTES });
  let isOver = false;
  const gone = (reason: string): void => {
    if (isOver) return;
    isOver = true;
    events.gone(reason);
  };
  socket.on('open', () => {
    if (!isOver) events.opened();
  });
  socket.on('message', (data) => {
    const bytes = bytesOf(data);
    if (isOver) return;
    events.frame({ bytes, start: 0, end: bytes.length });
    events.readEnd();
  });
  socket.on('error', (error) => gone(error.message));
  socket.on('close', (code, reason) => gone(`${code} ${String(reason)}`.trim()));
  return {
    send(text) {
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
    },
    close() {
      isOver = true;
      socket.close();
    },
  };
}

/** `ws` hands over one buffer, or the parts of a fragmented message. */
function bytesOf(data: WebSocket.RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}
