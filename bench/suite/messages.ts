/** What a unit's process is asked for, and what it answers. */

import type { PeerFigures } from './measure-peer.js';
import type { MeasureOptions } from './measure-unit.js';
import type { ProfileOptions } from './profile-unit.js';
import type { SuiteRow } from './row.js';
import type { Unit } from './unit.js';

export type UnitRequest =
  | { readonly part: 'measure'; readonly unit: Unit; readonly options: MeasureOptions }
  | { readonly part: 'peer'; readonly unit: Unit; readonly rounds: number; readonly skip: readonly string[] }
  | {
      readonly part: 'profile';
      readonly unit: Unit;
      readonly options: ProfileOptions;
      /** File to write. */
      readonly path: string;
      /** Line on the machine. */
      readonly machine: string;
    };

export type UnitMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'rows'; readonly rows: readonly SuiteRow[] }
  | { readonly type: 'peer:begin'; readonly name: string }
  | { readonly type: 'peer'; readonly figures: PeerFigures }
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'done' };
