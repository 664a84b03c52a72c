import { type ExpressionScanner, isAtEnd, isKeyword, peek, token } from './expression-scanner.ts'

/** What to write instead, where a variable or a parenthesis was expected. */
export function operandHint(scanner: ExpressionScanner): string | undefined {
  const { text, position } = scanner
  const blank = blankHint(scanner)
  if (blank) return blank
  const character = text[position]
  if (character === undefined) return 'Write a comparison such as value > 1000.'
  if (character === '!') return 'There is no NOT: use != or the opposite comparison.'
  if (character === "'" || character === '"' || character === '-' || character === '+') return leftHint
  if (character === ')') return 'Put a comparison between the parentheses.'
  const word = peek(scanner, token.identifier) ?? ''
  if (/^(?:true|false)$/i.test(word)) return leftHint
  if (isKeyword(word)) return `${word} is a keyword and cannot be the name of a parameter.`
  return 'A comparison starts with the name of a parameter.'
}

/** What to write instead, where a comparison operator was expected. `word` is the name before it. */
export function comparatorHint(scanner: ExpressionScanner, word: string): string | undefined {
  const blank = blankHint(scanner)
  if (blank) return blank
  if (/^not$/i.test(word)) return 'There is no NOT: use != or the opposite comparison.'
  const { text, position } = scanner
  const character = text[position]
  if (character === '=') return 'Use == to compare.'
  if (character === '!') return 'Write != without a space.'
  if (character === '[') return 'An index is a whole number right after the name, such as list[0].'
  if (character === '.') return 'A member is a name right after the dot, such as data.owner.'
  if (character !== undefined && /[-+*/%]/.test(character)) return 'There is no arithmetic: compare with one value.'
  return operatorList
}

/** What to write instead, where the value to compare with was expected. */
export function literalHint(scanner: ExpressionScanner, word: string): string | undefined {
  const { text, position } = scanner
  const blank = blankHint(scanner)
  if (blank) return blank
  const character = text[position]
  if (character === '=') return 'Use == to compare.'
  if (character === '[' || character === '(' || character === '{') return 'Put a list or tuple in quotes.'
  if (/^(?:true|false)$/i.test(word)) return 'Write true and false in lower case.'
  if (isKeyword(word)) return 'Put the word in quotes to compare with it as text.'
  if (/^0x$/i.test(word)) return 'Write at least one hexadecimal digit after 0x.'
  if (/^[+-]?\.?[0-9]/.test(word)) return 'Write a number as 42, -7 or 3.14; put other text in quotes.'
  if (word !== '') return 'Put text with a dot or another special character in quotes.'
  return isAtEnd(scanner) ? undefined : 'The right side must be a literal: a number, true, false or text in quotes.'
}

/** What to write instead, where the expression should have ended or gone on with AND or OR. */
export function continuationHint(scanner: ExpressionScanner): string | undefined {
  const { text, position } = scanner
  const blank = blankHint(scanner)
  if (blank) return blank
  const character = text[position]
  if (character === '&') return 'Use AND.'
  if (character === '|') return 'Use OR.'
  if (character === ')') return 'Remove the parenthesis, or open one before.'
  if (character === ',' || character === ';') return 'Join comparisons with AND or OR.'
  if (character === '=') return 'Use == to compare.'
  if (character === "'" || character === '"') return 'Join comparisons with AND or OR; text is one quoted part.'
  return 'Join comparisons with AND or OR; put text of several words in quotes.'
}

const leftHint = 'The name of a parameter stands on the left, the value on the right.'
const operatorList = 'Use ==, !=, >, >=, <, <=, contains, starts_with or ends_with.'

function blankHint({ text, position }: ExpressionScanner): string | undefined {
  const character = text[position]
  if (character === '\n' || character === '\r') return 'Line breaks are not allowed: write the expression in one line.'
  return character !== undefined && /[^\S \t]/.test(character) ? 'Use ordinary spaces or tabs.' : undefined
}
