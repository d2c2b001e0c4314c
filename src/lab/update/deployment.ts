import type { Node } from '../../cluster/cluster.js';
import type { ServiceName } from '../../node/contract.js';
import type { RenderedFiles } from '../../rendering/render.js';
import type { NodeConfiguration } from '../lab.js';
import type { HttpAnswer } from '../node-worth.js';
import type { Step } from '../step.js';

/** Something that an update renews as a whole: a service of a node; a node; without either, what is beside the nodes. */
export interface Part {
  node?: string;
  service?: ServiceName;
}

/** What an update does to one node, and asks of it. */
export interface NodeDeployment {
  /** Nodes that are there, whether cluster.yaml names them or not. */
  existingNodes(): Promise<string[]>;
  /**
   * What a node runs on, and how that differs from what is rendered for it; undefined when it does not answer.
   * @throws Error when the node has no container or machine yet
   */
  configurationOf(node: string): Promise<NodeConfiguration | undefined>;
  /** Parts that are missing, or not of the definition and the image of today. */
  outdatedParts(): Promise<Part[]>;
  /**
   * @returns the files that a node runs on, path -> content as they are rendered, with a manifest; of one that is off, what is
   * rendered for it; empty for a node that is new
   */
  filesOf(node: string): Promise<RenderedFiles>;
  /** @returns image -> id that the node's services run on */
  imagesOf(node: string): Promise<Record<string, string>>;
  /** @returns image -> id that a service gets when it is renewed */
  currentImages(images: string[]): Promise<Record<string, string>>;
  /** @param images image -> id that services get from now on; each is one that some node still has */
  useImages(images: Record<string, string>): Promise<void>;
  /** Puts rendered files, of some nodes, where the nodes read them. Nothing that runs takes notice yet. */
  install(files: RenderedFiles): Promise<void>;
  /** Starts a node that is off, missing or outdated, with all of its services. */
  renewNode(node: string): Promise<void>;
  /** A planned stop, and a start with the definition and the image of today. */
  renewService(node: string, service: ServiceName): Promise<void>;
  /** Stops a node that is not to be there, and removes what has been installed for it. */
  removeNode(node: string): Promise<void>;
  /** A request of its tier to the node's HAProxy, from the node itself, on its own address. */
  ask(node: Node): Promise<HttpAnswer>;
}

/** How a kind of lab comes to run what cluster.yaml and the templates say. */
export interface Deployment extends NodeDeployment {
  /**
   * Whether what is to be changed can be reached, and may be changed.
   * @throws InvalidInputError with a line for each thing that is in the way; nothing has changed then
   */
  assertUsable(step: Step): Promise<void>;
  /**
   * @returns what each node is to have
   * @throws InvalidInputError when a template is not valid
   */
  render(): Promise<RenderedFiles>;
  /** Makes the images those of today's sources. */
  provideImages(step: Step): Promise<void>;
  /**
   * Checks what is rendered with the real binaries.
   * @throws InvalidInputError with the first thing that one of them refuses
   */
  validate(rendered: RenderedFiles): Promise<void>;
  /** Files on this host that say what the nodes are made of, path -> content; they are replaced before a node is touched. */
  hostFiles(): Promise<Record<string, string>>;
  /** Whether there is a lab to be brought up to date node by node; one that is not there, or cannot be, is started as a whole. */
  runs(): Promise<boolean>;
  /** @throws InvalidInputError when something is missing or in the way; nothing has changed then */
  assertReady(runs: boolean, step: Step): Promise<void>;
  /** Starts all nodes, of a lab that does not run. */
  start(rendered: RenderedFiles, step: Step): Promise<void>;
  /** Brings up to date what is beside the nodes, once they are. */
  finish(rendered: RenderedFiles, step: Step): Promise<void>;
}
