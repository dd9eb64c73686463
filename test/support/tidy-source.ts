import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A file of the project as text; `path` is relative to the project root, with forward slashes. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** A rule reads files and names each violation in one line: where, what, and what to do instead. */
export type Rule = (files: readonly SourceFile[]) => string[];

export interface ImportStatement {
  /** As written: './units.ts', 'node:fs'. */
  readonly specifier: string;
  /** The project path it means, undefined for a package. */
  readonly target: string | undefined;
  readonly line: number;
  readonly isTypeOnly: boolean;
  readonly isReExport: boolean;
}

export const projectRoot = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** All TypeScript files under a folder of the project, in order of path. */
export function readTree(folder: string): SourceFile[] {
  const top = join(projectRoot, folder);
  if (!existsSync(top)) return [];
  return readdirSync(top, { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.ts') && !name.includes('node_modules/'))
    .sort()
    .map((name) => readProjectFile(`${folder}/${name}`));
}

function readProjectFile(path: string): SourceFile {
  return { path, text: readFileSync(join(projectRoot, path), 'utf8') };
}

/** A file made of lines, to plant a violation that a rule must find. */
export function plant(path: string, ...lines: string[]): SourceFile {
  return { path, text: `${lines.join('\n')}\n` };
}

const STATEMENT = /^(import|export)\b(?!\s*\()([^;'"`(]*?)\bfrom\s*['"]([^'"]+)['"]/gm;
const BARE_IMPORT = /^import\s*['"]([^'"]+)['"]/gm;
const DYNAMIC_IMPORT = /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;

/** Every import and re-export of a file, dynamic ones with a literal path too. */
export function importsOf({ path, text }: SourceFile): ImportStatement[] {
  const found: ImportStatement[] = [];
  const add = (index: number, specifier: string, clause: string, isReExport: boolean) => {
    found.push({
      specifier,
      target: specifier.startsWith('.') ? resolveFrom(path, specifier) : undefined,
      line: lineAt(text, index),
      isTypeOnly: isTypeClause(clause),
      isReExport,
    });
  };
  for (const match of text.matchAll(STATEMENT)) {
    const [, keyword, clause = '', specifier = ''] = match;
    add(match.index, specifier, clause, keyword === 'export');
  }
  for (const match of text.matchAll(BARE_IMPORT)) add(match.index, match[1] ?? '', '', false);
  for (const match of text.matchAll(DYNAMIC_IMPORT)) add(match.index, match[1] ?? '', '', false);
  return found.sort((a, b) => a.line - b.line);
}

/** The project paths that a file starts as workers or reads by `new URL('./x.ts', import.meta.url)`. */
export function startedBy({ path, text }: SourceFile): string[] {
  const urls = text.matchAll(/new URL\(\s*['"](\.[^'"]+)['"],\s*import\.meta\.url\s*\)/g);
  return [...urls].map((match) => resolveFrom(path, match[1] ?? ''));
}

/** The line, counted from 1, that an offset into a text lies on. */
export function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

/** The project path that a relative specifier means in a file. */
function resolveFrom(path: string, specifier: string): string {
  return posix.join(posix.dirname(path), specifier);
}

/** `import type {…}`, or braces in which every name says `type` for itself. */
function isTypeClause(clause: string): boolean {
  if (/^\s+type\s/.test(clause)) return true;
  const names = /^\s*\{([^}]*)\}\s*$/.exec(clause)?.[1]?.split(',') ?? [];
  const written = names.map((name) => name.trim()).filter((name) => name !== '');
  return written.length > 0 && written.every((name) => name.startsWith('type '));
}
