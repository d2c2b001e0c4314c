import type Docker from 'dockerode';
import type { Cluster, Node, Tier } from '../../cluster/cluster.js';
import { manifestPath, manifestText, NODE_FILE_NAMES, type RenderedFiles } from '../../rendering/render.js';
import { type LabProblem, labProblems } from '../lab-problems.js';
import { type HttpAnswer, worthOf } from '../node-worth.js';
import type { ComposeLab } from './compose-lab.js';
import { NODE_LABEL, ROLE_LABEL } from './node-containers.js';
import type { ComposeProject } from './compose-project.js';
import { execute } from './docker-engine.js';

/** Within this time an HAProxy that works has answered a request of its tier. */
const ANSWER_WITHIN_SECONDS = 2;

/** What a node of the lab is worth, and what it runs on. */
export class NodeState {
  constructor(
    private readonly engine: Docker,
    private readonly cluster: Cluster,
    private readonly project: ComposeProject,
    private readonly lab: ComposeLab,
  ) {}

  /** What is wrong with these nodes of a tier, see `worthOf`, and with the tier's virtual IP. */
  async problemsOf(tier: Tier, nodes: Node[]): Promise<LabProblem[]> {
    const observations = await this.lab.observe();
    const ofTier = labProblems(this.cluster, observations).filter((problem) => problem.tier === tier.name);
    const ofNodes: LabProblem[] = [];
    for (const node of nodes) {
      const observation = observations.find((candidate) => candidate.node === node.name);
      const asks = observation?.power === 'on' && observation.services.haproxy === 'up';
      const answer = asks ? await this.answerOf(node) : { url: '', status: undefined };
      ofNodes.push(...worthOf(this.cluster, observations, node.name, answer));
    }
    return [...ofTier, ...ofNodes];
  }

  /**
   * @returns `nodes/{node}/{file}` -> content, of what a node that is on runs on, else of what is rendered for it; empty for a
   * node that is new
   */
  async filesOf(node: string): Promise<RenderedFiles> {
    const on = (await this.project.containers()).filter(
      ({ Labels, State }) => Labels[ROLE_LABEL] === 'node' && State === 'running',
    );
    const own = on.find(({ Labels }) => Labels[NODE_LABEL] === node);
    const files: RenderedFiles = new Map();
    const reader = own ?? on[0];
    if (!reader) return files;
    for (const file of NODE_FILE_NAMES) {
      const path = `nodes/${node}/${file}`;
      // What is rendered may have been rendered by `docker compose up`, which adopts nothing.
      const places = [...(own ? [`/run/ha-demo/${file}`] : []), `/etc/ha-demo/${path}`];
      const print = ['bash', '-c', 'for file; do [ ! -e "$file" ] || exec cat "$file"; done', 'print', ...places];
      const content = await execute(this.engine.getContainer(reader.Id), print);
      if (content !== '') files.set(path, content);
    }
    if (files.size > 0) files.set(manifestPath(node), manifestText(files, node));
    return files;
  }

  /** @returns image name -> id that the node's containers run on */
  async imagesOf(node: string): Promise<Record<string, string>> {
    const containers = (await this.project.containers()).filter(({ Labels }) => Labels[NODE_LABEL] === node);
    const image = { app: 'ha-demo/service', haproxy: 'ha-demo/haproxy', keepalived: 'ha-demo/keepalived' };
    return Object.fromEntries(
      Object.entries(image).flatMap(([role, name]) => {
        const container = containers.find(({ Labels }) => Labels[ROLE_LABEL] === role);
        return container ? [[name, container.ImageID]] : [];
      }),
    );
  }

  /** On the node's own address, from the node itself. */
  private async answerOf({ name, address, tier }: Node): Promise<HttpAnswer> {
    const path = `/${tier}`;
    const script = `
      source "/etc/ha-demo/nodes/$HA_DEMO_NODE/node.env"
      echo "$TIER_PORT"
      { exec {connection}<>"/dev/tcp/$1/$TIER_PORT"; } 2>/dev/null || exit 0
      printf 'GET %s HTTP/1.0\\r\\n\\r\\n' "$2" >&"$connection"
      read -r -t ${ANSWER_WITHIN_SECONDS} _ status _ <&"$connection" || exit 0
      echo "$status"`;
    const container = (await this.project.containers()).find(
      ({ Labels }) => Labels[NODE_LABEL] === name && Labels[ROLE_LABEL] === 'node',
    );
    if (!container) return { url: `http://${address}${path}`, status: undefined };
    const command = ['bash', '-c', script, 'ask', address, path];
    const [port = '', status] = (await execute(this.engine.getContainer(container.Id), command)).split('\n');
    return { url: `http://${address}:${port}${path}`, status: Number(status) || undefined };
  }
}
