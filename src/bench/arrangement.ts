export type ArrangementName = 'chain' | 'services' | 'bare' | 'against' | 'servicesBehindAgainst' | 'bareBehindAgainst';

/** Who serves, and behind whose HAProxies; `against` is what the other commit has. */
export interface Arrangement {
  name: ArrangementName;
  servers: 'own' | 'bare' | 'against';
  /** `none`: the frontends are asked directly, each of which asks one backend directly. */
  haproxies: 'own' | 'against' | 'none';
  description: string;
}

/** @param against the other commit, in short */
export function arrangementsOf(against?: string): Arrangement[] {
  return [
    {
      name: 'chain',
      servers: 'own',
      haproxies: 'own',
      description: 'the whole chain: HAProxy, frontend, HAProxy, backend',
    },
    // Next to what it is compared with most: a machine's speed drifts.
    ...(against === undefined ? [] : [chainOf(against)]),
    { name: 'services', servers: 'own', haproxies: 'none', description: 'the services alone: frontend, backend' },
    { name: 'bare', servers: 'bare', haproxies: 'own', description: 'bare Node servers behind the same HAProxies' },
    ...(against === undefined ? [] : behindThoseOf(against)),
  ];
}

function chainOf(against: string): Arrangement {
  return {
    name: 'against',
    servers: 'against',
    haproxies: 'against',
    description: `the whole chain of ${against}`,
  };
}

function behindThoseOf(against: string): Arrangement[] {
  return [
    {
      name: 'servicesBehindAgainst',
      servers: 'own',
      haproxies: 'against',
      description: `the services behind the HAProxies of ${against}`,
    },
    {
      name: 'bareBehindAgainst',
      servers: 'bare',
      haproxies: 'against',
      description: `bare Node servers behind the HAProxies of ${against}`,
    },
  ];
}
