import Crypto
import CryptoExtras
import FoundationEssentials

/// A public key that signatures of tokens are checked with: RSA of 2048 bits or more, P-256, or Ed25519, and each for one
/// algorithm, so that a token cannot choose how it is checked. A key of a secret (HMAC) is none.
struct VerifyingKey: Sendable {
    private enum Key: Sendable {
        case rsa(_RSA.Signing.PublicKey)
        case ecdsa(P256.Signing.PublicKey)
        case eddsa(Curve25519.Signing.PublicKey)
    }

    /// A key as JWKS has it (RFC 7517).
    struct JSON: Decodable {
        let kty: String
        let kid: String?
        let use: String?
        let operations: [String]?
        let alg: String?
        let crv: String?
        let n: String?
        let e: String?
        let x: String?
        let y: String?

        enum CodingKeys: String, CodingKey {
            case kty, kid, use, alg, crv, n, e, x, y
            case operations = "key_ops"
        }
    }

    /// Names the key among others.
    let id: String?
    /// The one algorithm it is for: `RS256`, `ES256`, `EdDSA`.
    let algorithm: String
    private let key: Key

    /// Reads a key; `nil` where it is not one to check signatures with.
    init?(_ json: JSON) {
        guard json.use ?? "sig" == "sig", json.operations?.contains("verify") ?? true,
            let (algorithm, key) = Self.key(json),
            json.alg ?? algorithm == algorithm
        else { return nil }
        (id, self.algorithm, self.key) = (json.kid, algorithm, key)
    }

    /// Whether a signature is that of some bytes.
    func isValid(_ signature: [UInt8], of bytes: [UInt8]) -> Bool {
        switch key {
        case .rsa(let key):
            key.isValidSignature(
                _RSA.Signing.RSASignature(rawRepresentation: signature), for: SHA256.hash(data: bytes),
                padding: .insecurePKCS1v1_5)
        case .ecdsa(let key):
            signature.count == 64
                && (try? P256.Signing.ECDSASignature(rawRepresentation: signature)).map {
                    key.isValidSignature($0, for: bytes)
                } ?? false
        case .eddsa(let key): key.isValidSignature(signature, for: bytes)
        }
    }

    private static func key(_ json: JSON) -> (String, Key)? {
        switch (json.kty, json.crv) {
        case ("RSA", _):
            guard let n = json.n.flatMap({ Base64URL.bytes($0) }), let e = json.e.flatMap({ Base64URL.bytes($0) }),
                n.drop(while: { $0 == 0 }).count >= 256, !e.isEmpty, e.count <= 8,
                let key = try? _RSA.Signing.PublicKey(n: n, e: e)
            else { return nil }
            return ("RS256", .rsa(key))
        case ("EC", "P-256"):
            guard let x = json.x.flatMap({ Base64URL.bytes($0) }), let y = json.y.flatMap({ Base64URL.bytes($0) }),
                x.count == 32, y.count == 32, let key = try? P256.Signing.PublicKey(x963Representation: [4] + x + y)
            else { return nil }
            return ("ES256", .ecdsa(key))
        case ("OKP", "Ed25519"):
            guard let x = json.x.flatMap({ Base64URL.bytes($0) }),
                let key = try? Curve25519.Signing.PublicKey(rawRepresentation: x)
            else { return nil }
            return ("EdDSA", .eddsa(key))
        default: return nil
        }
    }
}

/// The keys of an issuer (JWKS, RFC 7517).
struct VerifyingKeys: Sendable {
    private static let most = 100

    /// The keys that signatures can be checked with.
    let keys: [VerifyingKey]

    /// Reads a JWKS; `nil` where the text is none, has two keys of one name, or none that is of use.
    init?(_ bytes: [UInt8]) {
        struct Set: Decodable { let keys: [VerifyingKey.JSON] }
        guard let set = try? JSONDecoder().decode(Set.self, from: Data(bytes)), set.keys.count <= Self.most else {
            return nil
        }
        let ids = set.keys.compactMap(\.kid)
        guard Swift.Set(ids).count == ids.count else { return nil }
        keys = set.keys.compactMap { VerifyingKey($0) }
        guard !keys.isEmpty else { return nil }
    }

    /// Returns the key a token names, for its algorithm; where it names none, the only one there is for it.
    func key(id: String?, algorithm: String) -> VerifyingKey? {
        let fitting = keys.filter { $0.algorithm == algorithm && (id == nil || $0.id == id) }
        return fitting.count == 1 ? fitting[0] : nil
    }
}
