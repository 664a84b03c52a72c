import { readFile } from 'node:fs/promises'
import { JsonSyntaxError, type JsonValue, parseJson } from '@smt/engine'
import { systemCodeOf } from '../cli-error.ts'
import type { Finding } from './finding.ts'

/** Reads one file: its value, or what is wrong with it as JSON. `file` is how it is called in the finding. */
export async function readJsonFile(path: string, file: string): Promise<{ value: JsonValue } | { problem: Finding }> {
  let text = ''
  try {
    // A byte order mark is kept, so that it is refused as it is there.
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await readFile(path))
    return { value: parseJson(text) }
  } catch (error) {
    if (error instanceof JsonSyntaxError) {
      const place = error.position === undefined ? {} : placeIn(text, error.position)
      return { problem: { file, pointer: '', code: 'malformed_json', message: error.message, ...place } }
    }
    if (error instanceof TypeError) {
      return { problem: { file, pointer: '', code: 'malformed_json', message: 'The file is not UTF-8.' } }
    }
    const message = `The file cannot be read (${systemCodeOf(error)}).`
    return { problem: { file, pointer: '', code: 'unreadable_file', message } }
  }
}

function placeIn(text: string, position: number): { line: number; column: number } {
  const before = text.slice(0, position)
  return { line: before.split('\n').length, column: position - before.lastIndexOf('\n') }
}
