import { z } from 'zod'
import { checkAgainst, type Findings } from './check.ts'
import type { Checked } from './problem.ts'
import { isRecord, member } from './record.ts'
import { shapeIssues } from './shape-issues.ts'
import { shapeProblems } from './shape-problems.ts'
import { type TriggerConfig, triggerConfigSchemas, triggerSchema, type TriggerType, triggerTypes } from './trigger.ts'
import { triggerRules } from './trigger-rules.ts'
import { mismatchWarning, triggerWarnings } from './trigger-warnings.ts'

const keyFields: Record<TriggerType, string> = {
  slack: 'slack_url',
  email: 'host',
  webhook: 'url',
  telegram: 'token',
  discord: 'discord_url',
  script: 'script_path',
}

// `config` is checked by its channel's own schema below, which is more precise than the union of all.
const outlineSchema = triggerSchema.extend({ config: z.unknown().refine((config) => config !== undefined) })

/**
 * Checks one trigger (`name`, `trigger_type`, `config`) against spec/01 §8, with every problem and warning in one
 * answer; never throws.
 *
 * `trigger_type` selects the fields of `config`. A `config` that fits another channel is accepted with a warning and
 * without that channel's rules, because the original loads it so (§8.2).
 */
export function checkTrigger(value: unknown): Checked<TriggerConfig> {
  return checkAgainst(value, { schema: triggerSchema, outline: outlineSchema, findRules: configFindings })
}

function configFindings(trigger: unknown): Findings {
  const config = member(trigger, 'config')
  if (config === undefined) return { problems: [], warnings: triggerWarnings(trigger, undefined) }
  const type = triggerTypes.find((known) => known === member(trigger, 'trigger_type'))
  const shape = triggerTypes.find((kind) => shapeIssues(triggerConfigSchemas[kind], config).length === 0)
  const warnings = triggerWarnings(trigger, shape ?? type)
  if (shape !== undefined && type !== undefined && shape !== type) {
    return { problems: [], warnings: [mismatchWarning(type, shape), ...warnings] }
  }
  const kind = type ?? shape ?? triggerTypes.find((guess) => member(config, keyFields[guess]) !== undefined)
  if (kind === undefined) return { problems: [], warnings }
  const issues = shapeIssues(triggerConfigSchemas[kind], config)
  const problems = shapeProblems(
    trigger,
    issues.map((issue) => ({ ...issue, path: ['config', ...issue.path] })),
  )
  // Rules speak about the fields of an object; of anything else its shape is all there is to say.
  const rules = isRecord(config) ? triggerRules[kind](config) : []
  return { problems: [...problems, ...withoutRepeats(rules, problems)], warnings }
}

/** A rule that repeats what the schema found at the same place adds nothing. */
function withoutRepeats(rules: Findings['problems'], shape: Findings['problems']): Findings['problems'] {
  return rules.filter(({ pointer, code }) => !shape.some((found) => found.pointer === pointer && found.code === code))
}
