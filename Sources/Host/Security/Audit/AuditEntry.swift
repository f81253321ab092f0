import CivilTime
import FoundationEssentials
import JSONWriting

/// One line of the log of changes.
///
/// A line is a JSON object whose last member is the SHA-256 of all before it, and which holds the hash of the line before: what is
/// changed, removed or moved no longer fits what stands around it.
package struct AuditEntry: Sendable, Equatable, Codable {
    /// Who did it.
    package struct Actor: Sendable, Equatable {
        /// Their name; `-` for nobody known.
        package let name: String
        /// Their role.
        package let role: String
        /// How they proved it: `key`, `session`, `token`, `certificate`, `jwt`; `command`, `signal`, `host` for what is done on the
        /// machine.
        package let proof: String
        /// Where they are: an address, `socket`, `local`.
        package let from: String

        /// Names somebody.
        package init(name: String, role: String, proof: String, from: String) {
            (self.name, self.role, self.proof, self.from) = (name, role, proof, from)
        }

        /// Nobody who is known, from an address.
        package static func unknown(from: String) -> Actor { Actor(name: "-", role: "-", proof: "-", from: from) }
    }

    /// What was done.
    package struct Event: Sendable, Equatable {
        /// What, as `config.reload`.
        package var action: String
        /// What to, as `model/next_day`.
        package var target: String
        /// What was before; `nil` where nothing can be said.
        package var old: String?
        /// What is now.
        package var new: String?
        /// Why, in the words of who did it.
        package var reason: String?
        /// What became of it: `done`, `refused`, `failed`.
        package var result: String
        /// Lines about refused requests that were left out before this one, since there were too many.
        package var leftOut = 0

        /// Describes something.
        package init(
            _ action: String, _ target: String = "", old: String? = nil, new: String? = nil, reason: String? = nil,
            result: String = "done"
        ) {
            (self.action, self.target, self.old, self.new) = (action, target, old, new)
            (self.reason, self.result) = (reason, result)
        }
    }

    /// Its number, from 1.
    package let number: Int
    /// When, UTC.
    package let time: String
    /// Who.
    package let who: String
    /// Their role.
    package let role: String
    /// How they proved it.
    package let proof: String
    /// Where from.
    package let from: String
    /// What.
    package let action: String
    /// What to.
    package let target: String
    /// What was before.
    package let old: String?
    /// What is now.
    package let new: String?
    /// Why.
    package let reason: String?
    /// What became of it.
    package let result: String
    /// Lines left out before it.
    package let leftOut: Int?
    /// The hash of the line before; zeros for the first.
    package let previous: String
    /// The hash of this line.
    package let hash: String

    enum CodingKeys: String, CodingKey {
        case number, time, who, role, proof, from, action, target, old, new, reason, result, previous, hash
        case leftOut = "left_out"
    }

    /// The hash before the first line.
    static let beginning = String(repeating: "0", count: 64)
    /// What stands before the hash at the end of a line.
    private static let seal = Array(#","hash":""#.utf8)
    /// Most characters of a text in a line.
    private static let longest = 1_000

    /// Returns a line, without its end.
    static func line(_ number: Int, _ time: Int64, _ who: Actor, _ event: Event, after previous: String) -> [UInt8] {
        var json = JSONText(capacity: 512)
        json.object { json in
            json.field("number", number)
            json.field("time", time: time)
            let texts = [
                ("who", who.name), ("role", who.role), ("proof", who.proof), ("from", who.from),
                ("action", event.action), ("target", event.target), ("old", event.old), ("new", event.new),
                ("reason", event.reason), ("result", event.result),
            ]
            for (name, text) in texts { if let text { json.field(name, String(text.prefix(longest))) } }
            if event.leftOut > 0 { json.field("left_out", event.leftOut) }
            json.field("previous", previous)
        }
        let body = json.bytes
        return body.dropLast() + seal + Array(ContentHash.sha256(body).utf8) + Array(#""}"#.utf8)
    }

    /// Reads a line; `nil` where it is none. Whether its hash is right is another question.
    static func read(_ line: some Collection<UInt8>) -> AuditEntry? {
        try? JSONDecoder().decode(AuditEntry.self, from: Data(line))
    }

    /// Whether a line has the hash of its content.
    static func isWhole(_ line: [UInt8], _ entry: AuditEntry) -> Bool {
        let end = seal.count + entry.hash.utf8.count + 2
        guard line.count > end, line.suffix(end).starts(with: seal) else { return false }
        return ContentHash.sha256(line.dropLast(end) + [UInt8(ascii: "}")]) == entry.hash
    }
}
