/**
 * The real runner module, which runs some cases and then makes a file, whose path is in its own URL, and runs no more. For tests
 * of what is told where a command is interrupted.
 */
import { writeFileSync } from 'node:fs';
import type { FindCompanionIn } from '../../runners/fixtures/companions.js';
import type { CaseRunner, OpenedFile, SelectedCase } from '../../runners/job/case-runner.js';
import { createCaseRunner as createStrictRunner } from '../../runners/job/lockstep-runner.js';
import type { FileTask, JobSettings } from '../../runners/job/protocol.js';

/** The case as it stands, and some of its flips. */
const RUN = 5;

class StallingRunner implements CaseRunner {
  #begun = 0;

  constructor(private readonly strict: CaseRunner) {}

  open(task: FileTask): OpenedFile {
    const opened = this.strict.open(task);
    const cases = opened.cases.map((one): SelectedCase => ({ identity: one.identity, run: () => this.#run(one) }));
    return { ...opened, cases };
  }

  close(): Promise<void> {
    return this.strict.close();
  }

  #run(one: SelectedCase): ReturnType<SelectedCase['run']> {
    if (++this.#begun <= RUN) return one.run();
    writeFileSync(new URL(import.meta.url).searchParams.get('marker') as string, '');
    return new Promise(() => undefined);
  }
}

export async function createCaseRunner(settings: JobSettings, companions: FindCompanionIn): Promise<CaseRunner> {
  return new StallingRunner(await createStrictRunner(settings, companions));
}
