import FoundationEssentials

/// A token that somebody signed: JWS in its compact form (RFC 7515) with the claims of a JWT (RFC 7519).
struct SignedToken: Sendable {
    /// Why a token is refused; nobody outside is told which.
    enum Refusal: Error, Equatable {
        case malformed, algorithm, key, signature, issuer, audience, expired, early, subject
    }

    /// What a token says, as far as it counts here.
    struct Claims: Sendable, Equatable {
        let subject: String
        let values: [String]
        let expires: Double
    }

    private struct Header: Decodable {
        let alg: String
        let kid: String?
        let typ: String?
        let crit: [String]?
        let b64: Bool?
    }

    private static let longest = 16_384

    private let header: Header
    private let signed: [UInt8]
    private let signature: [UInt8]
    /// What was signed.
    let payload: [UInt8]

    /// Takes a text apart; throws `.malformed` where it is no token.
    init(_ text: String) throws(Refusal) {
        guard text.utf8.count <= Self.longest else { throw .malformed }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let head = Base64URL.bytes(parts[0]), let payload = Base64URL.bytes(parts[1]),
            let signature = Base64URL.bytes(parts[2]), !signature.isEmpty,
            let header = try? JSONDecoder().decode(Header.self, from: Data(head)), header.crit == nil,
            header.b64 ?? true
        else { throw .malformed }
        (self.header, self.payload, self.signature) = (header, payload, signature)
        signed = Array("\(parts[0]).\(parts[1])".utf8)
    }

    /// Names the key it was signed with.
    var keyID: String? { header.kid }

    /// Throws where none of the keys signed it. `none` and algorithms of secrets are no algorithms here.
    func check(_ keys: VerifyingKeys) throws(Refusal) {
        guard ["RS256", "ES256", "EdDSA"].contains(header.alg) else { throw .algorithm }
        guard let key = keys.key(id: header.kid, algorithm: header.alg) else { throw .key }
        guard key.isValid(signature, of: signed) else { throw .signature }
    }

    /// Returns the claims, for an issuer and an audience, at a moment in seconds.
    ///
    /// - Parameters:
    ///   - claim: the claim whose texts say what the subject may.
    ///   - skew: how far the clocks of issuer and host may be apart, in seconds.
    func claims(
        issuer: String, audience: String, claim: String, now: Double, skew: Double
    ) throws(Refusal) -> Claims {
        guard let json = try? JSONDecoder().decode([String: ClaimValue].self, from: Data(payload)) else {
            throw .malformed
        }
        guard json["iss"]?.texts == [issuer], json["iss"]?.isList == false else { throw .issuer }
        guard json["aud"]?.texts.contains(audience) == true else { throw .audience }
        guard let expires = json["exp"]?.number, expires + skew > now else { throw .expired }
        for name in ["nbf", "iat"] {
            guard let value = json[name] else { continue }
            guard let time = value.number, time - skew <= now else { throw .early }
        }
        guard let subject = json["sub"]?.texts.first, (1...255).contains(subject.utf8.count) else { throw .subject }
        return Claims(subject: subject, values: json[claim]?.texts ?? [], expires: expires)
    }
}

/// A claim: a text, several, a number, or something else.
private enum ClaimValue: Decodable {
    case text(String)
    case texts([String])
    case number(Double)
    case other

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            self = .text(text)
        } else if let texts = try? container.decode([String].self) {
            self = .texts(texts)
        } else if let number = try? container.decode(Double.self), number.isFinite {
            self = .number(number)
        } else {
            self = .other
        }
    }

    var texts: [String] {
        switch self {
        case .text(let text): [text]
        case .texts(let texts): texts
        default: []
        }
    }

    var isList: Bool { if case .texts = self { true } else { false } }

    var number: Double? { if case .number(let number) = self { number } else { nil } }
}
