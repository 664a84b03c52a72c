import { z } from 'zod'
import { contractSpecSchema } from './contract-spec.ts'
import { scriptSchema } from './script.ts'
import { secretSchema } from './secret.ts'

const expression = z
  .string()
  .nullable()
  .exactOptional()
  .describe('A condition on the arguments; absent or null matches always.')

const signature = z.string().describe('For example `Transfer(address,address,uint256)`.')

const addressEntrySchema = z
  .strictObject({
    address: z.string().describe('The address of a contract or account.'),
    contract_spec: contractSpecSchema.nullable().exactOptional(),
  })
  .describe('An address to watch, with its interface.')

const matchConditionsSchema = z
  .strictObject({
    functions: z.array(z.strictObject({ signature, expression })).describe('Calls to match.'),
    events: z.array(z.strictObject({ signature, expression })).describe('Events to match.'),
    transactions: z
      .array(z.strictObject({ status: z.enum(['Any', 'Success', 'Failure']), expression }))
      .describe('Outcomes of the transaction to match.'),
  })
  .describe('What to match: any of the functions or events, and one of the transactions.')

const chainSettings = z.looseObject({})

const chainConfigurationSchema = z
  .looseObject({
    midnight: z
      .looseObject({ viewing_keys: z.array(secretSchema).exactOptional() })
      .nullable()
      .exactOptional(),
    evm: chainSettings.nullable().exactOptional(),
    stellar: chainSettings.nullable().exactOptional(),
    solana: chainSettings.nullable().exactOptional(),
  })
  .describe('Settings of single chains; unknown keys are ignored.')

/** A monitor in the form of spec/01 §4. Nothing is filled in: absent stays absent and null stays null. */
export const monitorSchema = z
  .strictObject({
    name: z.string().min(1, { error: 'must not be empty' }).describe('A label for people.'),
    networks: z
      .array(z.string())
      .min(1, { error: 'must name at least one network' })
      .describe('The networks to watch, by their ids.'),
    paused: z.boolean().describe('Whether watching is suspended.'),
    addresses: z.array(addressEntrySchema),
    match_conditions: matchConditionsSchema,
    trigger_conditions: z.array(scriptSchema).describe('Scripts that may drop a match.'),
    triggers: z.array(z.string()).describe('Where to alert, by the ids of the triggers.'),
    chain_configurations: z.array(chainConfigurationSchema).exactOptional(),
  })
  .meta({ title: 'Monitor configuration', description: 'A monitor in the format of OpenZeppelin Monitor.' })

export type MonitorConfig = z.infer<typeof monitorSchema>
