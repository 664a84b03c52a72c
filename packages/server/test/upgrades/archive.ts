import { createReadStream, createWriteStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { constants, createBrotliCompress, createBrotliDecompress } from 'node:zlib'

/** The databases of a cluster hold the same catalogues, megabytes apart: a large window sees that. */
export async function compress(from: string, to: string): Promise<void> {
  const params = {
    [constants.BROTLI_PARAM_LARGE_WINDOW]: 1,
    [constants.BROTLI_PARAM_LGWIN]: 28,
    [constants.BROTLI_PARAM_QUALITY]: 11,
    [constants.BROTLI_PARAM_SIZE_HINT]: (await stat(from)).size,
  }
  await pipeline(createReadStream(from), createBrotliCompress({ params }), createWriteStream(to))
}

export async function decompress(from: string, to: string): Promise<void> {
  const params = { [constants.BROTLI_DECODER_PARAM_LARGE_WINDOW]: 1 }
  await pipeline(createReadStream(from), createBrotliDecompress({ params }), createWriteStream(to))
}
