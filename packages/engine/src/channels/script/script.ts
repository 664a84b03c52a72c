import { scriptProblems, scriptSchema } from '../../config/script.ts'
import { defineChannel } from '../channel-definition.ts'

/** A notification script: part of the format, but nothing here runs it yet. */
export const script = defineChannel({
  name: 'script',
  schema: scriptSchema,
  keyField: 'script_path',
  secrets: [],
  transport: null,
  rules: (config) => scriptProblems(config, ['config']),
})
