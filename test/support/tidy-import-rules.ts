import {
  BEHIND_THE_DOOR,
  isDoor,
  isShell,
  isWorkerEntry,
  PURE_ROOMS,
  ROOMS,
  roomOf,
  TYPES_ONLY,
  WITNESS_FILE,
  WITNESS_ROOM,
} from './tidy-rooms.ts';
import type { ImportStatement, Rule, SourceFile } from './tidy-source.ts';
import { importsOf, startedBy } from './tidy-source.ts';

/** Packages and parts of Node that reach outside the process or wait for time. */
const IO_PACKAGES =
  /^(?:node:(?:fs|net|http|https|http2|tls|dgram|dns|child_process|cluster|worker_threads|timers|perf_hooks|sqlite|readline)(?:\/.*)?|ws|piscina|@aws-sdk\/.*|@modelcontextprotocol\/.*|prom-client)$/;

/** Every import goes to a room that the table of rooms allows. */
export const importsGoDownward: Rule = (files) =>
  eachImport(files, (file, statement) => {
    const from = roomOf(file.path);
    if (from === undefined) return `is in no room: add its folder to the table of rooms`;
    if (statement.target === undefined) return undefined;
    const to = roomOf(statement.target);
    if (to === undefined) return `imports ${statement.target}, which is in no room of src`;
    if (from === to || ROOMS[from]?.includes('*') || ROOMS[from]?.includes(to)) return undefined;
    const allowed = ROOMS[from]?.join(', ') || 'nothing';
    return `imports ${statement.target}: ${from} may import ${allowed}; pass the value in, or move the shared part down`;
  });

/** Some rooms see others as shapes only. */
export const typesStayTypes: Rule = (files) =>
  eachImport(files, (file, statement) => {
    const to = statement.target === undefined ? undefined : roomOf(statement.target);
    const from = roomOf(file.path) ?? '';
    if (to === undefined || statement.isTypeOnly) return undefined;
    if (!TYPES_ONLY[from]?.includes(to)) return undefined;
    return `imports code of ${to}: ${from} may know its types only; use import type`;
  });

/** The faces reach the desk through its door alone. */
export const facesUseTheDoor: Rule = (files) =>
  eachImport(files, (file, { target }) => {
    if (target === undefined || roomOf(target) !== 'desk' || isDoor(target)) return undefined;
    if (!BEHIND_THE_DOOR.includes(roomOf(file.path) ?? '')) return undefined;
    return `imports ${target}: go through src/desk/engine-api.ts, adding a method there if one is missing`;
  });

/** Nothing but risk can make an ApprovedOrder; others may name its type. */
export const onlyRiskApproves: Rule = (files) =>
  eachImport(files, (file, { target, isTypeOnly }) => {
    if (target !== WITNESS_FILE || isTypeOnly || roomOf(file.path) === WITNESS_ROOM)
      return undefined;
    return `imports code of ${WITNESS_FILE}: only src/${WITNESS_ROOM} approves orders; use import type`;
  });

/** State machines hold no socket, file or timer: their shells perform the effects. */
export const machinesDoNoIo: Rule = (files) =>
  eachImport(files, ({ path }, { specifier }) => {
    const isMachine = PURE_ROOMS.includes(roomOf(path) ?? '') && !isShell(path);
    if (!isMachine || !IO_PACKAGES.test(specifier)) return undefined;
    return `imports ${specifier}: emit an effect and let a shell (*-shell.ts, *-worker.ts) perform it`;
  });

/** Nobody passes on what another file exports. */
export const noBarrels: Rule = (files) => [
  ...files
    .filter(({ path }) => /(?:^|\/)index\.ts$/.test(path))
    .map(({ path }) => `${path} is a barrel by name: name the file after the one thing it holds`),
  ...eachImport(files, (_file, statement) =>
    statement.isReExport
      ? `re-exports ${statement.specifier}: importers name the file that holds the thing`
      : undefined,
  ),
];

/** A line holds one import statement at most, so that a diff shows each by itself. */
export const oneImportALine: Rule = (files) =>
  files.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, index) => {
      const statements = line.match(/(?:^|;)\s*import\b(?!\s*[(.])/g)?.length ?? 0;
      return statements > 1 ? [`${path}:${index + 1} holds two import statements: split them`] : [];
    }),
  );

/** No file reaches itself through its imports, those of types included. */
export const noCycles: Rule = (files) => {
  const graph = graphOf(files, (file) => targetsOf(file));
  const settled = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start !== -1) {
      cycles.push(
        `${[...trail.slice(start), path].join(' → ')} is a cycle: move the shared part into a file of its own`,
      );
    }
    if (start !== -1 || settled.has(path)) return;
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
    settled.add(path);
  };
  for (const { path } of files) visit(path, []);
  return cycles;
};

/** Every file is reached from the command line or from a worker that some file starts. */
export const noDeadModules: Rule = (files) => {
  const graph = graphOf(files, (file) => [...targetsOf(file), ...startedBy(file)]);
  const reached = new Set<string>();
  const reach = (path: string): void => {
    if (reached.has(path)) return;
    reached.add(path);
    for (const next of graph.get(path) ?? []) reach(next);
  };
  reach('src/main.ts');
  for (const { path } of files)
    if (isWorkerEntry(path) && isNamedElsewhere(path, files)) reach(path);
  return files
    .filter(({ path }) => !reached.has(path))
    .map(
      ({ path }) => `${path} is reached from neither src/main.ts nor a worker: use it or delete it`,
    );
};

function isNamedElsewhere(path: string, files: readonly SourceFile[]): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return files.some((file) => file.path !== path && file.text.includes(name));
}

function targetsOf(file: SourceFile): string[] {
  return importsOf(file).flatMap(({ target }) => (target === undefined ? [] : [target]));
}

function graphOf(files: readonly SourceFile[], next: (file: SourceFile) => string[]) {
  return new Map(files.map((file) => [file.path, next(file)]));
}

function eachImport(
  files: readonly SourceFile[],
  fault: (file: SourceFile, statement: ImportStatement) => string | undefined,
): string[] {
  return files.flatMap((file) =>
    importsOf(file).flatMap((statement) => {
      const found = fault(file, statement);
      return found === undefined ? [] : [`${file.path}:${statement.line} ${found}`];
    }),
  );
}
