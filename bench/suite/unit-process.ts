/** Entry point of the process in which one unit is measured: one request, answers until `done` or `failed`. */
import { writeWhole } from '../../reports/output-file.js';
import { FixtureError } from '../../runners/fixtures/cases.js';
import { SourceError } from '../../runners/fixtures/sources.js';
import { measureUnit } from './measure-unit.js';
import type { UnitMessage, UnitRequest } from './messages.js';

function tell(message: UnitMessage): void {
  process.send?.(message);
}

async function serve(request: UnitRequest): Promise<void> {
  if (request.part === 'measure') {
    tell({ type: 'rows', rows: await measureUnit(request.unit, request.options) });
  } else if (request.part === 'peer') {
    const { rounds, skip } = request;
    // @ethereumjs/vm takes its time to load, which the other parts need not wait for.
    const { measurePeer } = await import('./measure-peer.js');
    await measurePeer(request.unit, {
      rounds,
      skip,
      onBegin: (name) => tell({ type: 'peer:begin', name }),
      onFigures: (figures) => tell({ type: 'peer', figures }),
    });
  } else {
    const { unit, options, path, machine } = request;
    const [{ profileUnit }, { profilePage }] = await Promise.all([
      import('./profile-unit.js'),
      import('../profile/page.js'),
    ]);
    const profiles = await profileUnit(unit, options);
    await writeWhole(path, [profilePage({ title: unit.name, note: `${unit.title}. ${machine}`, profiles })]);
  }
  tell({ type: 'done' });
}

/** Of what is wrong with a source or a fixture the message says all; of anything else the stack says where it was. */
function messageOf(error: unknown): string {
  if (error instanceof SourceError || error instanceof FixtureError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

// Whoever asked may be gone, killed perhaps: nobody waits for the answer then.
process.once('disconnect', () => process.exit());
process.once('message', (request: UnitRequest) => {
  serve(request)
    .catch((error: unknown) => {
      tell({ type: 'failed', message: messageOf(error) });
    })
    .finally(() => process.disconnect());
});
tell({ type: 'ready' });
