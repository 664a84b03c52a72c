/** A comparison, or two sides joined; the grammar of spec/03 §3 with the escapes and booleans of §11. */
export type NaiveExpression =
  | { join: 'and' | 'or'; left: NaiveExpression; right: NaiveExpression }
  | { base: string; accessors: NaiveAccessor[]; operator: string; literal: NaiveLiteral }

export type NaiveAccessor = { index: number } | { key: string }
export type NaiveLiteral = { category: 'text' | 'number' | 'boolean'; text: string }

/** Undefined when the text is no expression. Every alternative is tried in order, on what is left of the text. */
export function parseNaively(text: string): NaiveExpression | undefined {
  const parsed = parseOr(text)
  return parsed !== undefined && blankless(parsed.rest) === '' ? parsed.value : undefined
}

type Parsed<T> = { value: T; rest: string } | undefined

function blankless(text: string): string {
  return text.replace(/^[ \t]+/, '')
}

function parseOr(text: string): Parsed<NaiveExpression> {
  return parseJoined(text, 'or', (operand) => parseJoined(operand, 'and', parseTerm))
}

function parseJoined(
  text: string,
  join: 'and' | 'or',
  parseOperand: (text: string) => Parsed<NaiveExpression>,
): Parsed<NaiveExpression> {
  let parsed = parseOperand(text)
  while (parsed !== undefined) {
    const rest = blankless(parsed.rest)
    if (!rest.toLowerCase().startsWith(join)) break
    const right: Parsed<NaiveExpression> = parseOperand(rest.slice(join.length))
    if (right === undefined) return undefined
    parsed = { value: { join, left: parsed.value, right: right.value }, rest: right.rest }
  }
  return parsed
}

function parseTerm(text: string): Parsed<NaiveExpression> {
  const start = blankless(text)
  if (!start.startsWith('(')) return parseComparison(start)
  const inner = parseOr(start.slice(1))
  if (inner === undefined) return undefined
  const rest = blankless(inner.rest)
  return rest.startsWith(')') ? { value: inner.value, rest: rest.slice(1) } : undefined
}

const keyword = /^(?:true|false|and|or|contains|starts_with|ends_with)$/i

function parseComparison(text: string): Parsed<NaiveExpression> {
  const base = /^(?:[A-Za-z_][A-Za-z0-9_]*|[0-9]+(?=\[|\.|[ \t]|$|==|!=|>|<))/.exec(text)?.[0]
  if (base === undefined || keyword.test(base)) return undefined
  const accessors: NaiveAccessor[] = []
  let rest = text.slice(base.length)
  for (;;) {
    const index = /^\[([0-9]+)\]/.exec(rest)
    const key = /^\.([A-Za-z_][A-Za-z0-9_]*|[0-9]+)(?=[ \t[.=!><)(]|$)/.exec(rest)
    if (index) accessors.push({ index: Number(index[1]) })
    else if (key) accessors.push({ key: key[1] ?? '' })
    else break
    rest = rest.slice((index ?? key)?.[0].length)
  }
  rest = blankless(rest)
  const operator = /^(?:contains|starts_with|ends_with|>=|<=|==|!=|>|<)/i.exec(rest)?.[0]
  if (operator === undefined) return undefined
  const literal = parseLiteral(blankless(rest.slice(operator.length)))
  if (literal === undefined) return undefined
  return { value: { base, accessors, operator: operator.toLowerCase(), literal: literal.value }, rest: literal.rest }
}

function parseLiteral(text: string): Parsed<NaiveLiteral> {
  const quoted = /^(?:'((?:[^'\\]|\\'|\\\\)*)'|"((?:[^"\\]|\\"|\\\\)*)")/.exec(text)
  if (quoted) {
    const content = (quoted[1] ?? quoted[2] ?? '').replace(/\\(.)/gs, '$1')
    return { value: { category: 'text', text: content }, rest: text.slice(quoted[0].length) }
  }
  const delimiter = /^(?:[ \t)(,=!><&|\]]|$)/
  const taken = (category: NaiveLiteral['category'], pattern: RegExp): Parsed<NaiveLiteral> => {
    const found = pattern.exec(text)?.[0]
    if (found === undefined || !delimiter.test(text.slice(found.length))) return undefined
    const value = category === 'boolean' ? found.toLowerCase() : found
    return { value: { category, text: value }, rest: text.slice(found.length) }
  }
  const unquoted =
    taken('boolean', /^(?:true|false)/i) ??
    taken('text', /^0x[0-9a-f]+/i) ??
    taken('number', /^[+-]?[0-9]+(?:\.[0-9]+)?/)
  if (unquoted) return unquoted
  const bareword = /^[A-Za-z0-9_-]+/.exec(text)?.[0]
  if (bareword === undefined || keyword.test(bareword)) return undefined
  if (/^[0-9+-]+$/.test(bareword) || /^0x[0-9a-f]*$/i.test(bareword)) return undefined
  return { value: { category: 'text', text: bareword }, rest: text.slice(bareword.length) }
}
