/** Programs that documents show, taken out of them. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from './root.js';

export interface Example {
  readonly code: string;
  /** What the document says that it prints. */
  readonly printed: string;
}

/** The program behind `<!-- example:` in a document, and the output that stands behind it. */
export async function exampleIn(document: string): Promise<Example> {
  const text = await readFile(join(packageRoot, document), 'utf8');
  const [, section = ''] = text.split('<!-- example:');
  const code = /```[jt]s\n([\s\S]*?)```/.exec(section)?.[1];
  const printed = /```text\n([\s\S]*?)```/.exec(section)?.[1];
  if (code === undefined || printed === undefined) throw new Error(`${document} has no example with its output`);
  return { code, printed };
}

/** All TypeScript of a document, block by block. */
export async function typeScriptIn(document: string): Promise<string[]> {
  const text = await readFile(join(packageRoot, document), 'utf8');
  return [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = '']) => code);
}

/** Settings of a strict project without any types but its own. */
export const STRICT_PROJECT = {
  compilerOptions: {
    target: 'ES2022',
    module: 'NodeNext',
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    types: [],
    // console is not of the language.
    lib: ['ES2023', 'DOM'],
  },
};
