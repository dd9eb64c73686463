/** Thrown when the program's own promise is broken: the desk halts on it. Never used for input. */
export class BrokenInvariant extends Error {
  constructor(statement: string) {
    super(`broken invariant: ${statement}`);
    this.name = 'BrokenInvariant';
  }
}

/** Holds a positive statement that must be true if the program is right. */
export function assert(condition: boolean, statement: string): asserts condition {
  if (!condition) throw new BrokenInvariant(statement);
}

/** Marks a branch that the types make impossible. */
export function unreachable(value: never): never {
  throw new BrokenInvariant(`no such case: ${JSON.stringify(value)}`);
}
