import AccessScopes
import Crypto
import FoundationEssentials
import HostCore
import PluginKit
import TestSupport
import Testing

@testable import HostSecurity

/// Tokens of an issuer: who signed them, for whom, until when.
@Suite struct TokenTests {
    private static let now: Int64 = 1_700_000_000_000_000_000
    private static let key = P256.Signing.PrivateKey()
    private static let edKey = Curve25519.Signing.PrivateKey()

    private static func encoded(_ bytes: some Sequence<UInt8>) -> String {
        Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    private static let keys: String = {
        let point = Array(key.publicKey.rawRepresentation)
        return """
            {"keys": [{"kty": "EC", "crv": "P-256", "kid": "ec", "use": "sig", "x": "\(encoded(point.prefix(32)))",
              "y": "\(encoded(point.suffix(32)))"},
             {"kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": "\(encoded(edKey.publicKey.rawRepresentation))"},
             {"kty": "oct", "kid": "secret", "k": "AAAA"}]}
            """
    }()

    private static func token(_ header: String, _ claims: String, signedBy id: String = "ec") throws -> String {
        let text = "\(encoded(header.utf8)).\(encoded(claims.utf8))"
        let signature =
            id == "ec"
            ? Array(try key.signature(for: Data(text.utf8)).rawRepresentation)
            : Array(try edKey.signature(for: Data(text.utf8)))
        return "\(text).\(encoded(signature))"
    }

    private static let claims =
        #"{"iss":"https://issuer.example","aud":["x","penstock"],"sub":"ada","exp":1700000060,"roles":["other","ops"]}"#

    private static func issuer(_ keys: String = keys, reads: Guarded<Int> = Guarded(0)) -> TokenIssuer {
        TokenIssuer(
            .init(
                issuer: "https://issuer.example", audience: "penstock", claim: "roles", grants: ["ops": "operator"],
                skew: .seconds(30)),
            roles: RoleTable(),
            source: { () async throws(PluginError) in
                reads.change { $0 += 1 }
                return Array(keys.utf8)
            }, now: { now })
    }

    @Test(arguments: ["ec", "ed"])
    func aSoundTokenIsWhoItSays(id: String) async throws {
        let header = #"{"alg":"\#(id == "ec" ? "ES256" : "EdDSA")","kid":"\#(id)"}"#
        let identity = await Self.issuer().identity(try Self.token(header, Self.claims, signedBy: id))
        #expect(identity?.name == "ada" && identity?.role == "operator" && identity?.proof == .jwt)
    }

    @Test(
        arguments: [
            (#"{"alg":"none"}"#, claims), (#"{"alg":"NONE","kid":"ec"}"#, claims),
            (#"{"alg":"HS256","kid":"ec"}"#, claims),
            (#"{"alg":"HS256","kid":"secret"}"#, claims), (#"{"alg":"EdDSA","kid":"ec"}"#, claims),
            (#"{"alg":"ES256","kid":"ed"}"#, claims),
            (#"{"alg":"RS256","kid":"ec"}"#, claims), (#"{"alg":"ES256","kid":"nobody"}"#, claims),
            (#"{"alg":"ES256","kid":"ec","crit":["x"]}"#, claims),
            (#"{"alg":"ES256","kid":"ec","b64":false}"#, claims), ("{}", claims), ("[]", claims), ("", claims),
            (#"{"alg":"ES256","kid":"ec"}"#, "{}"), (#"{"alg":"ES256","kid":"ec"}"#, "ada"),
            (#"{"alg":"ES256","kid":"ec"}"#, ""),
        ]
            + [
                ("https://issuer.example", "https://issuer.example/"),
                (#""iss":"https://issuer.example""#, #""iss":["https://issuer.example"]"#),
                ("penstock", "penstoc"), (#"["x","penstock"]"#, #""x""#), ("1700000060", "1699999970"),
                ("1700000060", #""1700000060""#),
                (#","exp":1700000060"#, ""), (#","exp""#, #","nbf":1700000031,"exp""#),
                (#","exp""#, #","iat":1700000031,"exp""#),
                (#","exp""#, #","nbf":"soon","exp""#), (#""sub":"ada","#, ""), (#""ada""#, #""""#),
                (#","roles":["other","ops"]"#, ""),
                (#""ops""#, #""admin""#), (#"["other","ops"]"#, "7"), (#"["other","ops"]"#, #"{"ops":true}"#),
            ].map { (#"{"alg":"ES256","kid":"ec"}"#, claims.replacing($0.0, with: $0.1)) })
    func otherTokensAreNobodys(header: String, claims: String) async throws {
        for id in ["ec", "ed"] {
            #expect(await Self.issuer().identity(try Self.token(header, claims, signedBy: id)) == nil)
        }
    }

    @Test func clocksMayBeApartByTheSkew() async throws {
        let header = #"{"alg":"ES256","kid":"ec"}"#
        for (from, to) in [("1700000060", "1699999971"), (#","exp""#, #","nbf":1700000029,"exp""#)] {
            let token = try Self.token(header, Self.claims.replacing(from, with: to))
            #expect(await Self.issuer().identity(token)?.name == "ada")
        }
    }

    @Test func textsThatAreNoTokensAreNobodys() async throws {
        let token = try Self.token(#"{"alg":"ES256","kid":"ec"}"#, Self.claims)
        let parts = token.split(separator: ".").map(String.init)
        for text in [
            "", ".", "..", "...", token + "=", token + "A", " " + token, parts[0] + "." + parts[1] + ".", token + ".",
            parts[0] + "." + parts[1], parts[0] + "..", "\(parts[0]).\(parts[1]).\(parts[2]).\(parts[2])",
            String(repeating: "A", count: 20_000) + "." + parts[1] + "." + parts[2],
            token.replacing("-", with: "+") + "+",
        ] {
            #expect(await Self.issuer().identity(text) == nil, "\(text.prefix(60))")
        }
    }

    @Test(arguments: [
        "", "{}", "[]", #"{"keys":[]}"#, #"{"keys":[{"kty":"oct","kid":"a","k":"AAAA"}]}"#,
        #"{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}"#,
    ])
    func keysThatAreNoneLetNobodyIn(keys: String) async throws {
        let token = try Self.token(#"{"alg":"ES256","kid":"ec"}"#, Self.claims)
        #expect(await Self.issuer(keys).identity(token) == nil)
    }

    @Test func anUnknownKeyHasTheKeysReadAgainButNotEachTime() async throws {
        let reads = Guarded(0)
        let issuer = Self.issuer(reads: reads)
        for _ in 0..<5 { _ = await issuer.identity(try Self.token(#"{"alg":"ES256","kid":"new"}"#, Self.claims)) }
        #expect(reads.value == 1)
    }

    @Test func aTokenIsAsGoodAsAKey() async throws {
        let folder = try TemporaryFolder()
        let access = AccessControl(
            stateFolder: folder.path, roles: RoleTable(), isDemanded: true, issuer: Self.issuer(), now: { Self.now })
        let token = try Self.token(#"{"alg":"ES256","kid":"ec"}"#, Self.claims)
        #expect(try await access.identify(.bearer(token), from: "192.0.2.1").name == "ada")
        await #expect(throws: AccessFault.unknown) {
            try await access.identify(.bearer(token.replacing("e", with: "f")), from: "192.0.2.1")
        }
        await #expect(throws: AccessFault.unknown) { try await access.login(token, from: "192.0.2.1") }
    }
}

/// Where the vectors of Project Wycheproof are.
enum WycheproofVectors {
    static let folder = "\(Repository.root)/../shared/suites/wycheproof/testvectors_v1"
    static let areThere: Bool = FileManager.default.fileExists(atPath: "\(folder)/json_web_signature_test.json")
}

/// Vectors of Project Wycheproof for signatures and keys of JSON; they lie beside the repository.
@Suite(.enabled(if: WycheproofVectors.areThere, "the vectors of Wycheproof are not beside the repository"))
struct WycheproofTests {
    private struct Vectors: Decodable {
        struct Group: Decodable {
            struct Test: Decodable {
                let tcId: Int
                let comment: String
                let jws: String
                let result: String
            }
            let comment: String
            let `public`: JSONText?
            let `private`: JSONText?
            let tests: [Test]
        }
        let testGroups: [Group]
    }

    /// Any JSON, to be written as it was.
    private enum JSONText: Codable {
        case text(String), number(Double), list([JSONText]), object([String: JSONText])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let text = try? container.decode(String.self) {
                self = .text(text)
            } else if let number = try? container.decode(Double.self) {
                self = .number(number)
            } else if let list = try? container.decode([JSONText].self) {
                self = .list(list)
            } else {
                self = .object(try container.decode([String: JSONText].self))
            }
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .text(let text): try container.encode(text)
            case .number(let number): try container.encode(number)
            case .list(let list): try container.encode(list)
            case .object(let object): try container.encode(object)
            }
        }
    }

    /// Every vector that is no valid one of the three algorithms is refused, and those are accepted.
    @Test(arguments: ["json_web_signature_test.json", "json_web_key_test.json"])
    func vectorsHold(file: String) throws {
        let data = try Data(contentsOf: URL(filePath: "\(WycheproofVectors.folder)/\(file)"))
        var (accepted, refused) = (0, 0)
        for group in try JSONDecoder().decode(Vectors.self, from: data).testGroups {
            guard let key = group.public ?? group.private else { continue }
            var json = Array(try JSONEncoder().encode(key))
            if case .object(let members) = key, members["keys"] == nil {
                json = Array(#"{"keys":["#.utf8) + json + Array("]}".utf8)
            }
            let keys = VerifyingKeys(json)
            for test in group.tests {
                let isGood = keys.flatMap { keys in try? SignedToken(test.jws).check(keys) } != nil
                if isGood { accepted += 1 } else { refused += 1 }
                let isValid = test.result == "valid" && Self.isOurs(test.jws)
                #expect(
                    isGood == isValid || Self.exceptions.contains(test.comment), "\(file) \(test.tcId): \(test.comment)"
                )
            }
        }
        #expect(accepted > 0 && refused > 20, "\(accepted), \(refused)")
    }

    /// What Wycheproof asks beyond a signature that is right. That a key was made by a chip with a fault (ROCA) is its issuer's to
    /// know, whom the manifest trusts.
    private static let exceptions: Set<String> = ["rejectsKeyWithRocaVulnerability"]

    private static func isOurs(_ jws: String) -> Bool {
        struct Header: Decodable { let alg: String }
        let head = jws.split(separator: ".").first.flatMap { Base64URL.bytes($0) } ?? []
        let algorithm = (try? JSONDecoder().decode(Header.self, from: Data(head)))?.alg ?? ""
        return ["RS256", "ES256", "EdDSA"].contains(algorithm)
    }
}
