import { Command } from 'commander';

/** What a command needs before it begins. */
export interface Needs {
  /** The lab in containers: for virtual machines it is refused, with what to do instead. */
  containers?: string;
  /** A lab of ha-demo's own: a pair that `try --keep` has left is refused, and a cluster of somebody else's. */
  ownLab?: true;
  /** An engine that answers, and base images to build on; where this machine lacks them they are installed, if they may be. */
  engine?: true;
  /** That no other command prepares this machine, or changes a lab, at the same time. It needs an engine, too. */
  alone?: true;
}

/** A command that says what it needs; main.ts sees to it. */
export class LabCommand extends Command {
  wanted: Needs = {};

  needs(wanted: Needs): this {
    this.wanted = wanted;
    return this;
  }
}
