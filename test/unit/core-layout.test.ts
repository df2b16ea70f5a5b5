import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import * as layout from '../../src/vm/core/layout.js';
import { packageRoot } from '../support/root.js';

/** Offsets of the AssemblyScript source, by name: sums of numbers and earlier names. */
function assemblyLayout(): Map<string, number> {
  const source = readFileSync(join(packageRoot, 'src/vm/core/assembly/layout.ts'), 'utf8');
  const values = new Map<string, number>();
  for (const [, name, expression] of source.matchAll(/^export const (\w+): \w+ = ([^;]+);/gm)) {
    const terms = (expression as string).split('+').map((term) => values.get(term.trim()) ?? Number(term));
    values.set(
      name as string,
      terms.reduce((sum, term) => sum + term),
    );
  }
  return values;
}

/** Windows and their neighbours: the host checks sizes, the core checks ends. */
const SIZES: Readonly<Record<string, readonly [string, string]>> = {
  CALLDATA_SIZE: ['CALLDATA', 'RETURN_DATA'],
  RETURN_DATA_SIZE: ['RETURN_DATA', 'LOGS'],
  CODE_STORE_SIZE: ['CODE_STORE', 'CODE_STUBS'],
};

/** Names that only the host has. */
const HOST_ONLY = ['ARGUMENT', 'ARGUMENT2', 'HOST_SCRATCH', 'BLOBS_MAX'];

describe('vm/core, layout', () => {
  const assembly = assemblyLayout();
  const host = new Map<string, number>(Object.entries(layout));

  it('is the same on both sides', () => {
    let compared = 0;
    for (const [name, value] of host) {
      if (HOST_ONLY.includes(name) || name in SIZES) continue;
      expect(assembly.get(name), name).to.equal(value);
      compared++;
    }
    expect(compared).to.be.greaterThan(50);
  });

  it('has windows that end where the next one begins', () => {
    for (const [name, [window, next]] of Object.entries(SIZES)) {
      expect((assembly.get(next) as number) - (assembly.get(window) as number), name).to.equal(host.get(name));
    }
  });

  it('keeps the host’s own places inside PARAMS, away from the core’s', () => {
    const { PARAMS, RESULT, BLOBS, BLOBS_MAX, HOST_SCRATCH, ARGUMENT, ARGUMENT2 } = layout;
    expect(HOST_SCRATCH).to.equal(BLOBS + 32 * BLOBS_MAX);
    expect(HOST_SCRATCH + 256).to.be.at.most(RESULT);
    for (const at of [ARGUMENT, ARGUMENT2]) expect(at).to.be.within(PARAMS + 444, BLOBS - 32);
  });
});
