import { utf8Length } from '../../config/text.ts'

/**
 * Whether a text is an e-mail address as spec/01 §8.3 accepts it: `local@domain` with a dotted or quoted local part, a
 * domain of any number of labels or a bracketed literal, letters of any script, optionally as `Name <local@domain>`.
 */
export function isEmailAddress(text: string): boolean {
  const address = withoutDisplayName(text)
  if (address === undefined) return false
  const at = address.lastIndexOf('@')
  return at > 0 && isLocalPart(address.slice(0, at)) && isDomain(address.slice(at + 1))
}

function withoutDisplayName(text: string): string | undefined {
  if (!text.endsWith('>')) return text
  const start = text.lastIndexOf('<')
  if (start < 0 || /\p{Cc}/u.test(text.slice(0, start))) return undefined
  return text.slice(start + 1, -1)
}

function isLocalPart(local: string): boolean {
  if (utf8Length(local) > 64) return false
  if (!local.startsWith('"')) return local.split('.').every((atom) => /^[^\p{Cc} ()<>[\]:;@\\,."]+$/u.test(atom))
  // Within the quotes a quote or backslash must be escaped.
  return /^"(?:\t|[^"\\\p{Cc}]|\\(?:\t|\P{Cc}))*"$/u.test(local)
}

function isDomain(domain: string): boolean {
  if (utf8Length(domain) > 254) return false
  if (domain.startsWith('[')) return /^\[[^[\]\\\p{Cc} ]*\]$/u.test(domain)
  return domain.split('.').every((label) => {
    return utf8Length(label) <= 63 && /^[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}-]*[\p{L}\p{N}\p{M}])?$/u.test(label)
  })
}
