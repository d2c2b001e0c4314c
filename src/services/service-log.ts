import { destination, type DestinationStream } from 'pino';

/** A write for many lines: at hundreds of requests per second, one each would cost more than the requests. */
const BUFFERED = { sync: false, minLength: 4096, periodicFlush: 200 };

/** Stdout, once it has been opened: what the warm-up says is dropped. */
export class ServiceLog implements DestinationStream {
  private stdout: DestinationStream | undefined;

  open(): void {
    this.stdout = destination(BUFFERED);
  }

  write(line: string): void {
    this.stdout?.write(line);
  }
}
