/**
 * What the feed client asks of the world. The shell performs effects in their order and answers
 * with the client's `on…` methods. After `socketClose` it reports nothing more of that socket: a
 * close that the client asked for is not an event.
 */
export type FeedEffect =
  /** Get a quote token: answer with `onToken` or `onTokenFailed`. */
  | { readonly kind: 'tokenRequest' }
  /** Open a websocket without compression: answer with `onSocketOpen` or `onSocketClosed`. */
  | { readonly kind: 'socketOpen'; readonly url: string }
  /** Send one text frame. A frame that carries the token is marked: never log or record its text. */
  | { readonly kind: 'socketSend'; readonly text: string; readonly isSecret?: true }
  /** Close the socket and forget it. */
  | { readonly kind: 'socketClose'; readonly reason: string };
