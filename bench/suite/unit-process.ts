/** Entry point of the process in which one unit is measured: one request, answers until `done` or `failed`. */
import { writeWhole } from '../../reports/output-file.js';
import { profilePage } from '../profile/page.js';
import { measurePeer } from './measure-peer.js';
import { measureUnit } from './measure-unit.js';
import type { UnitMessage, UnitRequest } from './messages.js';
import { profileUnit } from './profile-unit.js';

function tell(message: UnitMessage): void {
  process.send?.(message);
}

async function serve(request: UnitRequest): Promise<void> {
  if (request.part === 'measure') {
    tell({ type: 'rows', rows: await measureUnit(request.unit, request.options) });
  } else if (request.part === 'peer') {
    const { rounds, skip } = request;
    await measurePeer(request.unit, {
      rounds,
      skip,
      onBegin: (name) => tell({ type: 'peer:begin', name }),
      onFigures: (figures) => tell({ type: 'peer', figures }),
    });
  } else {
    const { unit, threads, milliseconds, path, machine } = request;
    const profiles = await profileUnit(unit, threads, milliseconds);
    await writeWhole(path, [profilePage({ title: unit.name, note: `${unit.title}. ${machine}`, profiles })]);
  }
  tell({ type: 'done' });
}

// Whoever asked may be gone, killed perhaps: nobody waits for the answer then.
process.once('disconnect', () => process.exit());
process.once('message', (request: UnitRequest) => {
  serve(request)
    .catch((error: unknown) => {
      tell({ type: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    })
    .finally(() => process.disconnect());
});
tell({ type: 'ready' });
