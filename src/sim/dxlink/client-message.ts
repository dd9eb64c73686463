/** What a DXLink client may say, read from one text frame (DXLink protocol, version 0.1). */

/** One thing to subscribe to or to drop. */
export interface SubscriptionEntry {
  readonly type: string;
  readonly symbol: string;
  /** Epoch milliseconds; asks for a time series from there on. */
  readonly fromTime: number | undefined;
}

/** Every message this server understands. */
export type ClientMessage =
  | { readonly type: 'SETUP'; readonly keepaliveTimeout: number | undefined }
  | { readonly type: 'AUTH'; readonly token: string }
  | { readonly type: 'KEEPALIVE' }
  | { readonly type: 'ERROR' }
  | {
      readonly type: 'CHANNEL_REQUEST';
      readonly channel: number;
      readonly service: string;
      readonly contract: string;
    }
  | { readonly type: 'CHANNEL_CANCEL'; readonly channel: number }
  | { readonly type: 'FEED_SETUP'; readonly channel: number; readonly setup: FeedSetup }
  | {
      readonly type: 'FEED_SUBSCRIPTION';
      readonly channel: number;
      readonly reset: boolean;
      readonly remove: readonly SubscriptionEntry[];
      readonly add: readonly SubscriptionEntry[];
    };

/** What FEED_SETUP asks for; undefined leaves a thing as it is. */
export interface FeedSetup {
  /** Seconds, or NaN for the server's own choice. */
  readonly aggregationPeriod: number | undefined;
  readonly dataFormat: 'FULL' | 'COMPACT' | undefined;
  readonly eventFields: Readonly<Record<string, readonly string[]>> | undefined;
}

type Json = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads a frame. Undefined when it is not a message of this protocol. */
export function parseClientMessage(text: string): ClientMessage | undefined {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(body)) return undefined;
  const channel = body['channel'];
  if (typeof channel !== 'number' || !Number.isInteger(channel) || channel < 0) return undefined;
  return channel === 0 ? connectionMessage(body) : channelMessage(body, channel);
}

function connectionMessage(body: Json): ClientMessage | undefined {
  switch (body['type']) {
    case 'SETUP':
      return { type: 'SETUP', keepaliveTimeout: numberOf(body['keepaliveTimeout']) };
    case 'AUTH':
      return typeof body['token'] === 'string' ? { type: 'AUTH', token: body['token'] } : undefined;
    case 'KEEPALIVE':
      return { type: 'KEEPALIVE' };
    case 'ERROR':
      return { type: 'ERROR' };
    default:
      return undefined;
  }
}

function channelMessage(body: Json, channel: number): ClientMessage | undefined {
  switch (body['type']) {
    case 'CHANNEL_REQUEST':
      return channelRequest(body, channel);
    case 'CHANNEL_CANCEL':
      return { type: 'CHANNEL_CANCEL', channel };
    case 'FEED_SETUP':
      return feedSetup(body, channel);
    case 'FEED_SUBSCRIPTION':
      return feedSubscription(body, channel);
    case 'ERROR':
      return { type: 'ERROR' };
    default:
      return undefined;
  }
}

function channelRequest(body: Json, channel: number): ClientMessage | undefined {
  const service = body['service'];
  const parameters = isObject(body['parameters']) ? body['parameters'] : {};
  const contract = parameters['contract'] ?? 'AUTO';
  if (typeof service !== 'string' || typeof contract !== 'string') return undefined;
  return { type: 'CHANNEL_REQUEST', channel, service, contract };
}

function feedSetup(body: Json, channel: number): ClientMessage | undefined {
  const format = body['acceptDataFormat'];
  if (format !== undefined && format !== 'FULL' && format !== 'COMPACT') return undefined;
  const fields = body['acceptEventFields'];
  const eventFields = fields === undefined ? undefined : fieldLists(fields);
  if (fields !== undefined && eventFields === undefined) return undefined;
  const asked = body['acceptAggregationPeriod'];
  const aggregationPeriod = asked === 'NaN' ? Number.NaN : numberOf(asked);
  return {
    type: 'FEED_SETUP',
    channel,
    setup: { aggregationPeriod, dataFormat: format, eventFields },
  };
}

function fieldLists(value: unknown): Record<string, string[]> | undefined {
  if (!isObject(value)) return undefined;
  const lists: Record<string, string[]> = {};
  for (const [type, names] of Object.entries(value)) {
    if (!Array.isArray(names)) return undefined;
    lists[type] = names.filter((name): name is string => typeof name === 'string');
  }
  return lists;
}

function feedSubscription(body: Json, channel: number): ClientMessage | undefined {
  const remove = entries(body['remove']);
  const add = entries(body['add']);
  if (remove === undefined || add === undefined) return undefined;
  return { type: 'FEED_SUBSCRIPTION', channel, reset: body['reset'] === true, remove, add };
}

function entries(value: unknown): SubscriptionEntry[] | undefined {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) return undefined;
  const read: SubscriptionEntry[] = [];
  for (const entry of value) {
    if (!isObject(entry)) return undefined;
    const { type, symbol, fromTime } = entry;
    if (typeof type !== 'string' || typeof symbol !== 'string') return undefined;
    read.push({ type, symbol, fromTime: numberOf(fromTime) });
  }
  return read;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
