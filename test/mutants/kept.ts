/** Results of the gate on disk, written as they come, so that a run that was ended goes on where it was. */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Fault, Part } from './fault.js';
import type { Finding } from './process.js';
import type { SuiteName } from './suites.js';
import { caughtBy, type Tried } from './table.js';

/** Where the sources of a part are, and what they build on. */
const FOLDERS: Readonly<Record<Part, readonly string[]>> = { engine: ['src'], runner: ['src', 'runners', 'reports'] };

interface Line {
  readonly key: string;
  readonly name: string;
  readonly findings: readonly Finding[];
}

/** One text for all sources below `root` on which the results of a part's faults depend. */
export function sourceDigest(root: string, part: Part): string {
  const hash = createHash('sha256');
  for (const folder of FOLDERS[part]) {
    const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
    for (const name of names.filter((one) => one.endsWith('.ts')).sort()) {
      hash
        .update(name)
        .update('\0')
        .update(readFileSync(join(root, folder, name)))
        .update('\0');
    }
  }
  return hash.digest('hex');
}

export class KeptResults {
  private readonly found = new Map<string, readonly Finding[]>();
  private readonly noticed = new Map<string, SuiteName>();

  /** A result counts again only where `conditions`, the engine and how it was tried, are the same. */
  constructor(
    private readonly path: string,
    private readonly conditions: readonly (string | number | boolean)[],
  ) {}

  /** Forgets the results of earlier runs, but not which suites noticed. */
  clear(): void {
    rmSync(this.path, { force: true });
    this.found.clear();
  }

  /** Reads what earlier runs have left. A last line that is cut short, since a run was ended while it wrote, is dropped. */
  read(): void {
    if (!existsSync(this.path)) return;
    const text = readFileSync(this.path, 'utf8');
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    for (const line of whole.split('\n').slice(0, -1)) {
      const { key, name, findings } = JSON.parse(line) as Line;
      this.found.set(key, findings);
      const suite = findings.find(({ verdict }) => verdict === 'caught')?.suite;
      if (suite !== undefined) this.noticed.set(name, suite);
    }
    if (whole !== text) writeFileSync(this.path, whole);
  }

  /** The result of an earlier run that caught `fault`, or null. What survived may be caught by tests that are new. */
  caught(fault: Fault): Tried | null {
    const findings = this.found.get(this.keyOf(fault));
    if (findings === undefined) return null;
    const tried = { fault, findings };
    return caughtBy(tried) === null ? null : tried;
  }

  /** The suite that noticed a fault of that name last, whatever engine and settings were; null where none is known. */
  noticedBy(name: string): SuiteName | null {
    return this.noticed.get(name) ?? null;
  }

  add({ fault, findings }: Tried): void {
    const line: Line = { key: this.keyOf(fault), name: fault.name, findings };
    appendFileSync(this.path, `${JSON.stringify(line)}\n`);
  }

  private keyOf(fault: Fault): string {
    return createHash('sha256')
      .update(JSON.stringify([this.conditions, fault]))
      .digest('hex');
  }
}
