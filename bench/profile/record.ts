/** V8's CPU profiler around what a thread does. */
import { type Debugger, type Profiler, Session } from 'node:inspector/promises';

/** Microseconds between two samples. */
const INTERVAL = 200;

/** A profiler of the calling thread, at work until it is stopped. */
export class Recording {
  private constructor(private readonly session: Session) {}

  static async start(): Promise<Recording> {
    const session = new Session();
    session.connect();
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: INTERVAL });
    await session.post('Profiler.start');
    return new Recording(session);
  }

  async stop(): Promise<Profiler.Profile> {
    const { profile } = await this.session.post('Profiler.stop');
    this.session.disconnect();
    return profile;
  }
}

/**
 * The address under which V8 knows the WebAssembly module of so many bytes, the same in all threads; null where this
 * thread has none. To be asked after profiling: a debugger slows down what runs.
 */
export async function moduleUrl(bytes: number): Promise<string | null> {
  const session = new Session();
  session.connect();
  let url: string | null = null;
  session.on('Debugger.scriptParsed', ({ params }: { params: Debugger.ScriptParsedEventDataType }) => {
    if (params.url.startsWith('wasm://') && params.length === bytes) url = params.url;
  });
  await session.post('Debugger.enable');
  await session.post('Debugger.disable');
  session.disconnect();
  return url;
}
