import { cpus, release, totalmem } from 'node:os';
import type { Machine } from '../drill/drill-report.js';

export function thisMachine(): Machine {
  const [cpu, ...others] = cpus();
  return {
    cpus: others.length + 1,
    cpuModel: cpu?.model.trim() ?? 'unknown',
    memoryGb: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
  };
}
