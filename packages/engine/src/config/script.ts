import { z } from 'zod'
import { u32 } from './integer.ts'
import { type PathPart, type Problem, toPointer } from './problem.ts'
import { member } from './record.ts'

const extensions = { JavaScript: 'js', Python: 'py', Bash: 'sh' } as const

/** A script reference (spec/01 §7.1), used by trigger conditions and by script triggers. */
export const scriptSchema = z
  .strictObject({
    script_path: z.string().describe('Name of the script; its extension must fit the language.'),
    language: z.enum(['JavaScript', 'Python', 'Bash']),
    arguments: z.array(z.string()).nullable().exactOptional().describe('Arguments handed to the script.'),
    timeout_ms: u32.describe('Milliseconds after which the script is stopped, more than 0.'),
  })
  .describe('A script to run.')

export type ScriptConfig = z.infer<typeof scriptSchema>

/** What spec/01 §7.2 demands of a script beyond its shape; whether it exists is not known here. */
export function scriptProblems(script: unknown, path: readonly PathPart[]): Problem[] {
  const problems: Problem[] = []
  const scriptPath = member(script, 'script_path')
  const language = member(script, 'language')
  if (typeof scriptPath === 'string' && (language === 'JavaScript' || language === 'Python' || language === 'Bash')) {
    const extension = extensions[language]
    if (fileExtension(scriptPath) !== extension) {
      problems.push({
        pointer: toPointer([...path, 'script_path']),
        code: 'invalid_value',
        message: `must end in .${extension} (in lower case), because the language is ${language}`,
      })
    }
  }
  const timeout = member(script, 'timeout_ms')
  if (timeout === 0 || timeout === 0n) {
    problems.push({
      pointer: toPointer([...path, 'timeout_ms']),
      code: 'out_of_range',
      message: 'must be greater than 0',
    })
  }
  return problems
}

/** As Rust's Path::extension: what follows the last dot of the file name, if anything precedes that dot. */
function fileExtension(path: string): string | undefined {
  const name = path.replace(/\/+$/, '').split('/').at(-1) ?? ''
  const dot = name.lastIndexOf('.')
  return dot > 0 ? name.slice(dot + 1) : undefined
}
