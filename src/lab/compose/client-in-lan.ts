import { randomInt } from 'node:crypto';
import type { ClientCommand } from '../client-command.js';
import { PROJECT_LABEL } from './node-containers.js';

/**
 * A kernel gives a new container with an old one's address the ports that the old one has just used. For a minute nodes
 * of a tier of three or more remember connections that had them (see docs/architecture.md, second chance): what one client
 * has done must not cost the next one anything.
 */
const PORT_RANGES = ['10000 23999', '24000 37999', '38000 51999', '52000 65535'];
let clientsStarted = randomInt(PORT_RANGES.length);

/** In a container of the service image on the lab's LAN, which is removed with its end. */
export const clientInLan: ClientCommand = ({ name }, program, programArguments) => ({
  command: 'docker',
  args: [
    ...['run', '--rm', '--interactive', '--init', '--label', `${PROJECT_LABEL}=${name}`],
    ...['--sysctl', `net.ipv4.ip_local_port_range=${PORT_RANGES[clientsStarted++ % PORT_RANGES.length]}`],
    ...['--network', `${name}_lan`, '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--read-only'],
    ...['ha-demo/service', 'node', program, ...programArguments],
  ],
});
