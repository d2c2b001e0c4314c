import { describe, expect, it } from '@jest/globals';
import { shownBlocks } from './shown-blocks.js';

describe('shownBlocks', () => {
  it('has the blocks of a shell, in order, without the clone', () => {
    const text =
      '```sh\ngit clone <this repository> && cd a\n./ha-demo up\n```\n\n```yaml\na: 1\n```\n\n```sh\ncurl x\n```';
    expect(shownBlocks(text)).toEqual([{ script: './ha-demo up' }, { script: 'curl x' }]);
  });

  it('knows why one is not run, and how long one that does not end', () => {
    const text =
      '<!-- not run: needs Vagrant -->\n\n```sh\nvagrant up\n```\n\n<!-- run for: 5 s -->\n\n```sh\n./ha-demo watch\n```';
    expect(shownBlocks(text)).toEqual([
      { script: 'vagrant up', notRun: 'needs Vagrant' },
      { script: 'timeout --preserve-status --signal INT 5s ./ha-demo watch' },
    ]);
  });

  it('lets a drill be over its budget, and a lab be broken', () => {
    expect(shownBlocks('```sh\n./ha-demo drill x\n```')).toEqual([{ script: './ha-demo drill x || [ $? -ne 2 ]' }]);
    expect(shownBlocks('```sh\n./ha-demo status\n```')).toEqual([{ script: './ha-demo status || [ $? -ne 2 ]' }]);
  });
});
