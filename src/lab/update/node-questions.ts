import type { Node } from '../../cluster/cluster.js';
import { CONFIGURATION_FOLDER, RUN_FOLDER } from '../../node/contract.js';
import { manifestPath, manifestText, type RenderedFiles } from '../../rendering/render.js';
import type { HttpAnswer } from '../node-worth.js';

/* What an update asks on a node, in bash: the commands, and how their output is read. */

/** Within this time an HAProxy that works has answered a request of its tier. */
const ANSWER_WITHIN_SECONDS = 2;

/** A request of the node's tier to its HAProxy, on the node's own address; `answerIn` reads what it prints. */
export function askCommand({ name, address, tier }: Node): string[] {
  const script = `
    source "${CONFIGURATION_FOLDER}/nodes/$1/node.env"
    echo "$TIER_PORT"
    { exec {connection}<>"/dev/tcp/$2/$TIER_PORT"; } 2>/dev/null || exit 0
    printf 'GET %s HTTP/1.0\\r\\n\\r\\n' "$3" >&"$connection"
    read -r -t ${ANSWER_WITHIN_SECONDS} _ status _ <&"$connection" || exit 0
    echo "$status"`;
  return ['bash', '-c', script, 'ask', name, address, `/${tier}`];
}

export function answerIn({ address, tier }: Node, output: string): HttpAnswer {
  const [port = '', status] = output.split('\n');
  return { url: `http://${address}:${port}/${tier}`, status: Number(status) || undefined };
}

/**
 * Prints rendered files, those that are there; `filesIn` reads it.
 * @param paths as they are rendered
 * @param adopted whether a file that the node has adopted, and runs on, comes before the one that is rendered for it
 */
export function printFilesCommand(paths: string[], { adopted = true } = {}): string[] {
  const script = `
    for path; do
      file=${CONFIGURATION_FOLDER}/$path
      ${adopted ? `[ ! -e "${RUN_FOLDER}/\${path##*/}" ] || file=${RUN_FOLDER}/\${path##*/}` : ''}
      if [ -e "$file" ]; then echo "$path $(base64 --wrap=0 "$file")"; fi
    done`;
  return ['bash', '-c', script, 'print', ...paths];
}

/** @returns with their manifest; empty where none of them is there */
export function filesIn(node: string, output: string): RenderedFiles {
  const files: RenderedFiles = new Map(
    output
      .split('\n')
      .filter(Boolean)
      .map((line) => {
        const [path = '', content = ''] = line.split(' ');
        return [path, Buffer.from(content, 'base64').toString()];
      }),
  );
  if (files.size > 0) files.set(manifestPath(node), manifestText(files, node));
  return files;
}
