import { z } from 'zod'

const result = z.union([z.boolean(), z.object({ error: z.string() }), z.literal('skipped')])

const trace = z
  .object({
    kind: z.enum(['and', 'or', 'comparison', 'syntax']),
    text: z.string().meta({ description: 'This part of the expression.' }),
    start: z.int().optional(),
    end: z.int().optional(),
    position: z.int().optional().meta({ description: 'Of a text that does not parse: where.' }),
    message: z.string().optional(),
    hint: z.string().optional(),
    path: z.string().optional(),
    operator: z.string().optional(),
    literal: z.string().optional(),
    value: z.string().nullable().optional().meta({ description: 'What the left side was, at most 1,000 characters.' }),
    value_kind: z.string().nullable().optional(),
    result,
    get operands() {
      return z.array(trace).optional()
    },
  })
  .meta({ id: 'ExpressionTrace', description: 'How an expression, or a part of one, was evaluated.' })

const condition = z.object({
  index: z.int().meta({ description: 'Its place in the configuration.' }),
  expression: z.string().nullable(),
  result: z
    .union([z.boolean(), z.object({ error: z.string() }), z.enum(['status_differs', 'not_reached'])])
    .meta({ description: 'not_reached: an earlier condition held, or what it needs was not there.' }),
  trace: trace.nullable(),
})

const argument = z.object({ name: z.string(), value: z.string(), indexed: z.boolean(), kind: z.string() })
const args = z.array(argument).nullable()

const log = z.object({
  log_index: z.string().nullable(),
  address: z.string(),
  topic0: z.string().nullable(),
  outcome: z.enum([
    'not_watched',
    'no_contract_spec',
    'no_topics',
    'unknown_event',
    'undecodable',
    'no_condition',
    'not_matched',
    'matched',
  ]),
  detail: z.string(),
  signature: z.string().nullable(),
  args,
  conditions: z.array(condition),
})

const gates = z.object({
  address: z.object({
    passed: z.boolean(),
    involved: z.array(
      z.object({
        address: z.string(),
        as: z.array(z.enum(['sender', 'recipient', 'emitter'])),
        watched: z.boolean(),
      }),
    ),
  }),
  events: z.object({ configured: z.boolean(), passed: z.boolean(), logs: z.array(log) }),
  functions: z.object({
    configured: z.boolean(),
    passed: z.boolean(),
    outcome: z.enum([
      'not_called',
      'not_watched',
      'no_contract_spec',
      'unknown_function',
      'undecodable',
      'no_condition',
      'not_matched',
      'matched',
    ]),
    detail: z.string(),
    signature: z.string().nullable(),
    selector: z.string().nullable(),
    args,
    conditions: z.array(condition),
  }),
  transactions: z.object({
    configured: z.boolean(),
    passed: z.boolean(),
    variables: z.array(z.object({ name: z.string(), kind: z.string(), value: z.string() })),
    conditions: z.array(condition.extend({ status: z.enum(['Any', 'Success', 'Failure']) })),
  }),
  combination: z.object({ passed: z.boolean(), rule: z.string() }),
})

const reading = z.object({
  dialect: z.enum(['oz', 'spec', 'token']).meta({
    description: 'oz: as OZ Monitor reads it; spec: by all that the contract spec says; token: as SEP-41 names it.',
  }),
  signature: z.string(),
  args: z.array(argument),
  conditions: z.array(condition),
})

const stellarGates = z.object({
  events: z.object({
    configured: z.boolean(),
    passed: z.boolean(),
    events: z.array(
      z.object({
        event_id: z.string(),
        contract_id: z.string(),
        operation_index: z.int().nullable(),
        outcome: z.enum(['not_watched', 'system', 'unreadable', 'no_condition', 'not_matched', 'matched']),
        detail: z.string(),
        readings: z.array(reading),
      }),
    ),
  }),
  functions: z.object({
    configured: z.boolean(),
    passed: z.boolean(),
    calls: z.array(
      z.object({
        contract_id: z.string(),
        function_name: z.string(),
        operation_index: z.int(),
        nested: z.boolean(),
        outcome: z.enum([
          'not_watched',
          'nested',
          'no_contract_spec',
          'unreadable',
          'no_condition',
          'not_matched',
          'matched',
        ]),
        detail: z.string(),
        readings: z.array(reading),
      }),
    ),
  }),
  operations: z.object({
    configured: z.boolean(),
    passed: z.boolean(),
    operations: z.array(
      z.object({
        operation_index: z.int(),
        type: z.string(),
        args: z.array(argument),
        conditions: z.array(condition),
      }),
    ),
  }),
  transactions: z.object({
    configured: z.boolean(),
    passed: z.boolean(),
    attempts: z.array(
      z.object({
        variables: z.array(z.object({ name: z.string(), kind: z.string(), value: z.string() })),
        conditions: z.array(condition.extend({ status: z.enum(['Any', 'Success', 'Failure']) })),
      }),
    ),
  }),
  combination: z.object({ passed: z.boolean(), rule: z.string() }),
})

export const explainBody = z.strictObject({
  tx_hash: z
    .string()
    .regex(/^(0x)?[0-9a-fA-F]{64}$/, { error: 'must be 64 hexadecimal digits, with or without 0x' })
    .meta({ description: 'A mined transaction.' }),
  network: z
    .string()
    .exactOptional()
    .meta({ description: 'A network_id of the monitor; needed when it watches more than one.' }),
})

export const explainAnswer = z
  .object({
    monitor_id: z.string(),
    monitor_version: z.int(),
    network_id: z.string(),
    block: z.object({ number: z.int(), hash: z.string() }),
    matched: z.boolean().meta({ description: 'Whether this version of the monitor matches the transaction.' }),
    summary: z.string(),
    notes: z.array(z.string()).meta({ description: 'Why there may be no alert all the same.' }),
    transaction: z.union([
      z.object({
        hash: z.string(),
        from: z.string().nullable(),
        to: z.string().nullable(),
        status: z.enum(['Success', 'Failure']),
      }),
      z.object({
        hash: z.string(),
        status: z.enum(['Any', 'Success', 'Failure']),
        undecoded: z.string().nullable().meta({ description: 'Why the envelope cannot be decoded by this version.' }),
      }),
    ]),
    gates: z.union([gates, stellarGates]).meta({ description: 'Those of EVM, or those of Stellar.' }),
  })
  .meta({ id: 'Explanation', description: 'Why a monitor matches a transaction or does not, gate by gate.' })
