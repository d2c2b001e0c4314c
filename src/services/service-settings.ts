import { Type } from 'class-transformer';
import { IsIn, IsInt, IsObject, IsUrl, Matches, Max, Min, ValidateNested } from 'class-validator';
import { loadValidated } from './validated-json.js';

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

  /** How long the service tries itself before it listens; 0: not at all. */
  @IsInt() @Min(0) @Max(60_000) warmUpMs!: number;

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
  return loadValidated<ServiceSettings>(path, 'node, tier, port, warmUpMs, drainMs and closeTimeoutMs', (content) =>
    'tier' in content && content.tier === 'frontend' ? FrontendSettings : ServiceSettings,
  );
}
