/** One part of the sources, with and without its faults: what the gate says of it, and the table of what noticed each. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Fault, Part } from './fault.js';
import { control, type GateOptions, gate } from './gate.js';
import { KeptResults, sourceDigest } from './kept.js';
import type { Finding } from './process.js';
import type { SuiteSettings } from './suites.js';
import { caughtBy, FILES, markdown } from './table.js';

export interface GuardOptions extends GateOptions {
  /** Run the suites without a fault first. */
  readonly control: boolean;
  /** Do not try again what was caught before, with these sources and settings. */
  readonly resume: boolean;
  /** Write the table of the part. */
  readonly write: boolean;
}

/** Whether the suites find nothing without a fault, and notice each of `faults`; `sources` is the root of what is tested. */
export async function isGuarded(
  part: Part,
  faults: readonly Fault[],
  settings: SuiteSettings,
  sources: string,
  options: GuardOptions,
): Promise<boolean> {
  const { jobs, all } = options;
  const conditions = [sourceDigest(sources, part), settings.blocks, settings.schedules, settings.seed, all];
  const kept = new KeptResults(join(settings.root, `results-${part}.jsonl`), conditions);
  let without: readonly Finding[] = [];
  if (options.control) {
    without = await control(settings, faults, jobs);
    if (without.some(({ verdict }) => verdict !== 'nothing')) return false;
    console.log(`${part}, without any fault: ${amount(without)}`);
  }
  kept.read();
  if (!options.resume) kept.clear();
  const tried = await gate(faults, settings, kept, { jobs, all });
  const findings = tried.flatMap((one) => one.findings);
  console.log(`${part}, with a fault: ${amount(findings)}`);
  if (options.write) {
    const told = [`Node ${process.versions.node}; with a fault ${amount(findings)}`];
    if (without.length > 0) told.push(`without any ${amount(without)}, in which nothing was found`);
    writeFileSync(join(sources, 'test', FILES[part]), markdown(part, tried, all, `${told.join('; ')}.`));
  }
  return tried.every((one) => caughtBy(one) !== null);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** How much was run in all. */
function amount(findings: readonly Finding[]): string {
  const cases = sum(findings.map((finding) => finding.cases)).toLocaleString('en-US');
  const schedules = sum(findings.map((finding) => finding.schedules)).toLocaleString('en-US');
  const minutes = sum(findings.map((finding) => finding.seconds)) / 60;
  return `${cases} cases, ${schedules} schedules, ${minutes.toFixed(0)} minutes of processor time`;
}
