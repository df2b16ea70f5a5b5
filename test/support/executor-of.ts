/** An executor for scripts of long runs. */
import { ParallelExecutor } from '../../src/executor/parallel.js';
import { SerialExecutor } from '../../src/executor/serial.js';

/** One of so many threads, which are woken for every block; of 0, the serial one. */
export function executorOf(threads: number): Promise<ParallelExecutor | SerialExecutor> {
  if (threads === 0) return SerialExecutor.create({ vm: 'wasm' });
  return ParallelExecutor.create({ vm: 'wasm', threads, advice: { headStart: 'off' } });
}
