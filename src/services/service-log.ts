import { destination, type DestinationStream } from 'pino';

/** A write for many lines: at hundreds of requests per second, one each would cost more than the requests. */
const BUFFERED = { sync: false, minLength: 4096 };

/** How long a line waits at most. Pino's own timer would wake a service that has nothing to say five times a second, too. */
const FLUSH_AFTER_MS = 200;

/** Stdout, once it has been opened. One for the whole process: nestjs-pino has one root logger, the first. */
export class ServiceLog implements DestinationStream {
  private stdout: ReturnType<typeof destination> | undefined;
  private flush: NodeJS.Timeout | undefined;

  open(): void {
    this.stdout = destination(BUFFERED);
  }

  write(line: string): void {
    if (!this.stdout) return;
    this.stdout.write(line);
    this.flush ??= setTimeout(() => {
      this.flush = undefined;
      this.stdout?.flush();
    }, FLUSH_AFTER_MS).unref();
  }
}
