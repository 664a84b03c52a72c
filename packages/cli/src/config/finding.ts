/** One thing that is said about a configuration directory: where, a stable code, and a sentence for people. */
export type Finding = {
  /** Below the directory, with `/`. */
  file: string
  /** RFC 6901, from the root of the file. */
  pointer: string
  code: string
  message: string
  /** Of broken JSON, counted from 1. */
  line?: number
  column?: number
}

/** `file:line:column /pointer code: message` */
export function lineOf({ file, pointer, code, message, line, column }: Finding): string {
  const place = line === undefined ? file : `${file}:${line}:${column ?? 1}`
  return [place, pointer, `${code}: ${message}`].filter((part) => part !== '').join(' ')
}

/** In the order of files, and each thing once. */
export function inOrder(findings: readonly Finding[]): Finding[] {
  const distinct = new Map(
    findings.map((finding) => [`${finding.file}\n${finding.pointer}\n${finding.message}`, finding]),
  )
  return [...distinct.values()].toSorted((left, right) =>
    left.file < right.file ? -1 : left.file > right.file ? 1 : 0,
  )
}
