/** The files that modules run: what a file has only types of changes nothing that it does. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { importsOf, projectRoot, startedBy } from '../../test/support/tidy-source.ts';

/** Project paths of these modules and all that they import or start, in order. Throws where one is not there. */
export function modulesOf(entries: readonly string[], root = projectRoot): readonly string[] {
  const reached = new Set(entries);
  for (const path of reached) {
    const file = { path, text: readFileSync(join(root, path), 'utf8') };
    for (const { target, isTypeOnly } of importsOf(file)) {
      if (target !== undefined && !isTypeOnly) reached.add(target);
    }
    for (const path of startedBy(file)) if (existsSync(join(root, path))) reached.add(path);
  }
  return [...reached].sort();
}
