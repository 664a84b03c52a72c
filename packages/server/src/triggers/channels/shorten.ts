import type { TemplatePart } from '@smt/engine'
import { text } from './message-parts.ts'

/** Where something was left out. */
export const cutMark = '…'

const valueLengthsMax = [1_024, 512, 256, 128, 64, 32] as const

/**
 * The parts within `limit` as `measure` counts. Values are shortened first, longest first, so that what the template says
 * is still read; then the end is left out. Each cut shows `…`. An address that we made is left out rather than cut.
 */
export function shorten(
  parts: readonly TemplatePart[],
  limit: number,
  measure: (part: TemplatePart) => number,
): TemplatePart[] {
  let shortened = [...parts]
  if (fits(shortened, limit, measure)) return shortened
  for (const lengthMax of valueLengthsMax) {
    shortened = parts.map((part) => (part.kind === 'value' ? { ...part, text: cutText(part.text, lengthMax) } : part))
    if (fits(shortened, limit, measure)) return shortened
  }
  return cutEnd(shortened, limit, measure)
}

function fits(parts: readonly TemplatePart[], limit: number, measure: (part: TemplatePart) => number): boolean {
  return parts.reduce((sum, part) => sum + measure(part), 0) <= limit
}

function cutEnd(
  parts: readonly TemplatePart[],
  limit: number,
  measure: (part: TemplatePart) => number,
): TemplatePart[] {
  const kept: TemplatePart[] = []
  let room = limit - cutMark.length
  for (const part of parts) {
    const size = measure(part)
    if (size > room) {
      if (part.kind !== 'link') kept.push(longestStart(part, room, measure))
      break
    }
    kept.push(part)
    room -= size
  }
  return [...kept, text(cutMark)]
}

function longestStart(part: TemplatePart, room: number, measure: (part: TemplatePart) => number): TemplatePart {
  let [fitting, tooLong] = [0, part.text.length]
  while (tooLong - fitting > 1) {
    const middle = Math.floor((fitting + tooLong) / 2)
    if (measure({ ...part, text: startOf(part.text, middle) }) <= room) fitting = middle
    else tooLong = middle
  }
  return { ...part, text: startOf(part.text, fitting) }
}

/** At most `lengthMax` UTF-16 units, with the mark when something is left out. */
export function cutText(content: string, lengthMax: number): string {
  return content.length <= lengthMax ? content : `${startOf(content, lengthMax - cutMark.length)}${cutMark}`
}

/** Never half of a character. */
function startOf(content: string, length: number): string {
  const start = content.slice(0, Math.max(0, length))
  return start.replace(/[\ud800-\udbff]$/, '')
}
