import { styleText } from 'node:util';
import type { Step } from '../lab/step.js';

const FRAMES = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';

/**
 * Shows each step with the time it took; while it works, a spinner on a terminal and nothing elsewhere. Writes to
 * stderr, as the scripts under docker/ do: stdout belongs to what was asked for.
 */
export const step: Step = async (text, work) => {
  const startedAt = performance.now();
  const seconds = () => (performance.now() - startedAt) / 1000;
  const spinner = process.stderr.isTTY ? spin(text, seconds) : undefined;
  const finish = (mark: string) => {
    clearInterval(spinner);
    if (spinner) process.stderr.write('\r\x1b[K');
    process.stderr.write(`  ${mark} ${text.padEnd(44)} ${seconds().toFixed(1)} s\n`);
  };
  try {
    const result = await work();
    finish(styleText('green', '✓', { stream: process.stderr }));
    return result;
  } catch (error) {
    finish(styleText('red', '✗', { stream: process.stderr }));
    throw error;
  }
};

function spin(text: string, seconds: () => number): NodeJS.Timeout {
  let frame = 0;
  return setInterval(() => {
    process.stderr.write(`\r  ${FRAMES[frame++ % FRAMES.length]} ${text.padEnd(44)} ${Math.floor(seconds())} s`);
  }, 100);
}
