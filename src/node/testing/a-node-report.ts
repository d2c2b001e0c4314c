import { NODE_REPORT_VERSION, type NodeReport } from '../node-report.js';

/** What a backup with nothing to complain of prints, with some of it changed. */
export function aNodeReport(changes: Partial<NodeReport> = {}): string {
  const report: NodeReport = {
    ...{ version: NODE_REPORT_VERSION, vrrpState: 'BACKUP', detectors: [] },
    ...{ becameMaster: 0, gainedAtMs: [], lost: [], secondChance: 'active', advertFilter: 'active' },
    ...{ foreignAdverts: [], addressClaims: [], runFolderFreeBlocks: 1013, link: 'up', addresses: [], servers: [] },
    ...changes,
  };
  return JSON.stringify(report);
}
