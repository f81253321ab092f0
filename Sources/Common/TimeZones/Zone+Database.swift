import Glibc

extension Zone {
    /// Folder of the machine's time zone database.
    public static let databaseDirectory = "/usr/share/zoneinfo"

    /// Reads a zone by its IANA name; `UTC`, `Z` and fixed offsets such as `+08:00` need no database.
    ///
    /// - Throws: `.unknownZone`, `.databaseMissing` (says what to install) or `.damaged`.
    public init(named name: String, directory: String = databaseDirectory) throws(ZoneError) {
        if let known = Zone.withoutDatabase(name) {
            self = known
            return
        }
        guard Zone.isWellFormed(name) else { throw Zone.unknown(name) }
        guard access("\(directory)/UTC", R_OK) == 0 || access("\(directory)/Etc/UTC", R_OK) == 0 else {
            throw ZoneError(
                .databaseMissing,
                "time zone '\(name)': the machine has no time zone database in \(directory). "
                    + "Install it: apt-get install tzdata.")
        }
        guard let bytes = Zone.read("\(directory)/\(name)") else { throw Zone.unknown(name) }
        try self.init(name: name, tzif: bytes)
    }

    /// Whether a text can be the name of a zone; says nothing about whether the zone exists.
    public static func isWellFormed(_ name: String) -> Bool {
        if withoutDatabase(name) != nil { return true }
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        return (1...64).contains(name.utf8.count)
            && parts.allSatisfy { part in
                part.utf8.first.map { isLetter($0) } ?? false
                    && part.utf8.allSatisfy { isLetter($0) || isDigit($0) || "_+-".utf8.contains($0) }
            }
    }

    private static func withoutDatabase(_ name: String) -> Zone? {
        if name == "UTC" || name == "Z" { return utc }
        let text = Array(name.utf8)
        guard text.count == 6, text[0] == UInt8(ascii: "+") || text[0] == UInt8(ascii: "-"),
            text[3] == UInt8(ascii: ":"),
            let hours = Int(name.dropFirst().prefix(2)), let minutes = Int(name.suffix(2)),
            (0...14).contains(hours), (0...59).contains(minutes), [1, 2, 4, 5].allSatisfy({ isDigit(text[$0]) })
        else { return nil }
        let seconds = hours * 3_600 + minutes * 60
        return fixed(secondsEast: text[0] == UInt8(ascii: "-") ? -seconds : seconds, name: name)
    }

    private static func unknown(_ name: String) -> ZoneError {
        ZoneError(
            .unknownZone,
            "time zone '\(String(name.prefix(64)))' is not in the database; allowed are IANA names "
                + "(America/New_York, Asia/Shanghai, UTC) and offsets (+08:00).")
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (byte | 0x20) >= UInt8(ascii: "a") && (byte | 0x20) <= UInt8(ascii: "z")
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    /// Returns a small file's bytes, or `nil` where it is no readable regular file.
    private static func read(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size <= 1 << 20 else {
            return nil
        }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var filled = 0
        while filled < bytes.count {
            let got = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(descriptor, buffer.baseAddress.map { $0 + filled }, buffer.count - filled)
            }
            guard got > 0 else { return nil }
            filled += got
        }
        return bytes
    }
}
