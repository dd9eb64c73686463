/** A request that the Alpaca stub refuses, with Alpaca's own numeric codes. */
export class Refusal extends Error {
  readonly status: number;
  readonly body: object;

  constructor(status: number, code: number, message: string, more: object = {}) {
    super(message);
    this.status = status;
    this.body = { code, message, ...more };
  }
}

export function unprocessable(message: string): Refusal {
  return new Refusal(422, 42_210_000, message);
}

export function forbidden(message: string, more: object = {}): Refusal {
  return new Refusal(403, 40_310_000, message, more);
}

export function notFound(what: string): Refusal {
  return new Refusal(404, 40_410_000, `${what} not found`);
}
