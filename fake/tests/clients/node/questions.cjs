// Questions to the test that started this program: what the server sent, and what an authenticator app shows.

const readline = require('node:readline')

const answers = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]()

async function ask(...words) {
  process.stdout.write(`? ${words.join(' ')}\n`)
  const { value } = await answers.next()
  return JSON.parse(value)
}

module.exports = {
  /** Returns the code, link and hash of the last message to an email address or phone number. */
  lastMessage: (address) => ask('message', address),
  totpCode: (secret) => ask('totp', secret),
}
