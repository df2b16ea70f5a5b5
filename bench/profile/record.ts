/** V8's CPU profiler around what a thread does. */
import { type Profiler, Session } from 'node:inspector/promises';

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
