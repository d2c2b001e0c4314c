import { expect, it } from '@jest/globals';
import { observationIn } from './own-observation.js';

const of = (output: string | undefined) =>
  observationIn(output, { node: 'lb1', power: 'on', virtualIps: ['10.20.30.100', '10.20.30.101'] });

it('is what a host prints', () => {
  const seen = of('link 1\naddress 10.20.30.11\naddress 10.20.30.100\nunit active S\nunit active T\n');
  expect(seen).toMatchObject({
    ...{ node: 'lb1', power: 'on', link: 'up', vipsHeld: ['10.20.30.100'], vrrpState: 'unknown' },
    services: { app: 'none', haproxy: 'up', keepalived: 'hung' },
  });
});

it('sees who is master by who has the first virtual IP', () => {
  const with_ = (address: string) => of(`link 1\naddress ${address}\nunit inactive\nunit active S\n`);
  expect(with_('10.20.30.100')).toMatchObject({ vrrpState: 'MASTER', services: { haproxy: 'down' } });
  expect(with_('10.20.30.101')).toMatchObject({ vrrpState: 'BACKUP', vipsHeld: ['10.20.30.101'] });
});

it('has no carrier where the kernel does not say that there is one', () => {
  expect(of('link\nunit active S\nunit active S\n').link).toBe('down');
});

it('knows nothing of a host that does not answer', () => {
  expect(of(undefined)).toMatchObject({ link: 'unknown', services: { haproxy: 'down', keepalived: 'down' } });
});
