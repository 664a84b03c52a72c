import type { TemplatePart } from '@smt/engine'
import type { Digest } from './channel.ts'

/** How many matches a digest stands for, up to the colon that the text of the first one follows. */
export function digestIntroduction(digest: Digest): TemplatePart[] {
  const { matchCount, monitorName, blockNumber, isGathered = false, link } = digest
  const opening: TemplatePart[] = [asText(`${matchCount} matches of `), { kind: 'value', text: monitorName }]
  if (!isGathered) return [...opening, asText(` in block ${blockNumber}, the first: `)]
  const where: TemplatePart[] = link === undefined ? [] : [asText(' ('), { kind: 'link', text: link }, asText(')')]
  return [
    ...opening,
    asText(' while this receiver had no room'),
    ...where,
    asText(`, the first in block ${blockNumber}: `),
  ]
}

function asText(text: string): TemplatePart {
  return { kind: 'text', text }
}
