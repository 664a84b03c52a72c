import { createHash } from 'node:crypto'

/** The ids that the server accepts. */
export const objectIdPattern = /^[A-Za-z0-9_.-]{1,128}$/

/**
 * The id of a monitor, which has none in OpenZeppelin Monitor: the name of its file, so that an exported monitor keeps
 * its id. A name with other characters is written in those that are allowed, with a part of its hash to stay distinct.
 */
export function monitorIdOf(stem: string): string {
  if (objectIdPattern.test(stem)) return stem
  // Some file systems decompose names: the same name must give the same id everywhere.
  const hash = createHash('sha256').update(stem.normalize('NFC')).digest('hex').slice(0, 8)
  const readable = stem
    .normalize('NFKD')
    .replaceAll(/\p{Mark}/gu, '')
    .replaceAll(/[^A-Za-z0-9_.-]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 100)
  return readable === '' ? `monitor-${hash}` : `${readable}-${hash}`
}
