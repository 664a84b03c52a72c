const LENGTH_MAX = 4 * 1024 * 1024

/**
 * A piece of a rendered template, in order: `text` is what the template says (and what a section says around its values),
 * `value` what was substituted and may come from the chain, `link` an address that we made ourselves. A channel escapes each
 * kind as its grammar asks for.
 */
export type TemplatePart = { kind: 'text' | 'value' | 'link'; text: string }

export type RenderOptions = { lengthMax?: number }

/** Variables whose value is an address that we made, so that it may become a link. */
const links: ReadonlySet<string> = new Set(['explorer.link'])

/**
 * Replaces each `${name}` by its variable, and `${functions}` and `${events}` by a section about what matched, or by nothing
 * (spec/02 §7). Unknown names stay as they are. One pass: unlike in OZ Monitor (spec/02 §7.6) a substituted value is never
 * expanded again, since text from the chain must not address other variables. Values are not escaped. A short template can
 * repeat a long value many times, so TemplateTooLongError is thrown when the result exceeds `lengthMax` UTF-16 units.
 */
export function renderTemplate(
  template: string,
  variables: ReadonlyMap<string, string>,
  options: RenderOptions = {},
): string {
  return renderTemplateParts(template, variables, options)
    .map(({ text }) => text)
    .join('')
}

/** The same in pieces: their texts joined are what `renderTemplate` returns. */
export function renderTemplateParts(
  template: string,
  variables: ReadonlyMap<string, string>,
  { lengthMax = LENGTH_MAX }: RenderOptions = {},
): TemplatePart[] {
  const sections = new Map<string, TemplatePart[]>()
  let length = template.length

  function partsOf(name: string): TemplatePart[] | undefined {
    const value = variables.get(name)
    if (value !== undefined) return [{ kind: links.has(name) ? 'link' : 'value', text: value }]
    if (name !== 'functions' && name !== 'events') return undefined
    const known = sections.get(name) ?? section(name, variables)
    sections.set(name, known)
    return known
  }

  const parts: TemplatePart[] = []
  let from = 0
  for (const { 0: placeholder, 1: name = '', index } of template.matchAll(/\$\{([^{}]*)\}/g)) {
    const replacement = partsOf(name)
    if (replacement === undefined) continue
    if (index > from) parts.push(asText(template.slice(from, index)))
    from = index + placeholder.length
    length += replacement.reduce((sum, { text }) => sum + text.length, -placeholder.length)
    if (length > lengthMax) throw new TemplateTooLongError(lengthMax)
    parts.push(...replacement)
  }
  if (from < template.length) parts.push(asText(template.slice(from)))
  return parts
}

function asText(text: string): TemplatePart {
  return { kind: 'text', text }
}

function asValue(text: string): TemplatePart {
  return { kind: 'value', text }
}

type Group = 'functions' | 'events'
type Item = { index: number; signature?: string; parameters: { name: string; value: string }[] }

const titles: Record<Group, string> = { functions: 'Functions', events: 'Events' }

function section(group: Group, variables: ReadonlyMap<string, string>): TemplatePart[] {
  const items = readItems(group, variables)
  if (items.length === 0) return []
  const reasons = items.flatMap((item, index) => [asText(index === 0 ? '' : '\n'), ...reason(item, index)])
  return [asText(`\n\n*Matched ${titles[group]}:*\n`), ...reasons]
}

function reason({ signature = '', parameters }: Item, index: number): TemplatePart[] {
  const lines = parameters
    .toSorted((left, right) => (left.name < right.name ? -1 : 1))
    .flatMap(({ name, value }) => [asText('\n'), asValue(name), asText(': `'), asValue(value), asText('`')])
  const opening = asText(`\n*Reason ${index + 1}*\n\n*Signature:* \``)
  return [opening, asValue(signature), asText('`\n\n*Params:*\n'), ...lines]
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
