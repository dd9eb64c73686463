/** Fields of a record that hold a secret, by their names: none may reach a journal. Pure. */

/** Field names that would mean a secret got in. `tokenSha256` is the one allowed word with
 * token. */
const SECRET_NAME = /token(?!Sha256)|secret|password|passwd|authorization|api_?key|cookie/i;
/** A shorter text under such a name is a setting (a lifetime, a mode), not a secret. */
const SECRET_CHARACTERS = 16;
const NONE: readonly string[] = [];

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** True where some name within would mean a secret: most records have none. */
function namesSecret(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(namesSecret);
  if (!isObject(value)) return false;
  return Object.entries(value).some(([key, field]) => SECRET_NAME.test(key) || namesSecret(field));
}

function pathsOf(value: unknown, path: string): readonly string[] {
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => pathsOf(item, `${path}[${index}]`));
  }
  if (!isObject(value)) return NONE;
  return Object.entries(value).flatMap(([key, field]: [string, unknown]) => {
    const here = `${path}.${key}`;
    const isSecret = SECRET_NAME.test(key) && typeof field === 'string';
    return isSecret && field.length >= SECRET_CHARACTERS ? [here] : pathsOf(field, here);
  });
}

/** Where secrets stand in a value, by the path of their names below `path`. */
export function secretsIn(value: object, path: string): readonly string[] {
  return namesSecret(value) ? pathsOf(value, path) : NONE;
}
