import CryptoExtras
import FoundationEssentials

/// What is stored of a key's secret: scrypt (RFC 7914) with a salt of its own, as `scrypt$N$r$p$SALT$HASH`.
package struct KeyHash: Sendable, Equatable {
    /// What a new hash costs: 16 MiB and some tens of milliseconds.
    private static let cost = (rounds: 1 << 14, blockSize: 8, parallelism: 1)
    /// What a hash of a file may cost: a file that was tampered with cannot ask for all memory.
    private static let most = (rounds: 1 << 17, blockSize: 16, parallelism: 4)
    private static let byteCount = 32

    private let rounds: Int
    private let blockSize: Int
    private let parallelism: Int
    private let salt: [UInt8]
    private let hash: [UInt8]

    /// Hashes a secret with a new salt.
    package init(of secret: String) throws {
        (rounds, blockSize, parallelism) = Self.cost
        salt = RandomText.bytes(16)
        hash = try Self.derive(secret, salt, rounds, blockSize, parallelism)
    }

    /// Reads a stored hash; `nil` where the text is none.
    package init?(_ text: String) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "scrypt", let rounds = Int(parts[1]), let block = Int(parts[2]),
            let lanes = Int(parts[3]), let salt = RandomText.bytes(hex: parts[4]),
            let hash = RandomText.bytes(hex: parts[5]), rounds.nonzeroBitCount == 1,
            (2...Self.most.rounds).contains(rounds), (1...Self.most.blockSize).contains(block),
            (1...Self.most.parallelism).contains(lanes), salt.count >= 16, hash.count == Self.byteCount
        else { return nil }
        (self.rounds, blockSize, parallelism, self.salt, self.hash) = (rounds, block, lanes, salt, hash)
    }

    /// The hash as it is stored.
    package var text: String {
        "scrypt$\(rounds)$\(blockSize)$\(parallelism)$\(RandomText.hex(salt))$\(RandomText.hex(hash))"
    }

    /// Whether it is the hash of a secret. Takes tens of milliseconds.
    package func matches(_ secret: String) -> Bool {
        guard let other = try? Self.derive(secret, salt, rounds, blockSize, parallelism) else { return false }
        return ConstantTime.isEqual(other, hash)
    }

    static func derive(
        _ secret: String, _ salt: [UInt8], _ rounds: Int, _ blockSize: Int, _ parallelism: Int
    ) throws -> [UInt8] {
        try KDF.Scrypt.deriveKey(
            from: Array(secret.utf8), salt: salt, outputByteCount: byteCount, rounds: rounds, blockSize: blockSize,
            parallelism: parallelism
        ).withUnsafeBytes { Array($0) }
    }
}
