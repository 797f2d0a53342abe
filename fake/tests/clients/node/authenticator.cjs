// A software authenticator for passkeys: ES256, without attestation.

const crypto = require('node:crypto')

const base64url = (bytes) => Buffer.from(bytes).toString('base64url')
const sha256 = (bytes) => crypto.createHash('sha256').update(bytes).digest()

/** Encodes the few types of CBOR that a credential contains. */
function cbor(value) {
  const head = (major, length) => {
    if (length < 24) return Buffer.from([(major << 5) | length])
    if (length < 256) return Buffer.from([(major << 5) | 24, length])
    return Buffer.from([(major << 5) | 25, length >> 8, length & 255])
  }
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value)
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (value instanceof Map) {
    return Buffer.concat([head(5, value.size), ...[...value].flatMap(([key, item]) => [cbor(key), cbor(item)])])
  }
  return Buffer.concat([head(2, value.length), value])
}

class Authenticator {
  constructor(origin) {
    this.origin = origin
    this.id = crypto.randomBytes(16)
    this.keys = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' })
    this.counter = 0
  }

  clientData(type, challenge) {
    return Buffer.from(JSON.stringify({ type, challenge, origin: this.origin, crossOrigin: false }))
  }

  /** Returns the hash of the relying party, the flags and the counter. */
  authenticatorData(rpId, flags) {
    this.counter += 1
    const counter = Buffer.alloc(4)
    counter.writeUInt32BE(this.counter)
    return Buffer.concat([sha256(rpId), Buffer.from([flags]), counter])
  }

  credential(response) {
    const id = base64url(this.id)
    return { id, rawId: id, type: 'public-key', response, clientExtensionResults: {} }
  }

  create(options) {
    this.userHandle = options.user.id
    const { x, y } = this.keys.publicKey.export({ format: 'jwk' })
    const [x_, y_] = [x, y].map((part) => Buffer.from(part, 'base64url'))
    const publicKey = cbor(new Map([[1, 2], [3, -7], [-1, 1], [-2, x_], [-3, y_]]))
    const attested = Buffer.concat([Buffer.alloc(16), Buffer.from([0, this.id.length]), this.id, publicKey])
    const authData = Buffer.concat([this.authenticatorData(options.rp.id, 0x45), attested])
    const attestation = cbor(new Map([['fmt', 'none'], ['attStmt', new Map()], ['authData', authData]]))
    return this.credential({
      clientDataJSON: base64url(this.clientData('webauthn.create', options.challenge)),
      attestationObject: base64url(attestation),
      transports: ['internal'],
    })
  }

  get(options) {
    const clientData = this.clientData('webauthn.get', options.challenge)
    const authenticatorData = this.authenticatorData(options.rpId, 0x05)
    const signed = Buffer.concat([authenticatorData, sha256(clientData)])
    return this.credential({
      clientDataJSON: base64url(clientData),
      authenticatorData: base64url(authenticatorData),
      signature: base64url(crypto.sign('sha256', signed, this.keys.privateKey)),
      userHandle: this.userHandle,
    })
  }
}

module.exports = { Authenticator }
