/** Imported before a process begins: its clocks, and those of its threads, jump hours ahead and back. */
import { generator } from './fault-blocks.js';

const HOUR = 3_600_000;
const below = generator(process.pid);

/** `read`, with a jump of up to twelve hours either way at one of sixteen looks. */
function jumping(read: () => number): () => number {
  let offset = 0;
  return () => {
    if (below(16) === 0) offset += (below(24 * 60) - 12 * 60) * (HOUR / 60);
    return read() + offset;
  };
}

performance.now = jumping(performance.now.bind(performance));
Date.now = jumping(Date.now.bind(Date));
