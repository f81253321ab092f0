import PluginKit

/// Replaces `${env:NAME}`, `${env:NAME:-default}`, `${secret:NAME}` and `${file:path}` in texts; `$${` stays `${`.
///
/// What is put in is never looked at again, so a value from outside cannot bring references of its own.
package struct Substitution: Sendable {
    /// What a text became.
    struct Expansion: Sendable {
        /// The text.
        let text: String
        /// Where it came from.
        let origin: ValueOrigin
        /// Whether a secret is in it.
        let holdsSecret: Bool
    }

    /// Why a reference cannot be replaced.
    struct Refusal: Error {
        /// What is wrong; what is allowed.
        let message: String
        /// What to do.
        let hint: String
        /// Whether only something outside the file is missing.
        let isOutside: Bool
    }

    /// Most bytes a file put into a value may have.
    static let fileLimit = 65_536

    private let environment: [String: String]
    private let baseDirectory: String
    private let places: [SecretPlace]

    /// Replaces from an environment, from files under a folder, and secrets from further places.
    init(environment: [String: String], baseDirectory: String, places: [SecretPlace] = []) {
        self.environment = environment
        self.places = places
        self.baseDirectory = baseDirectory
    }

    /// Returns the text with every reference replaced.
    func expand(_ text: String) throws(Refusal) -> Expansion {
        guard text.contains("${") else { return Expansion(text: text, origin: .literal, holdsSecret: false) }
        var result = ""
        var origins: [ValueOrigin] = []
        var rest = text[...]
        while let dollar = rest.firstRange(of: "${") {
            let before = rest[..<dollar.lowerBound]
            result += before
            if before.hasSuffix("$") {
                result += "{"
                rest = rest[dollar.upperBound...]
                continue
            }
            guard let close = rest[dollar.upperBound...].firstIndex(of: "}") else {
                throw Refusal(
                    message: "a '${' is not closed.", hint: "Close it with }, or write $${ for the text '${'.",
                    isOutside: false)
            }
            let piece = try value(of: String(rest[dollar.upperBound..<close]))
            result += piece.text
            origins.append(piece.origin)
            rest = rest[rest.index(after: close)...]
        }
        return Expansion(
            text: result + rest, origin: Self.origin(origins), holdsSecret: origins.contains(where: Self.isSecret))
    }

    private struct Piece {
        let text: String
        let origin: ValueOrigin
    }

    private static func origin(_ parts: [ValueOrigin]) -> ValueOrigin {
        parts.isEmpty ? .literal : parts.count == 1 ? parts[0] : .composed(parts)
    }

    private static func isSecret(_ origin: ValueOrigin) -> Bool {
        if case .secret = origin { true } else { false }
    }

    private func value(of reference: String) throws(Refusal) -> Piece {
        let colon = reference.firstIndex(of: ":")
        let scheme = colon.map { String(reference[..<$0]) } ?? reference
        let argument = colon.map { String(reference[reference.index(after: $0)...]) } ?? ""
        switch scheme {
        case "env": return try variable(argument)
        case "secret": return try secret(argument)
        case "file": return try file(argument)
        default:
            throw Refusal(
                message: "'${' is followed by \(quoted(scheme)); allowed ${env:NAME}, ${env:NAME:-default}, "
                    + "${secret:NAME}, ${file:path}.",
                hint: "Write $${ for the text '${'.", isOutside: false)
        }
    }

    private func variable(_ argument: String) throws(Refusal) -> Piece {
        let split = argument.firstRange(of: ":-")
        let name = split.map { String(argument[..<$0.lowerBound]) } ?? argument
        try Self.checkName(name)
        if let value = environment[name], !(value.isEmpty && split != nil) {
            return Piece(text: value, origin: .environment(name))
        }
        if let split { return Piece(text: String(argument[split.upperBound...]), origin: .environmentDefault(name)) }
        throw Refusal(
            message: "the environment variable \(name) is not set.",
            hint: "Set it, or write ${env:\(name):-DEFAULT}.", isOutside: true)
    }

    private func secret(_ name: String) throws(Refusal) -> Piece {
        try Self.checkName(name)
        if let value = environment[name], !value.isEmpty {
            return Piece(text: value, origin: .secret(name, from: "the environment"))
        }
        for path in secretPaths(name) {
            do {
                let text = try Self.content(path.full)
                guard !text.isEmpty else { throw Self.unreadable(path.shown, "it is empty") }
                return Piece(text: text, origin: .secret(name, from: path.shown))
            } catch let failure as SmallFile.Failure {
                if !failure.isMissing { throw Self.unreadable(path.shown, failure.reason) }
            } catch let refusal as Refusal {
                throw refusal
            } catch {
                throw Self.unreadable(path.shown, "\(error)")
            }
        }
        for place in places {
            do {
                guard let text = try place.find(name, baseDirectory) else { continue }
                return Piece(text: text, origin: .secret(name, from: place.name))
            } catch {
                throw Refusal(
                    message:
                        "the secret \(name) cannot be read from \(place.name): \((error as? PluginError)?.message ?? "\(error)")",
                    hint: "Correct that, or export \(name).", isOutside: true)
            }
        }
        let looked = ["the environment", "secrets/\(name)", "the credentials folder"] + places.map(\.name)
        throw Refusal(
            message: "the secret \(name) is nowhere; looked in \(looked.dropLast().joined(separator: ", ")) and "
                + "\(looked[looked.count - 1]).",
            hint: "Run `penstock secrets set \(name)`, export \(name), or write the file secrets/\(name).",
            isOutside: true)
    }

    private func secretPaths(_ name: String) -> [(full: String, shown: String)] {
        var paths = [(full: "\(baseDirectory)/secrets/\(name)", shown: "secrets/\(name)")]
        if let folder = environment["CREDENTIALS_DIRECTORY"], !folder.isEmpty {
            paths.append((full: "\(folder)/\(name)", shown: "$CREDENTIALS_DIRECTORY/\(name)"))
        }
        return paths
    }

    private func file(_ path: String) throws(Refusal) -> Piece {
        guard !path.isEmpty, !path.contains("\0") else {
            throw Refusal(message: "'${file:}' names no file.", hint: "Write ${file:path}.", isOutside: false)
        }
        do {
            let text = try Self.content(path.hasPrefix("/") ? path : "\(baseDirectory)/\(path)")
            return Piece(text: text, origin: .file(path))
        } catch let failure as SmallFile.Failure {
            throw Self.unreadable(path, failure.reason)
        } catch {
            throw Self.unreadable(path, "\(error)")
        }
    }

    private static func content(_ path: String) throws -> String {
        let bytes = try SmallFile.read(path, limit: fileLimit)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw SmallFile.Failure(isMissing: false, reason: "it is not UTF-8")
        }
        return trimmed(text)
    }

    /// Returns a text without white space at both ends, as files of secrets are read.
    package static func trimmed(_ text: String) -> String {
        String(text.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }

    private static func unreadable(_ path: String, _ reason: String) -> Refusal {
        Refusal(
            message: "the file \(quoted(path)) cannot be read: \(reason).", hint: "Check the path and its permissions.",
            isOutside: true)
    }

    /// Whether a text can name a variable or a secret: letters, digits and `_`, no digit first.
    package static func isName(_ name: String) -> Bool {
        name.utf8.first.map { !($0 >= 0x30 && $0 <= 0x39) } == true
            && name.utf8.allSatisfy {
                ($0 >= 0x30 && $0 <= 0x39) || ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A) || $0 == 0x5F
            }
    }

    private static func checkName(_ name: String) throws(Refusal) {
        guard isName(name) else {
            throw Refusal(
                message: "\(quoted(name)) is no name of a variable; allowed letters, digits and _.",
                hint: "Write ${env:NAME}.", isOutside: false)
        }
    }
}
