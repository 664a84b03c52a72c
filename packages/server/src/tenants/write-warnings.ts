import { z } from 'zod'

/** What may stand beside pointer, code and message of a problem or a warning. */
export const problemDetails = {
  position: z
    .object({ start: z.int(), end: z.int() })
    .optional()
    .meta({ description: 'The part of the text at the pointer, in UTF-16 units; end is exclusive.' }),
  hint: z.string().optional().meta({ description: 'What to write instead.' }),
}

/** Beside every written object: what was accepted but deserves a look. */
export const writeWarnings = z
  .array(z.object({ pointer: z.string(), code: z.string(), message: z.string(), ...problemDetails }))
  .meta({ description: 'What was accepted but deserves a look.' })
