/** Leaves a single case in a test, so that a flip is run without the cases beside it. */
import type { RunKind } from '../fixtures/classify.js';
import type { CaseReference } from '../fixtures/reference.js';
import type { CaseView } from './flip.js';
import { lengthAt, type Path, valueAt, withValue } from './json.js';

/** What an id says in its brackets. */
function variantOf({ id, file, test }: Pick<CaseReference, 'id' | 'file' | 'test'>): string {
  const start = id.indexOf(`${file}::${test}[`) + `${file}::${test}[`.length;
  return id.slice(start, -1);
}

/** Place in `post.<fork>` of the case that the id calls `Fork/d0g1v2`, or `…#2` for the second of that name. */
function postIndex(test: unknown, fork: string, variant: string): number {
  const seen = new Map<string, number>();
  for (let index = 0; index < lengthAt(test, ['post', fork]); index++) {
    const number = (key: string): number => Number(valueAt(test, ['post', fork, index, 'indexes', key]));
    const name = `${fork}/d${number('data')}g${number('gas')}v${number('value')}`;
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    if (variant === (times === 1 ? name : `${name}#${times}`)) return index;
  }
  throw new RangeError(`no ${variant} in post.${fork}`);
}

const same = (path: Path): Path => path;

/** The case of `reference` alone. `content` is the file's whole JSON. */
export function viewOf(reference: CaseReference, content: unknown): CaseView {
  const { id, network } = reference;
  const kind: RunKind = reference.kind;
  const test = valueAt(content, [reference.test]);
  const variant = variantOf(reference);
  if (kind === 'state') {
    const index = postIndex(test, network, variant);
    const shown = (path: Path): Path =>
      path[0] === 'post' && path[2] === 0 ? [...path.slice(0, 2), index, ...path.slice(3)] : path;
    const post = { [network]: [valueAt(test, ['post', network, index])] };
    return { id, network, test: withValue(test, ['post'], post), shown };
  }
  if (kind === 'transaction') {
    return {
      id,
      network,
      test: withValue(test, ['result'], { [network]: valueAt(test, ['result', network]) }),
      shown: same,
    };
  }
  if (kind === 'difficulty') {
    const entry = variant.slice(network.length + 1);
    return { id, network, test: { [network]: { [entry]: valueAt(test, [network, entry]) } }, shown: same };
  }
  return { id, network, test, shown: same };
}
