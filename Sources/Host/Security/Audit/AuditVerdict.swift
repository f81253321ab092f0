package import PluginKit

/// Whether the log of changes is as it was written.
package struct AuditVerdict: Sendable, Equatable, Codable {
    /// A line that is not as it was written.
    package struct Damage: Sendable, Equatable, Codable {
        /// The line in the file, from 1.
        package let line: Int
        /// What is wrong with it.
        package let message: String
    }

    /// How many lines there are.
    package let lines: Int
    /// The hash of the last line: noted elsewhere, it proves later that nothing before it was changed.
    package let head: String
    /// What is wrong, at most a hundred.
    package let damage: [Damage]

    /// Whether nothing is wrong.
    package var isGood: Bool { damage.isEmpty }
}

extension AuditLog {
    /// Reads the whole log and says which lines were changed, removed or moved.
    ///
    /// - Parameter noted: a hash that `verify` gave before; it has to be there still.
    package func verify(noted: String? = nil) throws(PluginError) -> AuditVerdict {
        var chain = AuditChain()
        // The head first: lines that are added meanwhile are beyond it, and no fault.
        let head = head
        for line in try lines() { chain.take(line) }
        if let head { chain.check(head: head.number, head.hash) }
        if let noted { chain.check(noted: noted) }
        return AuditVerdict(lines: chain.count, head: chain.last, damage: Array(chain.damage.prefix(100)))
    }
}

/// Follows the chain line by line.
struct AuditChain {
    private(set) var count = 0
    private(set) var last = AuditEntry.beginning
    private(set) var damage: [AuditVerdict.Damage] = []
    private var number = 0
    private var hashes: [String] = []

    /// Takes the next line.
    mutating func take(_ line: [UInt8]) {
        count += 1
        guard let entry = AuditEntry.read(line) else {
            tell("it is no line of this log")
            hashes.append("")
            number += 1
            return
        }
        let expected = number + 1
        if !AuditEntry.isWhole(line, entry) {
            tell("its content was changed: its hash is another one")
        } else if entry.number > expected {
            tell(
                "it is number \(entry.number) where \(expected) was to come: \(entry.number - expected) before it "
                    + "\(entry.number - expected == 1 ? "was" : "were") removed or moved")
        } else if entry.number < expected {
            tell("it is number \(entry.number) where \(expected) was to come: it was moved or repeated")
        } else if entry.previous != last {
            tell("it follows another line than the one that stands before it, which was changed or replaced")
        }
        (number, last) = (entry.number, entry.hash)
        hashes.append(entry.hash)
    }

    /// Compares the end with what the head says was last.
    mutating func check(head number: Int, _ hash: String) {
        if number > self.number {
            let missing = number - self.number
            count += 1
            tell(
                "\(missing) \(missing == 1 ? "line is" : "lines are") missing at the end: number \(number) was written")
            count -= 1
        } else if damage.isEmpty, number > 0, hashes.indices.contains(number - 1), hashes[number - 1] != hash {
            tell("number \(number) is another line than the one that was written: the log was written anew")
        }
    }

    /// Looks for a hash that was noted before.
    mutating func check(noted: String) {
        guard noted != AuditEntry.beginning, !hashes.contains(noted) else { return }
        tell("no line has the hash \(noted.prefix(64)) that was noted: the log was written anew")
    }

    private mutating func tell(_ message: String) { damage.append(.init(line: count, message: message)) }
}
