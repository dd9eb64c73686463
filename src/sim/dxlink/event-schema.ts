/** The events of the DXLink FEED service: their fields in the order a server announces by default,
 * and how each is written (DXLink protocol, QD's event properties). */
import { MILLIS_PER_SECOND } from '../../engine/domain/units.ts';

/** d: double · i: whole number, 64 bits allowed · s: text or null · c: character · b: yes or no ·
 * e: name of a closed set. */
export type FieldKind = 'd' | 'i' | 's' | 'c' | 'b' | 'e';

/** What a field may hold before it is written. */
export type FieldValue = number | bigint | string | boolean | null;

/** One event: values by field name. On the wire a missing double is NaN, a whole number 0. */
export type EventRow = Readonly<Record<string, FieldValue>>;

/** One field of an event. */
export interface FieldSpec {
  readonly name: string;
  readonly kind: FieldKind;
}

/** The events that this server has. */
export type EventType =
  | 'Quote'
  | 'Trade'
  | 'TradeETH'
  | 'Greeks'
  | 'Summary'
  | 'TimeAndSale'
  | 'Candle'
  | 'Profile';

/** Something with a current event: `version` is 0 while there is none, and grows with changes. */
export interface EventSource {
  readonly version: number;
  read(): EventRow;
}

const KINDS: ReadonlyMap<string, FieldKind> = new Map(
  (['d', 'i', 's', 'c', 'b', 'e'] as const).map((kind) => [kind, kind]),
);

/** Reads `name:kind` entries; every list begins with the three common fields. */
function fields(text: string): FieldSpec[] {
  const entries = `eventType:e eventSymbol:s eventTime:i ${text}`.split(' ');
  return entries.map((entry) => {
    const [name = '', letter = ''] = entry.split(':');
    return { name, kind: KINDS.get(letter) ?? 'd' };
  });
}

const TRADE = fields(
  'time:i timeNanoPart:i sequence:i exchangeCode:c price:d change:d size:d dayId:i ' +
    'dayVolume:d dayTurnover:d tickDirection:e extendedTradingHours:b',
);

/** Every field of every event, in the order a server announces by default. */
export const EVENT_SCHEMAS: Readonly<Record<EventType, readonly FieldSpec[]>> = {
  Quote: fields(
    'sequence:i timeNanoPart:i bidTime:i bidExchangeCode:c bidPrice:d bidSize:d ' +
      'askTime:i askExchangeCode:c askPrice:d askSize:d',
  ),
  Trade: TRADE,
  TradeETH: TRADE,
  Greeks: fields(
    'eventFlags:i index:i time:i sequence:i price:d volatility:d delta:d gamma:d theta:d rho:d ' +
      'vega:d',
  ),
  Summary: fields(
    'dayId:i dayOpenPrice:d dayHighPrice:d dayLowPrice:d dayClosePrice:d dayClosePriceType:e ' +
      'prevDayId:i prevDayClosePrice:d prevDayClosePriceType:e prevDayVolume:d openInterest:i',
  ),
  TimeAndSale: fields(
    'eventFlags:i index:i time:i timeNanoPart:i sequence:i exchangeCode:c price:d size:d ' +
      'bidPrice:d askPrice:d exchangeSaleConditions:s tradeThroughExempt:c aggressorSide:e ' +
      'spreadLeg:b extendedTradingHours:b validTick:b type:e buyer:s seller:s',
  ),
  Candle: fields(
    'eventFlags:i index:i time:i sequence:i count:i open:d high:d low:d close:d volume:d vwap:d ' +
      'bidVolume:d askVolume:d impVolatility:d openInterest:d',
  ),
  Profile: fields(
    'description:s shortSaleRestriction:e tradingStatus:e statusReason:s haltStartTime:i ' +
      'haltEndTime:i highLimitPrice:d lowLimitPrice:d high52WeekPrice:d low52WeekPrice:d beta:d ' +
      'earningsPerShare:d dividendFrequency:d exDividendAmount:d exDividendDayId:i shares:d ' +
      'freeFloat:d',
  ),
};

/** Narrows a name to an event type that this server has. */
export function isEventType(name: string): name is EventType {
  return Object.hasOwn(EVENT_SCHEMAS, name);
}

/** The index of a time series event: seconds, millisecond and sequence in one 64-bit number. */
export function eventIndex(timeMillis: number, sequence: number): bigint {
  const seconds = Math.floor(timeMillis / MILLIS_PER_SECOND);
  const millis = timeMillis - seconds * MILLIS_PER_SECOND;
  return (BigInt(seconds) << 32n) | (BigInt(millis) << 22n) | BigInt(sequence);
}
