const LENGTH_MAX = 4 * 1024 * 1024

/**
 * Replaces each `${name}` by its variable, and `${functions}` and `${events}` by a section about what matched, or by nothing
 * (spec/02 §7). Unknown names stay as they are. One pass: unlike in OZ Monitor (spec/02 §7.6) a substituted value is never
 * expanded again, since text from the chain must not address other variables. Values are not escaped. A short template can
 * repeat a long value many times, so TemplateTooLongError is thrown when the result exceeds `lengthMax` UTF-16 units.
 */
export function renderTemplate(
  template: string,
  variables: ReadonlyMap<string, string>,
  { lengthMax = LENGTH_MAX }: { lengthMax?: number } = {},
): string {
  const sections = new Map<string, string>()
  let length = template.length

  function valueOf(name: string): string | undefined {
    const value = variables.get(name) ?? sections.get(name)
    if (value !== undefined || (name !== 'functions' && name !== 'events')) return value
    const text = section(name, variables)
    sections.set(name, text)
    return text
  }

  return template.replace(/\$\{([^{}]*)\}/g, (placeholder, name: string) => {
    const value = valueOf(name) ?? placeholder
    length += value.length - placeholder.length
    if (length > lengthMax) throw new TemplateTooLongError(lengthMax)
    return value
  })
}

type Group = 'functions' | 'events'
type Item = { index: number; signature?: string; parameters: { name: string; value: string }[] }

const titles: Record<Group, string> = { functions: 'Functions', events: 'Events' }

function section(group: Group, variables: ReadonlyMap<string, string>): string {
  const items = readItems(group, variables)
  if (items.length === 0) return ''
  return `\n\n*Matched ${titles[group]}:*\n${items.map(reason).join('\n')}`
}

function reason({ signature, parameters }: Item, index: number): string {
  const lines = parameters
    .toSorted((left, right) => (left.name < right.name ? -1 : 1))
    .map(({ name, value }) => `\n${name}: \`${value}\``)
  return `\n*Reason ${index + 1}*\n\n*Signature:* \`${signature}\`\n\n*Params:*\n${lines.join('')}`
}

/** What matched, by ascending index; an item is what has a signature. */
function readItems(group: Group, variables: ReadonlyMap<string, string>): Item[] {
  const pattern = new RegExp(`^${group}\\.([0-9]+)\\.(?:signature|args\\.(.*))$`, 's')
  const items = new Map<string, Item>()
  for (const [key, value] of variables) {
    const [, index, parameter] = pattern.exec(key) ?? []
    if (index === undefined) continue
    const item = items.get(index) ?? { index: Number(index), parameters: [] }
    items.set(index, item)
    if (parameter === undefined) item.signature = value
    else item.parameters.push({ name: parameter, value })
  }
  return [...items.values()]
    .filter(({ signature }) => signature !== undefined)
    .toSorted((left, right) => left.index - right.index)
}

/** The rendered text would be longer than allowed. */
export class TemplateTooLongError extends Error {
  override readonly name = 'TemplateTooLongError'

  constructor(lengthMax: number) {
    super(`The rendered text is longer than ${lengthMax} characters.`)
  }
}
