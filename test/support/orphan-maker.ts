/** A run whose one case never ends; says which process is at it, and waits to be killed. */
import { FAKE_RUNNER, JobSpy, runPool } from './fault-jobs.js';

const spy = new JobSpy();
spy.begin();
await runPool(
  { a: '["hang"]' },
  {
    jobs: 1,
    runner: FAKE_RUNNER,
    emit: (event) => {
      if (event.type === 'case:start') process.stdout.write(`${spy.live[0]?.pid}\n`);
    },
  },
);
