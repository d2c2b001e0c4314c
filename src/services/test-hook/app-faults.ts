import { existsSync } from 'node:fs';
import { IsInt, IsNumber, IsOptional, Matches, Max, Min } from 'class-validator';
import { loadValidated } from '../validated-json.js';

/** What a service is to do wrong, for a drill: the content of app-faults.json. By default nothing. */
export class AppFaults {
  /** How much later than usual each answer is. */
  @IsInt() @Min(0) @Max(60_000) delayMs = 0;

  /** The share of the requests that is answered 500. */
  @IsNumber() @Min(0) @Max(1) errorRate = 0;

  /** A path that is answered 500, whether something is there or not. */
  @IsOptional()
  @Matches(/^\/(frontend|backend)(\/[\w.-]+)*$/, { message: 'must be a path of a tier such as /backend/poison' })
  errorPath?: string;

  inWords(): string {
    const parts = [
      this.delayMs > 0 && `answers ${this.delayMs} ms later`,
      this.errorRate > 0 && `status 500 for ${this.errorRate} of the requests`,
      this.errorPath && `status 500 at ${this.errorPath}`,
    ];
    return parts.filter(Boolean).join(', ') || 'nothing is injected';
  }
}

/**
 * Without the file there are no faults.
 * @throws InvalidInputError with one line: file, and for each problem the field, its value, what is allowed
 */
export function loadAppFaults(path: string): AppFaults {
  return existsSync(path) ? loadValidated(path, 'delayMs, errorRate and errorPath', () => AppFaults) : new AppFaults();
}
