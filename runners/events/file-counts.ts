/** Whether a log holds as many ended cases of each file as it says where the file ends. */
import type { RunEvent } from './events.js';
import { EventLogError } from './log-error.js';

/** Ended cases of the files that have begun; a file that a later part of the run goes on with begins anew. */
export class FileCounts {
  readonly #ended = new Map<string, number>();

  constructor(private readonly log: string) {}

  /** Throws {@link EventLogError} where a file ends with other cases than the log holds. */
  on(event: RunEvent, line: number): void {
    switch (event.type) {
      case 'file:start':
        this.#ended.set(keyOf(event), 0);
        break;
      case 'case:end':
        this.#count(event.result);
        break;
      case 'case:unrunnable':
        this.#count(event.case);
        break;
      case 'fixture:error':
        if (event.case !== undefined) this.#count(event.case);
        break;
      case 'file:end': {
        const held = this.#ended.get(keyOf(event)) ?? 0;
        if (held !== event.cases) {
          const cases = `cases of ${event.file} of ${event.source} that have ended`;
          const detail = `says ${event.cases}, but the log holds ${held} ${cases}; it is not whole`;
          throw new EventLogError(this.log, line, 'cases', detail);
        }
        this.#ended.delete(keyOf(event));
        break;
      }
      default:
        break;
    }
  }

  #count(one: FileName): void {
    this.#ended.set(keyOf(one), (this.#ended.get(keyOf(one)) ?? 0) + 1);
  }
}

interface FileName {
  readonly source: string;
  readonly file: string;
}

function keyOf({ source, file }: FileName): string {
  return `${source}\n${file}`;
}
