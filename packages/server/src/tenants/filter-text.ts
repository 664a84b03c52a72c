import { z } from 'zod'
import { isStorableText } from './storable-text.ts'

/** A text to look for. */
export const filterText = z.string().min(1).max(200).refine(isStorableText, 'The text must not hold U+0000.')
