import type { Digest } from './channel.ts'

/** How many matches a digest stands for, up to the colon that the text of the first one follows. */
export function digestIntroduction({ matchCount, monitorName, blockNumber, isGathered = false, link }: Digest): string {
  if (!isGathered) return `${matchCount} matches of ${monitorName} in block ${blockNumber}, the first: `
  const where = link === undefined ? '' : ` (${link})`
  return `${matchCount} matches of ${monitorName} while this receiver had no room${where}, the first in block ${blockNumber}: `
}
