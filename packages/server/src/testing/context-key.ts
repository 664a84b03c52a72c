/** What the doors of every test's database sign with; the template knows it. */
export const testContextKey = Buffer.alloc(32, 'test')
