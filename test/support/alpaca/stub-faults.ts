/** Faults of the Alpaca stub, switched on from outside: of requests, and of its stream. */

/**
 * What becomes of a request. `unsent`: it never leaves · `dropRequest`: it never arrives · `dropAnswer`: it is served and the
 * connection is cut · `hang`: served, and no answer ever · `error503After`: served, then answered 503 ·
 * `error500`, `html502`, `tooMany`: not served · `nonsense`: served, the body is cut in the middle ·
 * `echo`: refused in words that repeat the keys of the request.
 */
export type RequestFault =
  | 'unsent'
  | 'dropRequest'
  | 'dropAnswer'
  | 'hang'
  | 'error503After'
  | 'error500'
  | 'html502'
  | 'tooMany'
  | 'nonsense'
  | 'echo';

/** What becomes of an update: told twice, held back behind the next one, or never told. */
export type StreamFault = 'twice' | 'late' | 'lost';

interface Waiting {
  readonly fault: RequestFault;
  /** The start of `METHOD /path`. */
  readonly target: string;
}

export class StubFaults {
  readonly #requests: Waiting[] = [];
  readonly #stream: StreamFault[] = [];
  #late: string[] = [];

  /** The next request whose `METHOD /path` starts so. */
  onRequest(target: string, fault: RequestFault, times = 1): void {
    for (let i = 0; i < times; i += 1) this.#requests.push({ fault, target });
  }

  onStream(...faults: readonly StreamFault[]): void {
    this.#stream.push(...faults);
  }

  /** Takes the faults that wait at another's. */
  takeOver(other: StubFaults): void {
    this.#requests.push(...other.#requests.splice(0));
    this.#stream.push(...other.#stream.splice(0));
    this.#late.push(...other.#late.splice(0));
  }

  /** Nothing fails any more; how many faults there were. What is late comes with the next frame. */
  clear(): number {
    const left = this.#requests.length + this.#stream.length;
    this.#requests.length = 0;
    this.#stream.length = 0;
    return left;
  }

  takeRequest(target: string): RequestFault | undefined {
    const index = this.#requests.findIndex((waiting) => target.startsWith(waiting.target));
    return index < 0 ? undefined : this.#requests.splice(index, 1)[0]?.fault;
  }

  /** The frames that go out in place of this one. */
  pass(frame: string): readonly string[] {
    const fault = this.#stream.shift();
    if (fault === 'lost') return [];
    if (fault === 'late') {
      this.#late.push(frame);
      return [];
    }
    const late = this.#late;
    this.#late = [];
    return fault === 'twice' ? [frame, frame, ...late] : [frame, ...late];
  }
}
