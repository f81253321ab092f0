/// Follows the chain of the log of changes line by line, through all its files.
struct AuditChain {
    private(set) var count = 0
    private(set) var last = AuditEntry.beginning
    private(set) var damage: [AuditVerdict.Damage] = []
    private(set) var seals: [AuditSeal] = []
    private let head: (number: Int, hash: String)?
    private let noted: String?
    private var isNotedThere: Bool
    /// The hash of the line that the head names.
    private var hashAtHead: String?
    private var number = 0
    private var file = AuditLog.current
    private var line = 0

    /// Begins before the first line.
    init(head: (number: Int, hash: String)?, noted: String?) {
        (self.head, self.noted) = (head, noted)
        isNotedThere = noted == nil || noted == AuditEntry.beginning
    }

    /// Takes a day that is over: its lines, and what its seal says of them.
    mutating func follow(_ day: String, seal: AuditSeal??, part: AuditLog.Part?, next: AuditLog.Part?) {
        file = "audit-\(day).log"
        guard let seal, let seal else {
            let isMissing = seal == nil
            (line, file) = (0, "audit-\(day).seal")
            tell(isMissing ? "it is missing: the day was sealed with it" : "it is no seal of this log: it was changed")
            file = "audit-\(day).log"
            if let part { take(part) }
            return
        }
        seals.append(seal)
        guard let part else {
            // Killed between the seal and the move: the lines are there, in the file that goes on.
            let first = next.flatMap { $0.lines.first }.flatMap { AuditEntry.read($0) }
            if first?.number == seal.first { return }
            line = 0
            tell("it is missing, with the lines \(seal.first) to \(seal.last)")
            (number, last) = (seal.last, seal.hash)
            note(seal.hash)
            return
        }
        take(part)
        line = 0
        if seal.day != day || number != seal.last || last != seal.hash {
            tell("it does not end with line \(seal.last) as it was sealed: the file or its seal was changed")
        }
    }

    /// Takes the lines of a file.
    mutating func take(_ part: AuditLog.Part) {
        (file, line) = (part.name, 0)
        for line in part.lines { take(line) }
    }

    /// Compares the end with what the head says was last, and looks for what was noted and for signatures.
    mutating func finish(_ keys: [String], _ isDemanded: Bool) {
        if let head, head.number > number {
            let missing = head.number - number
            line += 1
            tell(
                "\(missing) \(missing == 1 ? "line is" : "lines are") missing at the end: number \(head.number) was "
                    + "written")
        } else if damage.isEmpty, let head, let hashAtHead, hashAtHead != head.hash {
            tell("number \(head.number) is another line than the one that was written: the log was written anew")
        }
        if let noted, !isNotedThere {
            tell("no line has the hash \(noted.prefix(64)) that was noted: the log was written anew")
        }
        checkSignatures(keys, isDemanded)
    }

    private mutating func checkSignatures(_ keys: [String], _ isDemanded: Bool) {
        var isSigned = false
        line = 0
        for seal in seals {
            file = "audit-\(seal.day).seal"
            if seal.signature != nil, !seal.isSigned {
                tell("its signature is none of its content: it was changed")
            } else if let key = seal.key, seal.isSigned, !keys.isEmpty, !keys.contains(key) {
                tell("it is signed with another key than the one that is to be")
            } else if isSigned, !seal.isSigned {
                tell("it is not signed, and the one before is")
            }
            isSigned = isSigned || seal.isSigned
        }
        guard isDemanded, !isSigned else { return }
        tell("no seal is signed, and one has to be")
    }

    private mutating func take(_ bytes: [UInt8]) {
        (count, line) = (count + 1, line + 1)
        guard let entry = AuditEntry.read(bytes) else {
            tell("it is no line of this log")
            number += 1
            return
        }
        let expected = number + 1
        if !AuditEntry.isWhole(bytes, entry) {
            tell("its content was changed: its hash is another one")
        } else if entry.number > expected {
            let missing = entry.number - expected
            tell(
                "it is number \(entry.number) where \(expected) was to come: \(missing) before it "
                    + "\(missing == 1 ? "was" : "were") removed or moved")
        } else if entry.number < expected {
            tell("it is number \(entry.number) where \(expected) was to come: it was moved or repeated")
        } else if entry.previous != last {
            tell("it follows another line than the one that stands before it, which was changed or replaced")
        }
        (number, last) = (entry.number, entry.hash)
        note(entry.hash)
    }

    private mutating func note(_ hash: String) {
        if hash == noted { isNotedThere = true }
        if number == head?.number { hashAtHead = hash }
    }

    private mutating func tell(_ message: String) {
        damage.append(.init(file: file, line: line, message: message))
    }
}
