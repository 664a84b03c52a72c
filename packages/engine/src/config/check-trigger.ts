import { z } from 'zod'
import type { ChannelDefinition } from '../channels/channel-definition.ts'
import { channels } from '../channels/channels.ts'
import { ownerOf } from '../channels/settings.ts'
import { checkAgainst, type Findings } from './check.ts'
import type { Checked } from './problem.ts'
import { isRecord, member } from './record.ts'
import { shapeIssues } from './shape-issues.ts'
import { shapeProblems } from './shape-problems.ts'
import { createTriggerSchema, type TriggerConfig } from './trigger.ts'
import { mismatchWarning, triggerWarnings } from './trigger-warnings.ts'

/**
 * Checks one trigger (`name`, `trigger_type`, `config`) against spec/01 §8, with every problem and warning in one
 * answer; never throws.
 *
 * `trigger_type` selects the fields of `config`. A `config` that fits another channel is accepted with a warning and
 * without that channel's rules, because the original loads it so (§8.2).
 */
export function checkTrigger(value: unknown): Checked<TriggerConfig> {
  return check(value)
}

const check = createTriggerCheck(channels)

/** `checkTrigger` for triggers that use these channels. */
export function createTriggerCheck<const Channel extends ChannelDefinition>(among: readonly Channel[]) {
  const schema = createTriggerSchema(among)
  // `config` is checked by its channel's own schema below, which is more precise than the union of all.
  const outline = schema.extend({ config: z.unknown().refine((config) => config !== undefined) })
  const findRules = (trigger: unknown) => configFindings(among, trigger)
  return (value: unknown) => checkAgainst(value, { schema, outline, findRules })
}

function configFindings(among: readonly ChannelDefinition[], trigger: unknown): Findings {
  const config = member(trigger, 'config')
  if (config === undefined) return { problems: [], warnings: triggerWarnings(trigger, undefined) }
  const named = among.find(({ name }) => name === member(trigger, 'trigger_type'))
  const fitting = among.find(({ schema }) => shapeIssues(schema, config).length === 0)
  const warnings = triggerWarnings(trigger, fitting ?? named)
  if (fitting !== undefined && named !== undefined && fitting !== named) {
    return { problems: [], warnings: [mismatchWarning(named, fitting), ...warnings] }
  }
  const channel = named ?? fitting ?? ownerOf(among, config)
  if (channel === undefined) return { problems: [], warnings }
  const issues = shapeIssues(channel.schema, config)
  const problems = shapeProblems(
    trigger,
    issues.map((issue) => ({ ...issue, path: ['config', ...issue.path] })),
  )
  // Rules speak about the fields of an object; of anything else its shape is all there is to say.
  const rules = isRecord(config) ? channel.rules(config) : []
  return { problems: [...problems, ...withoutRepeats(rules, problems)], warnings }
}

/** A rule that repeats what the schema found at the same place adds nothing. */
function withoutRepeats(rules: Findings['problems'], shape: Findings['problems']): Findings['problems'] {
  return rules.filter(({ pointer, code }) => !shape.some((found) => found.pointer === pointer && found.code === code))
}
