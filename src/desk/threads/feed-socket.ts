/** The socket under the feed's shell: two implementations, own framing and `ws`, one contract suite. */
import type { FrameBytes } from '../../engine/feed/byte-frame-decoder.ts';

/** `own` framing on a reused receive buffer · `ws` the library, without compression. */
export type FeedTransport = 'own' | 'ws';

/** What a socket tells. Nothing any more after `gone`, nor after `close`. */
export interface FeedSocketEvents {
  opened(): void;
  /** One message. Its bytes are valid during the call only. */
  frame(frame: FrameBytes): void;
  /** All messages that came together have been told. Follows each run of them, also one that closed
   * the socket. */
  readEnd(): void;
  /** The socket ended by itself or could not be opened. The reason begins with the close code where
   * there is one, or names the status of a refused upgrade as `HTTP 502`. */
  gone(reason: string): void;
}

/** An open or opening websocket. Owned by one thread. */
export interface FeedSocket {
  /** Sends one text message; does nothing once the socket is gone. */
  send(text: string): void;
  /** Says farewell and forgets the socket. */
  close(): void;
}

/** Makes a socket of a kind. */
export type OpenFeedSocket = (url: string, events: FeedSocketEvents) => FeedSocket;
