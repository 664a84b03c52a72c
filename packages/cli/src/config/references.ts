import {
  checkConditions,
  checkStellarConditions,
  type MonitorConfig,
  type NetworkType,
  networkTypes,
  type Problem,
  signatureProblems,
} from '@smt/engine'
import { itemsOf, memberOf, textOf } from '../json.ts'
import type { ConfigFiles, ConfigObject } from './config-files.ts'
import type { Finding } from './finding.ts'

/** What monitors may refer to besides the files of the directory: what a server has already. */
export type KnownElsewhere = { networks: ReadonlyMap<string, NetworkType>; triggers: ReadonlySet<string> }

export const nothingElsewhere: KnownElsewhere = { networks: new Map(), triggers: new Set() }

type Referable = { slug: string | undefined; stem: string; file: string; type: NetworkType | undefined }

type ReferenceFindings = {
  problems: Finding[]
  warnings: Finding[]
  /** The files of monitors that watch networks of other families only. */
  withoutEvm: ReadonlySet<string>
}

/** The cross references of spec/01 §6: networks, triggers, and signatures that do not fit a network's type. */
export function referenceFindings({ objects, broken }: ConfigFiles, elsewhere: KnownElsewhere): ReferenceFindings {
  const networks: Referable[] = objects
    .filter(({ kind }) => kind === 'network')
    .map(({ value, stem, file }) => ({ slug: textOf(value, 'slug'), stem, file, type: typeOf(value) }))
  const triggers = new Set(objects.filter(({ kind }) => kind === 'trigger').map(({ id }) => id))
  const problems: Finding[] = []
  const warnings: Finding[] = []
  const withoutEvm = new Set<string>()

  for (const monitor of objects.filter(({ kind }) => kind === 'monitor')) {
    const types = new Set<NetworkType>()
    for (const [index, reference] of itemsOf(monitor.value, 'networks').entries()) {
      if (typeof reference !== 'string') continue
      const place = { file: monitor.file, pointer: `/networks/${index}` }
      const { type, problem, warning } = judgeNetwork(reference, { networks, elsewhere })
      if (type !== undefined) types.add(type)
      if (problem !== undefined)
        problems.push({ ...place, code: 'unknown_network', message: problem + excuse(broken, 'network') })
      if (warning !== undefined) warnings.push({ ...place, code: 'file_name_differs', message: warning })
    }
    for (const [index, reference] of itemsOf(monitor.value, 'triggers').entries()) {
      if (typeof reference !== 'string' || triggers.has(reference) || elsewhere.triggers.has(reference)) continue
      const message = `No trigger has the id ${JSON.stringify(reference)}${excuse(broken, 'trigger')}.`
      problems.push({ file: monitor.file, pointer: `/triggers/${index}`, code: 'unknown_trigger', message })
    }
    const outline = signatureOutline(monitor)
    const signatures = [...types].flatMap((type): Problem[] => signatureProblems(outline, type))
    problems.push(...signatures.map((problem) => ({ file: monitor.file, ...problem })))
    for (const type of types) {
      const check = conditionChecks[type]
      if (check !== undefined) warnings.push(...conditionWarnings(monitor, check))
    }
    if (types.size > 0 && !types.has('EVM')) withoutEvm.add(monitor.file)
  }
  return { problems, warnings, withoutEvm }
}

/**
 * The original looks a reference up by file name when it loads and by slug when it runs. Here the slug decides, and a
 * file of another name is worth a warning (spec/01 §13.1).
 */
function judgeNetwork(
  reference: string,
  { networks, elsewhere }: { networks: readonly Referable[]; elsewhere: KnownElsewhere },
): { type?: NetworkType | undefined; problem?: string; warning?: string } {
  const bySlug = networks.find(({ slug }) => slug === reference)
  const byStem = networks.find(({ stem }) => stem === reference)
  if (bySlug !== undefined) {
    if (byStem !== undefined) return { type: bySlug.type }
    const warning = `OpenZeppelin Monitor looks for ${reference} by file name: call ${bySlug.file} networks/${reference}.json.`
    return { type: bySlug.type, warning }
  }
  const known = elsewhere.networks.get(reference)
  if (known !== undefined) return { type: known }
  if (byStem !== undefined) {
    const warning = `${byStem.file} has another slug: the monitor loads, but is never run on this network. Name the slug.`
    return { type: byStem.type, warning }
  }
  return { problem: `No network has the slug ${JSON.stringify(reference)}` }
}

function typeOf(network: ConfigObject['value']): NetworkType | undefined {
  const type = textOf(network, 'network_type')
  return networkTypes.find((known) => known === type)
}

/** A reference is said to be unknown also when it may be in a file that cannot be read; then that is said as well. */
function excuse(broken: ConfigFiles['broken'], kind: ConfigObject['kind']): string {
  const files = broken.filter((file) => file.kind === kind).map(({ file }) => file)
  return files.length === 0 ? '' : ` (unless ${files.join(', ')} defines it, which cannot be read)`
}

type ConditionCheck = typeof checkConditions

const conditionChecks: Partial<Record<NetworkType, ConditionCheck>> = {
  EVM: checkConditions,
  Stellar: checkStellarConditions,
}

/** OpenZeppelin Monitor loads whatever an expression says; here it would be refused when it can never hold. */
function conditionWarnings({ file, value }: ConfigObject, check: ConditionCheck): Finding[] {
  const { problems, warnings } = check(value)
  const toFinding = ({ pointer, code, message, position, hint }: Problem, more: string[]): Finding => {
    const place = position === undefined ? [] : [`(character ${position.start + 1})`]
    return {
      file,
      pointer,
      code,
      message: [message, ...place, ...(hint === undefined ? [] : [hint]), ...more].join(' '),
    }
  }
  return [
    ...problems.map((problem) => toFinding(problem, ['It can never hold, and a server refuses it.'])),
    ...warnings.map((warning) => toFinding(warning, [])),
  ]
}

/** The signatures of a monitor that may be wrong in other respects; what is no text is left to the shape check. */
function signatureOutline({ value }: ConfigObject): MonitorConfig {
  const conditions = memberOf(value, 'match_conditions')
  const signaturesOf = (kind: string) =>
    itemsOf(conditions, kind).map((condition) => ({ signature: textOf(condition, 'signature') ?? '()' }))
  return {
    name: '',
    networks: [],
    paused: false,
    addresses: [],
    match_conditions: { functions: signaturesOf('functions'), events: signaturesOf('events'), transactions: [] },
    trigger_conditions: [],
    triggers: [],
  }
}
