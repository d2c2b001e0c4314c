import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { plainToInstance, Type } from 'class-transformer';
import {
  IsIn,
  IsInt,
  IsObject,
  IsUrl,
  Matches,
  Max,
  Min,
  ValidateNested,
  type ValidationError,
  validateSync,
} from 'class-validator';
import { InvalidInputError } from '../common/errors.js';

/** How a frontend calls the backend tier. */
export class BackendCallSettings {
  /** The backend tier's virtual IP and path, such as `http://192.168.99.20/backend`. */
  @IsUrl(
    { protocols: ['http'], require_protocol: true, require_tld: false },
    { message: 'must be a URL such as http://192.168.99.20/backend' },
  )
  url!: string;

  @IsInt() @Min(10) @Max(60_000) attemptTimeoutMs!: number;

  @IsInt() @Min(1) @Max(10) attempts!: number;
}

/** Where the page finds HAProxy's statistics: on the host that it was asked for under. */
export class StatisticsSettings {
  @IsInt() @Min(1) @Max(65_535) port!: number;

  /** The port of the loopback that leads to the tier, and the one that leads to its statistics. */
  @IsInt() @Min(1) @Max(65_535) publishedTierPort!: number;

  @IsInt() @Min(1) @Max(65_535) publishedPort!: number;
}

/** What a service of any tier is told: service.json, rendered from cluster.yaml. */
export class ServiceSettings {
  /** The node's name: what the service answers with. */
  @Matches(/^[a-z0-9-]{1,63}$/, { message: 'must be 1 to 63 lower-case letters, digits and dashes' })
  node!: string;

  @IsIn(['frontend', 'backend'])
  tier!: 'frontend' | 'backend';

  @IsInt() @Min(1) @Max(65_535) port!: number;

  /** How long the service goes on serving after SIGTERM, its readiness check failing. */
  @IsInt() @Min(0) @Max(60_000) drainMs!: number;

  /** How long requests in flight may take to end once the service has stopped accepting connections. */
  @IsInt() @Min(100) @Max(60_000) closeTimeoutMs!: number;
}

export class FrontendSettings extends ServiceSettings {
  @IsObject({ message: 'must be an object with url, attemptTimeoutMs and attempts' })
  @ValidateNested()
  @Type(() => BackendCallSettings)
  backend!: BackendCallSettings;

  @IsObject({ message: 'must be an object with port, publishedTierPort and publishedPort' })
  @ValidateNested()
  @Type(() => StatisticsSettings)
  statistics!: StatisticsSettings;
}

/**
 * Reads and validates a service.json.
 * @throws InvalidInputError with one line: file, and for each problem the field, its value, what is allowed
 */
export function loadServiceSettings(path: string): ServiceSettings {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new InvalidInputError(`${path}: cannot be read as JSON (${(error as Error).message})`);
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new InvalidInputError(`${path}: must be an object with node, tier, port, drainMs and closeTimeoutMs`);
  }
  const isFrontend = 'tier' in content && content.tier === 'frontend';
  const settings = plainToInstance<ServiceSettings, object>(isFrontend ? FrontendSettings : ServiceSettings, content);
  const errors = validateSync(settings, { whitelist: true, forbidNonWhitelisted: true });
  if (errors.length > 0) {
    throw new InvalidInputError(`${path}: ${errors.flatMap((error) => problemsOf(error)).join('; ')}`);
  }
  return settings;
}

function problemsOf({ property, value, constraints = {}, children = [] }: ValidationError, parent = ''): string[] {
  const field = parent + property;
  const own = Object.entries(constraints)
    .slice(0, 1)
    .map(([constraint, message]) => {
      if (constraint === 'whitelistValidation') return `${field}: is not a known field`;
      if (value === undefined) return `${field}: is missing`;
      return `${field}: ${JSON.stringify(value)} ${message.replace(`${property} `, '')}`;
    });
  return [...own, ...children.flatMap((child) => problemsOf(child, `${field}.`))];
}
