/** Shapes in which the stub answers: envelopes, and the oddities of the real service's numbers. */

export interface StubRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

export interface StubReply {
  readonly status: number;
  /** Sent as JSON; a text is sent as it is, as HTML. */
  readonly body: unknown;
  /** That JSON, where it has been written already. */
  readonly text?: string;
}

export function success(context: string, data: unknown, status = 200): StubReply {
  return { status, body: { data, 'api-version': 'v1', context } };
}

export function failure(
  status: number,
  code: string | number,
  message: string,
  errors?: object[],
): StubReply {
  return {
    status,
    body: { error: { code, message, ...(errors === undefined ? {} : { errors }) } },
  };
}

/** One page of a list. */
export function listed(
  context: string,
  rows: readonly unknown[],
  query: URLSearchParams,
): StubReply {
  const perPage = Number(query.get('per-page') ?? 10);
  const offset = Number(query.get('page-offset') ?? 0);
  const items = rows.slice(offset * perPage, (offset + 1) * perPage);
  const pagination = {
    'per-page': perPage,
    'page-offset': offset,
    'item-offset': offset * perPage,
    'total-items': rows.length,
    'total-pages': Math.max(1, Math.ceil(rows.length / perPage)),
    'current-item-count': items.length,
  };
  return { status: 200, body: { data: { items }, 'api-version': 'v1', context, pagination } };
}

/** A decimal as text, without a needless zero: "1.02", "2.0". */
export function decimal(dollars: number): string {
  const text = (Math.round(dollars * 10_000) / 10_000).toString();
  return text.includes('.') ? text : `${text}.0`;
}

/** The sign of an amount stands beside it. */
export function withEffect(name: string, dollars: number): Record<string, string> {
  const effect = dollars > 0 ? 'Credit' : dollars < 0 ? 'Debit' : 'None';
  return { [name]: decimal(Math.abs(dollars)), [`${name}-effect`]: effect };
}

/** A quantity is a number on one row and text on the next. */
export class OddNumbers {
  #count = 0;

  /** The next is written as a text. */
  get isTextNext(): boolean {
    return this.#count % 2 === 1;
  }

  get written(): number {
    return this.#count;
  }

  /** So many are written once more, as they were before. */
  again(count: number): void {
    this.#count += count;
  }

  quantity(value: number): number | string {
    this.#count += 1;
    return this.#count % 2 === 0 ? String(value) : value;
  }
  multiplier(value: number): number | string {
    this.#count += 1;
    return this.#count % 2 === 0 ? `${value}.0` : value;
  }
}
